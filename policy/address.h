// An IPv4 or IPv6 address as a value: parsed from what sendmail and databases write, printed as RFC 5952 says.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace relay {

class Address {
public:
    /// The longest text() of any address, in characters.
    static constexpr std::size_t kMaxText = 39;

    static Address v4(std::array<std::uint8_t, 4> bytes);
    /// An IPv4-mapped address (::ffff:0:0/96, RFC 4291 2.5.5.2) becomes its IPv4 address.
    static Address v6(std::array<std::uint8_t, 16> bytes);

    /// Dotted quads of four decimal numbers 0-255 without leading zeros; IPv6 in every spelling of RFC 4291 2.2,
    /// with or without sendmail's "IPv6:" prefix (any case). No zone, no brackets, no blanks. Otherwise nothing.
    static std::optional<Address> parse(std::string_view text);

    [[nodiscard]] bool is_v4() const { return v4_; }
    /// Network byte order; an IPv4 address as its IPv4-mapped form.
    [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    /// Dotted quad, or RFC 5952 text.
    [[nodiscard]] std::string text() const;
    /// As sendmail writes an IPv6 {client_addr} without its prefix: eight groups, no "::". An IPv4 address as text().
    [[nodiscard]] std::string uncompressed_text() const;

    auto operator<=>(const Address&) const = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
    bool v4_ = false;
};

}  // namespace relay
