// A bar on a terminal for work that takes longer than a second; nothing where there is no terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace relay::report {

class Progress {
public:
    /// Standard error, where it is a terminal.
    Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// Wipes the bar away.
    ~Progress();

    /// To be called often: it draws a few times a second. `size` 0: not known.
    void show(std::uint64_t position, std::uint64_t size, std::uint64_t lines);

private:
    std::chrono::steady_clock::time_point next_;
    bool is_terminal_;
    bool drawn_ = false;
};

}  // namespace relay::report
