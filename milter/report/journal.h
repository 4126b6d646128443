// The system's journal, as text: journalctl(1), started without a shell.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "policy/source/files/descriptor.h"

namespace relay::report {

class Journal {
public:
    /// Lines of our daemon, with RFC 3339 stamps. Throws Fault when it cannot be started.
    explicit Journal(std::optional<std::chrono::sys_seconds> since, const char* program = "journalctl");
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal();

    /// What it prints; to be taken once.
    Descriptor output() { return std::move(output_); }
    /// Waits for its end, after its output has been read. Throws Fault when it failed.
    void finish();

private:
    std::string program_;
    pid_t child_ = -1;
    Descriptor output_;
};

}  // namespace relay::report
