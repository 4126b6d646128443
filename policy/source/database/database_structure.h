// Whether the pages of a Berkeley DB file fit together: chains without rings, buckets and tree levels that lead on.
#pragma once

#include <vector>

#include "policy/source/database/database_page.h"

namespace relay {

/// `links` has one element a page, that of the meta page unused; `references` are in the order of pages and items, as
/// read_page() leaves them. Throws std::runtime_error with what is wrong.
void check_structure(const MetaPage& meta, const std::vector<PageLinks>& links, const std::vector<PageReference>& references);

}  // namespace relay
