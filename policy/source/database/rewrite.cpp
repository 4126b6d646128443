#include "policy/source/database/rewrite.h"

#include <chrono>
#include <thread>

#include "policy/source/database/database.h"
#include "policy/source/database/hash_build.h"
#include "policy/source/database/replacement.h"

namespace relay {
namespace {

constexpr std::size_t kProgressEvery = 1024;
/// Who waited for the lock has it after that, and has opened the file, on a machine that has other things to do as well.
constexpr std::chrono::milliseconds kToOpen{10};

void write_btree(const LockedFile& file, const EachRecord& records, Watch& watch) {
    Database database = Database::create(file.path(), {false, 0});
    std::size_t done = 0;
    records([&](std::string_view key, std::string_view datum) {
        database.put(key, datum);
        if (++done % kProgressEvery == 0) watch.progress(done);
    });
    database.commit();
}

void write_hash(const LockedFile& file, const EachRecord& records, Watch& watch) {
    HashBuild build;
    records([&build](std::string_view key, std::string_view datum) { build.add(key, datum); });
    build.write(file, watch);
}

}  // namespace

std::optional<LateTouch> rewrite(const LockedFile& file, bool hash, const EachRecord& records, Watch& watch,
                                 const std::string& old_name) {
    const timespec previous = file.stamp().modified;
    Replacement replacement{file};
    // sendmail opens a map, waits for its lock, opens it again by its name, and fails when that leads to another file by
    // then: let it not wait, and be through.
    file.admit_readers();
    const auto admitted = std::chrono::steady_clock::now();
    (hash ? write_hash : write_btree)(replacement.file(), records, watch);
    auto touch = move_time_on(replacement.file(), previous, RecentChanges{replacement.file()});
    if (touch) touch->path = file.path();
    watch.commit();
    replacement.complete();
    std::this_thread::sleep_until(admitted + kToOpen);
    replacement.take_place(old_name);
    return touch;
}

}  // namespace relay
