#include "bench/load/process_usage.h"

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

namespace relay::bench {

std::chrono::nanoseconds cpu_time(pid_t process) {
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
        throw std::runtime_error{"no process " + std::to_string(process)};
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

std::size_t resident_bytes(pid_t process) {
    std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
    return 0;
}

}  // namespace relay::bench
