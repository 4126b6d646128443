// What is wrong with a database of logins, in words.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace relay {

/// Faults in words, escaped: the first of them, and how many there were.
struct Faults {
    static constexpr std::size_t kMostTold = 10;
    std::vector<std::string> told;
    std::size_t count = 0;

    void add(std::string fault);
};

struct Verification {
    std::size_t entries = 0;  ///< That can be read.
    Faults faults;            ///< Of the structure, and of each key and datum.
};

}  // namespace relay
