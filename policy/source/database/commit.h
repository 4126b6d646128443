// Brings changes of a database to disk so that no crash, at any moment, harms what was there before.
//
// In place where every change is one write of one page (in_place.h). Any other change of a hash file takes several
// writes, and so does each of a btree: then the file is rewritten beside itself, which also pre-sizes what makemap(8)
// made: not before that is needed, since each rename makes an open sendmail map stale, and takes the right to write in
// the directory. Errors are thrown as Fault, and the file is as it was, or as it is after some of the change.
#pragma once

#include <optional>

#include "policy/source/database/in_place.h"
#include "policy/source/database/modification_time.h"
#include "policy/source/database/records.h"
#include "policy/source/files/watch.h"

namespace relay {

/// `changes` are all on disk when it returns. In a crash before that, any of them may be, but an erasure never without
/// all that is put. `file` is locked exclusively, and `records` are its.
std::optional<LateTouch> apply(const LockedFile& file, Records& records, const Changes& changes, Watch& watch);

}  // namespace relay
