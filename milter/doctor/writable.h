// Who else can change a file: by its mode, or by putting another in its place.
#pragma once

#include <string>
#include <vector>

#include "milter/doctor/finding.h"

namespace relay::doctor {

struct WritablePath {
    std::string path;
    unsigned mode = 0;  ///< 07777 of it.
};

/// The directories of a path, nearest first, that group or others can write, but for those with a sticky bit.
std::vector<WritablePath> writable_directories(const std::string& path);
/// The file as well, before them.
std::vector<WritablePath> writable_by_others(const std::string& file);
/// An error for each of them: what others than the admin can do by it.
Findings writers_of(const std::string& file, const std::string& why);

}  // namespace relay::doctor
