// A file in memory with a name, for code that takes a path; each input is written over the one before.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.h"

namespace relay::fuzz {

class ScratchFile {
public:
    ScratchFile() {
        std::string directory = access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz.XXXXXX" : "/tmp/fuzz.XXXXXX";
        expect(mkdtemp(directory.data()) != nullptr, "a scratch directory can be made");
        directory_ = directory;
        path_ = directory + "/file";
        file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        expect(file_ >= 0, "a scratch file can be made");
    }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    ~ScratchFile() {
        close(file_);
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    void hold(std::string_view bytes) const {
        expect(ftruncate(file_, 0) == 0 &&
                   pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
               "the scratch file can be written");
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::string& directory() const { return directory_; }

private:
    std::string directory_;
    std::string path_;
    int file_ = -1;
};

}  // namespace relay::fuzz
