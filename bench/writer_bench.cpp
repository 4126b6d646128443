// What recording a login, a batch of them and an expiry cost, beside libdb's own ways on the same file in the same run.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "bench/relayers_files.h"
#include "policy/source/database/bucket_count.h"
#include "policy/source/files/descriptor.h"
#include "policy/source/relayers/relayers_writer.h"

using namespace relay;
using namespace relay::bench;
using benchmark::State;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr std::uint32_t kEntries = 100'000;
constexpr std::int64_t kTime = 1'700'000'000;  // The entries are of this second and the 99,999 after it.

/// Of kLeastBuckets: those that the addresses of a thousand logins fall on, as chance has it.
constexpr int kPagesOfThousand = 791;

Files& files() {
    static Files made;
    return made;
}

/// Each login is later than the one before, so that each changes the file.
LoginEvent login(std::uint32_t i) {
    static std::int64_t later = kTime + 200'000;
    return {client(i % kEntries), sys_seconds{seconds{++later}}, "alice"};
}

void put(DB& db, const LoginEvent& event) {
    const std::string key = event.client.text();
    const std::string data = std::to_string(event.at.time_since_epoch().count()) + " alice";
    DBT where = dbt(key);
    DBT what = dbt(data);
    must(db.put(&db, nullptr, &where, &what, 0));
}

/// A writer of ours waits that long between two changes by itself, which is no part of either; so all do here.
void let_others_in(State& state) {
    state.PauseTiming();
    std::this_thread::sleep_for(Turn::kGap);
    state.ResumeTiming();
}

/// What the least careful writer does that is still safe: lock, open, put, to the disk, close.
void bare_put(State& state) {
    const std::string path = files().with(kEntries);
    std::uint32_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        let_others_in(state);
        const LoginEvent event = login(++i * 7919);
        const Descriptor lock{::open(path.c_str(), O_RDWR)};
        if (::flock(lock.get(), LOCK_EX) != 0) throw std::runtime_error{"flock"};
        const OpenDb db = open_db(path, 0);
        put(*db, event);
        must(db->sync(db.get(), 0));
    }
}

/// The same for a thousand logins under one lock.
void bare_put_of_thousand(State& state) {
    const std::string path = files().with(kEntries);
    std::uint32_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        let_others_in(state);
        const Descriptor lock{::open(path.c_str(), O_RDWR)};
        if (::flock(lock.get(), LOCK_EX) != 0) throw std::runtime_error{"flock"};
        const OpenDb db = open_db(path, 0);
        for (int n = 0; n < 1000; ++n) put(*db, login(++i * 7919));
        must(db->sync(db.get(), 0));
    }
}

/// What a commit asks of the disk, whoever makes it: as many pages of the file, written and synced.
void bare_pages(State& state) {
    const std::string path = files().with(kEntries) + ".pages";
    std::filesystem::copy_file(files().with(kEntries), path, std::filesystem::copy_options::overwrite_existing);
    const Descriptor file{::open(path.c_str(), O_RDWR)};
    const std::string page(kPageSize, '\0');
    std::vector<off_t> all(kLeastBuckets);
    std::iota(all.begin(), all.end(), 1);
    std::minstd_rand random{1};
    for (auto unused : state) {
        static_cast<void>(unused);
        let_others_in(state);
        std::vector<off_t> some;
        std::ranges::sample(all, std::back_inserter(some), state.range(0), random);
        for (const off_t number : some)
            if (::pwrite(file.get(), page.data(), kPageSize, number * kPageSize) != kPageSize) throw std::runtime_error{"pwrite"};
        if (::fdatasync(file.get()) != 0) throw std::runtime_error{"fdatasync"};
    }
}

void record_one(State& state) {
    RelayersWriter writer{files().with(kEntries)};
    std::uint32_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        let_others_in(state);
        writer.record({login(++i * 7919)});
    }
}

void record_thousand(State& state) {
    RelayersWriter writer{files().with(kEntries)};
    std::uint32_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        let_others_in(state);
        std::vector<LoginEvent> waiting;
        for (int n = 0; n < 1000; ++n) waiting.push_back(login(++i * 7919));
        writer.record(waiting);
    }
}

/// All that is kept, put into a new file and to the disk: what an expiry cannot do without, if the file is to shrink.
void plain_rebuild_of_half(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const std::string path = files().with(entries);
    for (auto unused : state) {
        static_cast<void>(unused);
        const OpenDb old = open_db(path, DB_RDONLY);
        DB* created = nullptr;
        must(db_create(&created, nullptr, 0));
        const OpenDb made{created};
        must(made->set_pagesize(created, 4096));
        must(made->set_h_ffactor(created, 75));
        must(made->set_h_nelem(created, entries / 2));
        must(made->set_cachesize(created, 0, 256U << 20, 1));
        must(made->open(created, nullptr, (path + ".rebuilt").c_str(), nullptr, DB_HASH, DB_CREATE | DB_TRUNCATE, 0640));
        DBC* cursor = nullptr;
        must(old->cursor(old.get(), nullptr, &cursor, 0));
        DBT key{};
        DBT data{};
        while (cursor->get(cursor, &key, &data, DB_NEXT) == 0)
            if (std::stoll(std::string{static_cast<char*>(data.data), data.size}) >= kTime + 50'000)
                must(made->put(created, nullptr, &key, &data, 0));
        cursor->close(cursor);
        must(made->sync(created, 0));
    }
}

void expire_half(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const std::string path = files().with(entries) + ".expired";
    for (auto unused : state) {
        static_cast<void>(unused);
        state.PauseTiming();
        std::filesystem::copy_file(files().with(entries), path, std::filesystem::copy_options::overwrite_existing);
        state.ResumeTiming();
        RelayersWriter{path}.expire(sys_seconds{seconds{kTime + 50'000}});
    }
}

}  // namespace

BENCHMARK(bare_put)->UseRealTime();
BENCHMARK(bare_put_of_thousand)->UseRealTime();
BENCHMARK(bare_pages)->Arg(1)->Arg(kPagesOfThousand)->UseRealTime();
BENCHMARK(record_one)->UseRealTime();
BENCHMARK(record_thousand)->UseRealTime();
BENCHMARK(plain_rebuild_of_half)->Arg(1000)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(expire_half)->Arg(1000)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
