// What a look-up, a load and a walk cost, beside libdb's own ways on the same file in the same run.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "bench/relayers_files.h"
#include "policy/source/files/descriptor.h"
#include "policy/source/files/file_stamp.h"
#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_walk.h"
#include "policy/source/relayers/relayers_writer.h"
#include "vsmtprelay/list_command.h"

using namespace relay;
using namespace relay::bench;
using namespace std::chrono_literals;
using benchmark::State;

namespace {

Files& files() {
    static Files made;
    return made;
}

PopSettings settings(const std::string& path) {
    PopSettings pop;
    pop.database = path;
    return pop;
}

/// Clients of the file in random order.
std::vector<Address> clients(std::uint32_t entries) {
    std::mt19937 random{1};
    std::vector<Address> some(1 << 16);
    for (Address& each : some) each = client(static_cast<std::uint32_t>(random() % entries));
    return some;
}

/// Until look-ups are answered from memory.
void load(const RelayersReader& reader, std::uint32_t entries) {
    for (int i = 0; i < 20; ++i) {
        static_cast<void>(reader.find(client(0)));
        std::this_thread::sleep_for(entries >= 1'000'000 ? 150ms : 20ms);
    }
}

/// A commit each 10 ms, by another handle on the same file, as another process would.
class Writing {
public:
    explicit Writing(const std::string& path) : thread_{[this, path] {
        // Each later than any before, also of an earlier repetition: what changes nothing is no commit.
        static std::chrono::sys_seconds later{1'700'000'000s};
        for (std::uint32_t i = 0; !done_; ++i) {
            const auto next = std::chrono::steady_clock::now() + 10ms;
            const auto before = std::filesystem::last_write_time(path);
            RelayersWriter{path}.add({client(i % 1000)}, LoginRecord{Layout::timestamp, later += 1s, {}});
            commits_ += std::filesystem::last_write_time(path) != before ? 1 : 0;
            std::this_thread::sleep_until(next);
        }
    }} {}
    ~Writing() {
        done_ = true;
        thread_.join();
    }
    [[nodiscard]] int commits() const { return commits_; }

private:
    std::atomic<bool> done_{false};
    std::atomic<int> commits_{0};
    std::thread thread_;
};

void look_up(State& state, const RelayersReader& reader, std::uint32_t entries) {
    const auto some = clients(entries);
    std::size_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        benchmark::DoNotOptimize(reader.find(some[i++ & 0xffff]));
    }
}

void bare_get(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const OpenDb db = open_db(files().with(entries), DB_RDONLY);
    std::vector<std::string> keys;
    for (const Address& each : clients(entries)) keys.push_back(each.text());
    std::size_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        DBT key = dbt(keys[i++ & 0xffff]);
        DBT data{};
        must(db->get(db.get(), nullptr, &key, &data, 0));
        benchmark::DoNotOptimize(data);
    }
}

void look_up_unchanged(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const RelayersReader reader{settings(files().with(entries))};
    load(reader, entries);
    look_up(state, reader, entries);
}

void look_up_beside_a_writer(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const std::string path = files().with(entries);
    const RelayersReader reader{settings(path)};
    load(reader, entries);
    const Writing writing{path};
    look_up(state, reader, entries);
    state.counters["commits"] = benchmark::Counter(writing.commits(), benchmark::Counter::kIsRate);
}

/// The file has just changed: the one client is looked up in it.
void look_up_in_a_changed_file(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const std::string path = files().with(entries);
    const auto some = clients(entries);
    std::size_t i = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        state.PauseTiming();
        const RelayersReader reader{settings(path)};
        state.ResumeTiming();
        benchmark::DoNotOptimize(reader.find(some[i++ & 0xffff]));
    }
}

/// From the first look-up until one is answered from memory; the first answer and the memory as counters.
void load_at_start(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const std::string path = files().with(entries);
    for (auto unused : state) {
        static_cast<void>(unused);
        ::malloc_trim(0);
        const std::size_t before = process_status("VmRSS");
        const RelayersReader reader{settings(path)};
        const auto begin = std::chrono::steady_clock::now();
        static_cast<void>(reader.find(client(0)));
        state.counters["first_us"] = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
        for (int fast = 0; fast < 20;) {  // From memory it takes a tenth of what it takes from the file.
            const auto one = std::chrono::steady_clock::now();
            static_cast<void>(reader.find(client(1)));
            fast = std::chrono::steady_clock::now() - one < 3us ? fast + 1 : 0;
            if (fast == 0) std::this_thread::sleep_for(1ms);
        }
        state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        state.counters["bytes_an_entry"] = static_cast<double>(process_status("VmRSS") - before) / entries;
    }
}

void cursor_scan(State& state) {
    const std::string path = files().with(static_cast<std::uint32_t>(state.range(0)));
    for (auto unused : state) {
        static_cast<void>(unused);
        const OpenDb db = open_db(path, DB_RDONLY);
        DBC* cursor = nullptr;
        must(db->cursor(db.get(), nullptr, &cursor, 0));
        DBT key{};
        DBT data{};
        while (cursor->get(cursor, &key, &data, DB_NEXT) == 0) benchmark::DoNotOptimize(key);
        cursor->close(cursor);
    }
}

void walk(State& state) {
    const std::string path = files().with(static_cast<std::uint32_t>(state.range(0)));
    for (auto unused : state) {
        static_cast<void>(unused);
        auto relayers = RelayersWalk::open(path, 1s).value();
        while (relayers.next([](auto key, auto data) { benchmark::DoNotOptimize(key); benchmark::DoNotOptimize(data); })) {
        }
    }
}

/// What commands print meanwhile is thrown away.
class NoOutput {
public:
    NoOutput() : saved_{(std::fflush(stdout), ::dup(STDOUT_FILENO))}, nowhere_{::open("/dev/null", O_WRONLY)} {
        ::dup2(nowhere_.get(), STDOUT_FILENO);
    }
    NoOutput(const NoOutput&) = delete;
    NoOutput& operator=(const NoOutput&) = delete;
    ~NoOutput() {
        std::fflush(stdout);
        ::dup2(saved_.get(), STDOUT_FILENO);
    }

private:
    Descriptor saved_;
    Descriptor nowhere_;
};

/// The commands whole, to the last printed byte.
void dump(State& state) {
    const std::string path = files().with(static_cast<std::uint32_t>(state.range(0)));
    const NoOutput nowhere;
    for (auto unused : state) {
        static_cast<void>(unused);
        must(dump_entries({.database = {.name = path}, .config = {}, .command = "dump", .words = {}}, {}));
    }
}

void list(State& state) {
    const std::string path = files().with(static_cast<std::uint32_t>(state.range(0)));
    const NoOutput nowhere;
    for (auto unused : state) {
        static_cast<void>(unused);
        must(list_entries({.database = {.name = path}, .config = {}, .command = "list", .words = {}}, std::chrono::sys_seconds{1'800'000'000s}));
    }
}

}  // namespace

#define SIZES Arg(1000)->Arg(100'000)->Arg(1'000'000)
BENCHMARK(bare_get)->SIZES;
BENCHMARK(look_up_unchanged)->SIZES;
BENCHMARK(look_up_beside_a_writer)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->UseRealTime();
BENCHMARK(look_up_in_a_changed_file)->Arg(100'000)->Iterations(300);
BENCHMARK(load_at_start)->SIZES->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(cursor_scan)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(walk)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(dump)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(list)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
