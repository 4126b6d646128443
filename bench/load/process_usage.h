// What another process has used so far, by the kernel's account.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace relay::bench {

/// Of all its threads, the ended ones included. Throws std::runtime_error when there is no such process.
std::chrono::nanoseconds cpu_time(pid_t process);
/// VmRSS, in bytes; 0 when there is no such process.
std::size_t resident_bytes(pid_t process);

}  // namespace relay::bench
