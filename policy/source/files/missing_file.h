// Whether a file that could not be opened is really missing: the difference between "absent" and "failed".
#pragma once

#include <string>

namespace relay {

/// After open(2) said ENOENT: true when the file is missing from a directory that can be read, false when it has come
/// since; throws Fault when neither can be said, as of a dangling symbolic link.
bool is_missing(const std::string& path);

}  // namespace relay
