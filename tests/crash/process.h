// A program run to its end.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace relay::crash {

struct Command {
    std::vector<std::string> words;  ///< The first is the program's path.
    std::string input = {};
};

struct Ended {
    int code = -1;    ///< Its exit code; -1 when a signal ended it.
    int signal = 0;
    std::string output;
    std::string error;
};

/// Throws std::runtime_error when it cannot be started. A program that runs longer than a minute is killed.
Ended run(const Command& command, const std::map<std::string, std::string>& environment = {});

}  // namespace relay::crash
