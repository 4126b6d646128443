// A directory where nothing waits for a disk; it goes with its owner.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace relay::crash {

class Workplace {
public:
    Workplace() {
        if (!::mkdtemp(name_.data())) throw std::runtime_error{"cannot make " + name_};
    }
    Workplace(const Workplace&) = delete;
    Workplace& operator=(const Workplace&) = delete;
    ~Workplace() { std::filesystem::remove_all(name_); }

    [[nodiscard]] std::string work() const { return name_ + "/work"; }

private:
    std::string name_ = std::string{::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"} + "/relayers-crash.XXXXXX";
};

}  // namespace relay::crash
