// Whole files in the place of relayers.db: checked, read by our reader and by libdb, verified, salvaged.
#include <vector>

#include "policy/source/database/database.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/database/salvage.h"
#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_repair.h"
#include "tests/fuzz/scratch_file.h"

using namespace relay;

namespace {

constexpr std::chrono::seconds kWait{1};

using Pairs = std::vector<std::pair<std::string, std::string>>;

template <class Walk>
Pairs sorted(Walk walk) {
    Pairs pairs;
    walk([&pairs](std::string_view key, std::string_view datum) { pairs.emplace_back(key, datum); });
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

bool is_sound(const LockedFile& file) {
    try {
        DatabaseCheck{}.require_sound(file);
        return true;
    } catch (const Fault&) {
        return false;
    }
}

Pairs by_hash_file(HashFile& hash) {
    return sorted([&hash](const HashFile::UsePair& use) {
        for (std::uint32_t bucket = 0; bucket < hash.buckets(); ++bucket) hash.each_in_bucket(bucket, use);
    });
}

/// In a file that was found sound both have to see the same records; what one of them does not read is a Fault.
void read_both_ways(const LockedFile& file) {
    try {
        DatabaseCheck check;
        Database database{file, Database::Access::read, check};
        const auto theirs = sorted([&database](const HashFile::UsePair& use) { database.each(use); });
        if (auto hash = HashFile::open(file)) fuzz::expect(by_hash_file(*hash) == theirs, "libdb reads what we read");
        if (!theirs.empty()) database.each_under(theirs.front().first, [](std::string_view) {});
    } catch (const Fault&) {
    }
}

void read_damaged(const LockedFile& file) {
    try {
        if (auto hash = HashFile::open(file)) static_cast<void>(by_hash_file(*hash));
    } catch (const Fault&) {
    }
}

void look_up(const std::string& path) {
    PopSettings pop;
    pop.database = path;
    for (const unsigned prefix : {128U, 64U}) {
        pop.prefix6 = prefix;
        const RelayersReader reader{pop};
        for (const char* client : {"198.51.100.7", "2001:db8::7"})
            static_cast<void>(reader.find(*Address::parse(client)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const fuzz::ScratchFile scratch;
    scratch.hold(fuzz::text_of(bytes, size));
    {
        const auto file = LockedFile::open(scratch.path(), Lock::shared, kWait);
        if (is_sound(*file)) read_both_ways(*file);
        else read_damaged(*file);
        salvage(*file, [](std::string_view, std::string_view) {});
    }
    look_up(scratch.path());
    Watch nobody;
    try {
        static_cast<void>(verify_relayers(scratch.path(), kWait, nobody));
    } catch (const Fault&) {
    }
    return 0;
}
