// Runs another program by its argument vector: no shell, a small environment, an end to all waiting.
//
// Programs run in a process group of their own, which is killed with its owner. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/files/descriptor.h"

namespace relay {

/// argv[0] is the program's path.
using Arguments = std::vector<std::string>;

struct Finished {
    int status = 0;  ///< The exit status, or 128 + the signal that ended it.
    std::string output;
    std::string errors;
};

/// Runs it in `directory` (the present one where that is empty) with nothing on standard input, and collects what it
/// says. Throws Fault when it cannot be started, is not done within `limit`, or says more than 64 MiB.
Finished run_program(const Arguments& arguments, const std::string& directory, std::chrono::seconds limit);

/// The first of `candidates` that can be run; empty when there is none.
std::string find_program(const std::vector<std::string>& candidates);

/// A program that answers lines with lines; standard error is read with its output.
class Conversation {
public:
    /// Throws Fault when it cannot be started.
    explicit Conversation(const Arguments& arguments);
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation();

    /// Says `lines` and returns all that is answered until a text that ends with `end` has come. Throws Fault, with the
    /// program's last words, when it ends before, or does not get there within `limit`.
    std::string exchange(std::string_view lines, std::string_view end, std::chrono::seconds limit);

private:
    std::string program_;
    Descriptor socket_;
    pid_t process_ = -1;
};

}  // namespace relay
