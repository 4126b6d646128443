// A program that this process runs to read what it prints: no shell, standard input empty. It ends with its owner.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "policy/source/files/descriptor.h"

namespace relay {

class ChildOutput {
public:
    /// Looks for words[0] in $PATH. Throws Fault.
    explicit ChildOutput(const std::vector<std::string>& words);
    ChildOutput(const ChildOutput&) = delete;
    ChildOutput& operator=(const ChildOutput&) = delete;
    ~ChildOutput();

    /// Readable when read() has something to say. Non-blocking.
    [[nodiscard]] int descriptor() const { return output_.get(); }
    /// Appends what it has printed, up to 64 KiB; false when it has closed its output.
    bool read(std::string& to);

private:
    Descriptor output_;
    pid_t process_ = -1;
};

}  // namespace relay
