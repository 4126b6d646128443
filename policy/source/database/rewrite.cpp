#include "policy/source/database/rewrite.h"

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/replacement.h"

namespace relay {
namespace {

constexpr std::size_t kProgressEvery = 1024;

Database::Shape shape_for(const EachRecord& records) {
    BucketCount count;
    records([&count](std::string_view key, std::string_view datum) { count.add(key, datum); });
    return {true, count.buckets()};
}

void fill(Database& database, const EachRecord& records, Watch& watch) {
    std::size_t done = 0;
    records([&](std::string_view key, std::string_view datum) {
        database.put(key, datum);
        if (++done % kProgressEvery == 0) watch.progress(done);
    });
    database.commit();
}

}  // namespace

std::optional<LateTouch> rewrite(const LockedFile& file, bool hash, const EachRecord& records, Watch& watch,
                                 const std::string& old_name) {
    const timespec previous = file.stamp().modified;
    const Database::Shape shape = hash ? shape_for(records) : Database::Shape{false, 0};
    Replacement replacement{file};
    // sendmail opens a map, waits for its lock, and fails when the name then leads to another file: let it not wait.
    file.admit_readers();
    Database database = Database::create(replacement.file().path(), shape);
    if (hash) reserve(replacement.file(), (shape.buckets + std::uint64_t{1}) * kPageSize);
    fill(database, records, watch);
    auto touch = move_time_on(replacement.file(), previous);
    if (touch) touch->path = file.path();
    watch.commit();
    replacement.take_place(old_name);
    move_time_past(file.descriptor(), previous);
    return touch;
}

}  // namespace relay
