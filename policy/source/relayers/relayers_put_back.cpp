// RelayersWriter::put_back: what expire deleted, when it was ended; a few at a time as well, so that logins need not wait.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_writer.h"
#include "policy/source/relayers/tried_again.h"

namespace relay {
namespace {

constexpr std::size_t kAtOnce = 1000;
/// As long as a waiting process takes to look again.
constexpr std::chrono::milliseconds kPause{3};

std::string our_key(std::string_view key) { return relayers_key(*address_of_key(key)); }

std::optional<std::string> datum_of(Records& records, const std::string& key) {
    std::optional<std::string> found;
    records.each_under(key, [&found](std::string_view datum) { found = datum; });
    return found;
}

}  // namespace

void RelayersWriter::note_ours(Records& records, std::vector<Erased>& old) {
    for (Erased& each : old)
        if (const std::string ours = our_key(each.key); ours != each.key) each.ours = datum_of(records, ours);
}

/// Under this key or ours.
bool RelayersWriter::written_since(Records& records, const Erased& erased) {
    if (datum_of(records, erased.key)) return true;
    const auto ours = datum_of(records, our_key(erased.key));
    return ours && ours != erased.ours;
}

/// But for clients that somebody has written since: that is newer.
void RelayersWriter::put_back_some(std::span<const Erased> erased) {
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return;
    Records records{*file, Database::Access::write};
    Changes changes;
    for (const Erased& each : erased)
        if (!written_since(records, each)) changes.emplace(each.key, each.datum);
    if (!changes.empty()) remember(apply(*file, records, changes, nobody_));
}

void RelayersWriter::put_back(std::vector<Erased> erased) {
    // Ours last: one that stands while others are put back was not put back by us.
    std::ranges::stable_partition(erased, [](const Erased& each) { return each.key != our_key(each.key); });
    std::span<const Erased> left{erased};
    try {
        while (!left.empty()) {
            const auto some = left.first(std::min(kAtOnce, left.size()));
            tried_again([&] { put_back_some(some); });
            left = left.subspan(some.size());
            watch_->taken_back(erased.size() - left.size());
            std::this_thread::sleep_for(kPause);
        }
    } catch (const Fault& fault) {
        throw partly_done(fault, fmt::format("{} of {} old entries were deleted and not put back", left.size(), erased.size()));
    }
}

}  // namespace relay
