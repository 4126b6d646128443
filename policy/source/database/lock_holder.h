// Who holds a flock(2) lock, as far as /proc/locks tells.
#pragma once

#include <string>

#include "policy/source/files/file_stamp.h"

namespace relay {

/// "process 1234 (makemap)", or "another process" where the kernel does not say. For messages only.
std::string lock_holder(const FileStamp& stamp);

}  // namespace relay
