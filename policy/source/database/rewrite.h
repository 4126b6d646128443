// Makes a database anew beside itself and puts it in its place: to grow, to pre-size, to shrink, to repair.
#pragma once

#include <optional>
#include <string>

#include "policy/source/database/modification_time.h"
#include "policy/source/database/records.h"
#include "policy/source/files/watch.h"

namespace relay {

/// The database gets `records` and no others, in a hash file as large as they ask for, or in a btree. `file` is locked
/// exclusively, from here on only against writers, and is kept under the name `old_name` where that is not empty. Until
/// the new file is on disk and in its place nothing is changed; what stops it before is thrown, mostly as Fault.
std::optional<LateTouch> rewrite(const LockedFile& file, bool hash, const EachRecord& records, Watch& watch,
                                 const std::string& old_name = {});

}  // namespace relay
