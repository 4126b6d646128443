// Opens a file that may be missing: the difference between "absent" and "failed".
#pragma once

#include <string>

#include "policy/source/files/descriptor.h"

namespace relay {

/// The file, opened with `access` (O_RDONLY or O_RDWR); no descriptor when it is missing from a directory that can be read.
/// Throws Fault when neither can be said: no permission, a dangling symbolic link. Never waits, whatever is in its place.
Descriptor open_existing(const std::string& path, int access);

}  // namespace relay
