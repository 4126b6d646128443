// Brings changes of a database to disk so that no crash, at any moment, harms what was there before.
//
// In place where every change is one write of one page: each bucket that is touched is a single page with room for what
// is to come. A put that needs more makes libdb split a bucket, which takes several writes; so does any change of a
// chained bucket or of a btree. Then the file is rewritten beside itself, which also pre-sizes what makemap(8) made: not
// before that is needed, since each rename makes an open sendmail map stale, and takes the right to write in
// the directory. Errors are thrown as Fault, and the file is as it was, or as it is after the change.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "policy/source/database/modification_time.h"
#include "policy/source/database/records.h"
#include "policy/source/database/watch.h"

namespace relay {

/// What becomes of keys: the datum of each, or nothing where it goes. All are final, none depends on another.
using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

/// `changes` are all on disk when it returns. In a crash before that, any of them may be, but an erasure never without
/// all that is put. `file` is locked exclusively.
std::optional<LateTouch> apply(const LockedFile& file, const Changes& changes, Watch& watch);

/// Whether each of `changes` is a single write of a page.
bool fits_in_place(HashFile& file, const Changes& changes);
/// Only where they do.
std::optional<LateTouch> apply_in_place(const LockedFile& file, const Changes& changes);

}  // namespace relay
