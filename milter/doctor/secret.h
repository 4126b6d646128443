// A password in memory: never in a string, wiped at its end.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace relay::doctor {

class Secret {
public:
    static constexpr std::size_t kLongest = 1024;

    Secret() = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(); }

    /// From the terminal without echo, after `prompt` on it, or where standard input is no terminal its first line.
    /// False at an end of input before a line, an error, or a line longer than kLongest.
    [[nodiscard]] bool read(std::string_view prompt);
    void wipe();
    [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

private:
    [[nodiscard]] bool read_line(int from);

    std::array<char, kLongest + 1> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace relay::doctor
