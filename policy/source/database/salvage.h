// Reads what can still be read of a damaged database: each page for itself, whatever its meta page, links and tree say.
//
// Works on a file that is empty, cut short or was never a database: then there is nothing. Errors of the system are
// thrown as Fault; damage never is.
#pragma once

#include <cstddef>

#include "policy/source/database/records.h"

namespace relay {

struct Salvage {
    bool hash = true;             ///< What the file was, as far as its first page tells.
    std::size_t pages = 0;        ///< That hold records, or did.
    std::size_t dropped = 0;      ///< Records, or whole pages of unknown content, that could not be read.
};

/// Calls `use` with each record that is whole. One that was on two pages comes twice.
Salvage salvage(const LockedFile& file, const UseRecord& use);

}  // namespace relay
