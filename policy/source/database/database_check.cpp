#include "policy/source/database/database_check.h"

#include <vector>

#include "policy/source/database/database_structure.h"
#include "policy/source/database/paged_file.h"

namespace relay {
namespace {

void check(PagedFile& file) {
    std::vector<PageLinks> links(file.meta().last_page + std::size_t{1});
    std::vector<PageReference> references;
    for (std::uint32_t page = 1; page < links.size(); ++page)
        links[page] = read_page(file.page(page), page, file.meta().hash, references);
    check_structure(file.meta(), links, references);
}

}  // namespace

void DatabaseCheck::require_sound(const LockedFile& file) {
    const FileStamp stamp = file.stamp();
    {
        const std::lock_guard guard{mutex_};
        if (sound_ == stamp) return;
    }
    named(file.path(), [&file] {
        PagedFile pages{file};
        check(pages);
    });
    const std::lock_guard guard{mutex_};
    if (stamp.settled()) sound_ = stamp;
}

}  // namespace relay
