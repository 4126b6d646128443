#include "policy/source/relayers/relayers_loader.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "policy/source/database/database.h"
#include "policy/source/database/database_structure.h"
#include "policy/source/database/page_hash.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestHold{5};
constexpr std::uint32_t kPagesBetweenLooks = 16;
constexpr std::chrono::minutes kCompareEvery{1};

struct Stopped {};

/// Lets waiting writers in when the lock has been held for long.
class Turns {
public:
    Turns(LockedFile& file, const std::atomic<bool>& stop) : file_{file}, stop_{stop} {}

    void step() {
        if (++pages_ % kPagesBetweenLooks != 0) return;
        if (stop_) throw Stopped{};
        if (Clock::now() - since_ < kLongestHold) return;
        file_.unlock();
        do {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
            if (stop_) throw Stopped{};
        } while (!file_.try_lock_again());
        since_ = Clock::now();
    }

private:
    LockedFile& file_;
    const std::atomic<bool>& stop_;
    std::uint32_t pages_ = 0;
    Clock::time_point since_ = Clock::now();
};

}  // namespace

RelayersLoader::RelayersLoader(const PopSettings& settings)
    : layout_{settings.layout}, seed_{std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()} {}

void RelayersLoader::forget() {
    meta_.reset();
    pages_.clear();
    references_.clear();
    commit_.reset();
}

std::optional<RelayersLoader::Reading> RelayersLoader::read(LockedFile& file, const std::atomic<bool>& stop) try {
    const auto begin = std::chrono::system_clock::now();
    const FileStamp before = file.stamp();
    Reading reading;
    try {
        auto hash = HashFile::open(file);
        reading.change = hash ? read_pages(*hash, file, stop) : read_by_libdb(file);
    } catch (const Fault& fault) {
        // What was read before and after a writer's turn need not fit together.
        if (fault.trouble != Trouble::damaged || file.stamp() == before) throw;
        throw Fault{Trouble::replaced, escaped(file.path()) + ": changed while it was read"};
    }
    if (before.settled(begin) && file.stamp() == before) reading.stamp = before;
    return reading;
} catch (const Stopped&) {
    forget();
    return std::nullopt;
} catch (...) {
    forget();
    throw;
}

PictureChange RelayersLoader::read_by_libdb(const LockedFile& file) {
    forget();
    Database database{file, Database::Access::read, check_};
    PageBuilder builder{layout_};
    database.each([&builder](std::string_view key, std::string_view data) { builder.take(key, data); });
    PictureChange change;
    change.whole.emplace(std::nullopt);
    change.whole->add(builder.page(0));
    settle(change, builder);
    return change;
}

/// After the last page.
void RelayersLoader::settle(PictureChange& change, const PageBuilder& builder) {
    change.spellings = builder.spellings();
    if (!change.whole) return;
    change.whole->note(builder.spellings());
    change.whole->settle();
}

PictureChange RelayersLoader::read_pages(HashFile& hash, LockedFile& file, const std::atomic<bool>& stop) {
    PictureChange change;
    if (begin_whole(hash.meta())) {
        change.whole.emplace(hash.meta());
        change.whole->add({});  // The meta page.
    }
    const PageNumbers changed = changed_pages(file);
    PageBuilder builder{layout_};
    Turns turns{file, stop};
    const auto read = [&](std::uint32_t number) {
        turns.step();
        auto entries = read_page_again(hash, number, builder);
        if (change.whole) change.whole->add(entries ? std::move(*entries) : PageEntries{});
        else if (entries) change.changed.emplace_back(number, std::move(*entries));
    };
    named(file.path(), [&] {
        if (changed) std::ranges::for_each(*changed, read);
        else for (std::uint32_t number = 1; number < pages_.size(); ++number) read(number);
        check_pages();
    });
    settle(change, builder);
    return change;
}

/// True where nothing is known of this file, or its buckets lie otherwise by now.
bool RelayersLoader::begin_whole(const MetaPage& meta) {
    const bool known = meta_ && meta_->same_buckets(meta) && meta_->last_page == meta.last_page;
    if (!known) {
        forget();
        pages_.resize(meta.last_page + std::size_t{1});
        links_changed_ = true;
    }
    meta_ = meta;
    return !known;
}

/// Nothing where all are to be compared, as now and then they are: that heals whatever was missed, as what somebody wrote
/// without the lock. Commits that come while the lock is let go are seen the next time.
RelayersLoader::PageNumbers RelayersLoader::changed_pages(const LockedFile& file) {
    const RecentChanges recent{file};
    const auto before = std::exchange(commit_, recent.last());
    auto changed = before && Clock::now() < compared_ + kCompareEvery ? recent.since(*before) : std::nullopt;
    if (changed && std::ranges::any_of(*changed, [this](std::uint32_t number) { return number >= pages_.size(); })) changed.reset();
    if (!changed) compared_ = Clock::now();
    return changed;
}

/// Nothing when the page is as it was. One with items on overflow pages may change without a change of its own bytes.
std::optional<PageEntries> RelayersLoader::read_page_again(HashFile& hash, std::uint32_t number, PageBuilder& builder) {
    const Bytes bytes = hash.pages().page(number);
    Page& page = pages_[number];
    const std::uint64_t now = page_hash(bytes, seed_);
    const auto overflow = references_.find(number);
    if (page.hash == now && overflow == references_.end()) return std::nullopt;
    std::vector<PageReference> references;
    const PageLinks links = read_page(bytes, number, true, references);
    links_changed_ |= links != page.links || overflow != references_.end() || !references.empty();
    page = {now, links};
    if (overflow != references_.end()) references_.erase(overflow);
    if (!references.empty()) references_.emplace(number, std::move(references));
    if (page.links.type != PageType::hash && page.links.type != PageType::hash_unsorted) return PageEntries{};
    hash.each_on(HashPage{bytes}, [&builder](std::string_view key, std::string_view data) { builder.take(key, data); });
    return builder.page(page.links.next);
}

void RelayersLoader::check_pages() {
    if (!std::exchange(links_changed_, false)) return;
    std::vector<PageLinks> links;
    links.reserve(pages_.size());
    for (const Page& page : pages_) links.push_back(page.links);
    std::vector<PageReference> references;
    for (const auto& [number, of_page] : references_) references.insert(references.end(), of_page.begin(), of_page.end());
    check_structure(*meta_, links, references);
}

}  // namespace relay
