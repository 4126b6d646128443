#include "milter/doctor/writable.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

constexpr mode_t kOthers = S_IWGRP | S_IWOTH;

}  // namespace

std::vector<WritablePath> writable_directories(const std::string& path) {
    std::vector<WritablePath> found;
    for (auto directory = std::filesystem::path{path}.parent_path();; directory = directory.parent_path()) {
        struct stat status {};
        if (::stat(directory.c_str(), &status) == 0 && (status.st_mode & kOthers) != 0 && (status.st_mode & S_ISVTX) == 0)
            found.push_back({directory.string(), status.st_mode & 07777U});
        if (directory == directory.parent_path()) return found;
    }
}

std::vector<WritablePath> writable_by_others(const std::string& file) {
    std::vector<WritablePath> found = writable_directories(file);
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && (status.st_mode & kOthers) != 0)
        found.insert(found.begin(), {file, status.st_mode & 07777U});
    return found;
}

Findings writers_of(const std::string& file, const std::string& why) {
    Findings findings;
    for (const auto& open : writable_by_others(file))
        findings.push_back(error(fmt::format("{} has mode {:04o}", escaped(open.path), open.mode), why, "chmod go-w " + escaped(open.path)));
    return findings;
}

}  // namespace relay::doctor
