// A text of any bytes that nearly always is short, as a login name is: as long as it is, it takes no memory of its own.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace relay {

class ShortText {
public:
    /// Bytes of the longest text that is kept in place; a longer one is allocated.
    static constexpr std::size_t kInPlace = 63;

    ShortText() = default;
    template <std::convertible_to<std::string_view> Text>
    ShortText(const Text& text) {
        const std::string_view bytes{text};
        if (bytes.size() > kInPlace) long_ = bytes;
        else size_ = static_cast<unsigned char>(bytes.copy(short_.data(), kInPlace));
    }

    /// Valid until this is assigned to, moved or gone.
    operator std::string_view() const { return long_.empty() ? std::string_view{short_.data(), size_} : long_; }
    [[nodiscard]] bool empty() const { return std::string_view{*this}.empty(); }
    bool operator==(const ShortText& other) const { return std::string_view{*this} == std::string_view{other}; }

private:
    std::string long_;  ///< Empty where the text is in place.
    std::array<char, kInPlace> short_{};
    unsigned char size_ = 0;
};

}  // namespace relay
