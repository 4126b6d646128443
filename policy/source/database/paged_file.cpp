#include "policy/source/database/paged_file.h"

#include <algorithm>
#include <array>

#include "policy/source/database/page_io.h"

namespace relay {
namespace {

constexpr std::size_t kRunBytes = std::size_t{256} << 10;

}  // namespace

PagedFile::PagedFile(const LockedFile& file) : descriptor_{file.descriptor()}, path_{file.path()} {
    const auto size = static_cast<std::uint64_t>(file.stamp().size);
    require(size != 0, "is empty (0 bytes), so it is being written or its writer was stopped");
    std::array<std::byte, kMetaBytes> bytes{};
    require(read_at(descriptor_, path_, 0, bytes) == bytes.size(), "is too short for a database");
    meta_ = read_meta_page(bytes);
    require(size % meta_.page_size == 0 && size / meta_.page_size > meta_.last_page, "is cut short");
}

Bytes PagedFile::page(std::uint32_t number) {
    require(number != 0 && number <= meta_.last_page, "a page refers to one outside the file");
    if (number < run_first_ || number - run_first_ >= run_pages_) read_run(number);
    return Bytes{run_}.subspan(std::size_t{number - run_first_} * meta_.page_size, meta_.page_size);
}

/// Twice as many pages each time for who goes from page to page; one for who leaps.
void PagedFile::read_run(std::uint32_t number) {
    const std::size_t most = std::max<std::size_t>(1, kRunBytes / meta_.page_size);
    const std::size_t asked = number == run_first_ + run_pages_ ? std::clamp<std::size_t>(2 * run_pages_, 1, most) : 1;
    const std::size_t pages = std::min<std::size_t>(asked, meta_.last_page - number + std::size_t{1});
    run_pages_ = 0;  // Nothing is in the run when reading throws.
    run_.resize(std::max(run_.size(), pages * meta_.page_size));
    const auto into = std::span{run_}.first(pages * meta_.page_size);
    require(read_at(descriptor_, path_, std::uint64_t{number} * meta_.page_size, into) == into.size(),
            "is cut short");
    run_first_ = number;
    run_pages_ = pages;
}

}  // namespace relay
