// Reads a text file of the admin's whole, or says why not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "policy/source/files/file_stamp.h"

namespace relay {

struct SmallFile {
    std::string text;
    FileStamp stamp;  ///< Before the first byte was read.
};

/// Nothing when it is missing from a directory that can be read. Throws Fault for any other reason: no permission, no
/// regular file, more than `largest` bytes.
std::optional<SmallFile> read_small_file(const std::string& path, std::size_t largest);

}  // namespace relay
