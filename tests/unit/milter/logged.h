// What the log gets on standard error while something is called. It has to fit a pipe.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "tests/support/catch.h"

namespace relay::test {

template <class Fn>
std::string logged_by(Fn fn) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    const int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    fn();
    dup2(kept, STDERR_FILENO);
    close(ends[1]);
    close(kept);
    std::string lines(8192, '\0');
    lines.resize(static_cast<std::size_t>(read(ends[0], lines.data(), lines.size())));
    close(ends[0]);
    return lines;
}

}  // namespace relay::test
