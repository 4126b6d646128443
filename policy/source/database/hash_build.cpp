#include "policy/source/database/hash_build.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "policy/source/database/database.h"
#include "policy/source/database/hash_page_edit.h"
#include "policy/source/database/page_io.h"
#include "policy/source/database/replacement.h"

namespace relay {
namespace {

constexpr std::size_t kProgressEvery = 64;

MetaPage make_empty(const LockedFile& file, std::uint32_t buckets) {
    Database::create(file.path(), {true, buckets}).commit();
    reserve(file, (buckets + std::uint64_t{1}) * kPageSize);
    return HashFile::open(file).value().meta();
}

}  // namespace

void HashBuild::add(std::string_view key, std::string_view datum) {
    const Record record{bytes_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(datum.size())};
    records_.push_back(record);
    bytes_.append(key).append(datum);
    count_.add(key, datum);
}

std::string_view HashBuild::key(const Record& record) const {
    return std::string_view{bytes_}.substr(record.at, record.key);
}

std::string_view HashBuild::datum(const Record& record) const {
    return std::string_view{bytes_}.substr(record.at + record.key, record.datum);
}

/// The records in the order of their buckets, and where each bucket begins among them.
HashBuild::Order HashBuild::by_bucket(const MetaPage& meta) const {
    Order order{std::vector<std::size_t>(meta.max_bucket + std::size_t{2}), std::vector<std::uint32_t>(records_.size())};
    const auto bucket_of = [&](const Record& record) { return bucket_of_hash(meta, database_hash(key(record))); };
    for (const Record& record : records_) ++order.begins[bucket_of(record) + std::size_t{1}];
    std::partial_sum(order.begins.begin(), order.begins.end(), order.begins.begin());
    auto next = order.begins;
    for (std::uint32_t i = 0; i < records_.size(); ++i) order.records[next[bucket_of(records_[i])]++] = i;
    return order;
}

void HashBuild::write(const LockedFile& file, Watch& watch) const {
    const MetaPage meta = make_empty(file, count_.buckets());
    const Order order = by_bucket(meta);
    std::vector<std::byte> page(meta.page_size);
    std::vector<std::uint32_t> others;
    for (std::uint32_t bucket = 0; bucket <= meta.max_bucket; ++bucket) {
        const std::uint32_t number = meta.page_of_bucket(bucket);
        std::ranges::fill(page, std::byte{0});
        HashPageEdit edit{page, number};
        for (std::size_t i = order.begins[bucket]; i < order.begins[bucket + 1]; ++i) {
            const Record& record = records_[order.records[i]];
            if (!edit.put(key(record), datum(record))) others.push_back(order.records[i]);
        }
        if (edit.pairs() == 0) continue;
        write_at(file, std::uint64_t{number} * page.size(), page);
        if (bucket % kProgressEvery == 0) watch.progress(order.begins[bucket + 1]);
    }
    write_entries(file, static_cast<std::int64_t>(meta.entries + records_.size() - others.size()));
    put_others(file, others);
}

void HashBuild::put_others(const LockedFile& file, const std::vector<std::uint32_t>& others) const {
    if (others.empty()) return;
    Database database = Database::in_place(file, others.size());
    for (const std::uint32_t i : others) database.put(key(records_[i]), datum(records_[i]));
    database.commit();
}

}  // namespace relay
