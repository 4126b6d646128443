// A directory of a test's own, readable for all, removed with everything in it at the end.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace relay::test {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        char name[] = "/tmp/milter-relay.XXXXXX";
        if (!mkdtemp(name)) throw std::runtime_error{"mkdtemp"};
        path_ = name;
        chmod(name, 0755);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{path(name)} << text;
        return path(name);
    }

private:
    std::string path_;
};

}  // namespace relay::test
