// How long expire keeps others out at a time where it deletes in place: each hold of a lock, from flock(2) to its end.
#include <benchmark/benchmark.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <map>

#include "bench/relayers_files.h"
#include "policy/source/files/file_stamp.h"
#include "policy/source/relayers/relayers_writer.h"

using namespace relay;
using namespace relay::bench;
using benchmark::State;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

struct Moment {
    std::chrono::steady_clock::time_point clock = std::chrono::steady_clock::now();
    std::clock_t cpu = std::clock();
};

/// Holds by this process, in its only thread that locks.
class Holds {
public:
    void begin(int file) {
        end(file);
        since_[file] = Moment{};
    }
    void end(int file) {
        const auto begun = since_.extract(file);
        if (begun.empty()) return;
        const Moment now;
        const double held = std::chrono::duration<double, std::milli>(now.clock - begun.mapped().clock).count();
        longest_ms = std::max(longest_ms, held);
        longest_cpu_ms = std::max(longest_cpu_ms, 1e3 * static_cast<double>(now.cpu - begun.mapped().cpu) / CLOCKS_PER_SEC);
        over_10_ms += held > 10 ? 1 : 0;
        ++count;
    }

    int count = 0;
    int over_10_ms = 0;
    double longest_ms = 0;
    double longest_cpu_ms = 0;

private:
    std::map<int, Moment> since_;  ///< By descriptor.
};

Holds holds;

}  // namespace

// In the place of libc's, for all that is linked here.
extern "C" int flock(int file, int operation) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_flock, file, operation));
    if (result == 0) (operation & LOCK_UN) != 0 ? holds.end(file) : holds.begin(file);
    return result;
}

extern "C" int close(int file) {
    const auto result = static_cast<int>(::syscall(SYS_close, file));
    holds.end(file);
    return result;
}

namespace {

Files& files() {
    static Files made;
    return made;
}

FileStamp stamp(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw std::runtime_error{"stat"};
    return FileStamp{status};
}

/// So few that no new file is made.
void expire_tenth(State& state) {
    const auto entries = static_cast<std::uint32_t>(state.range(0));
    const std::string path = files().with(entries) + ".expired";
    holds = {};
    for (auto unused : state) {
        static_cast<void>(unused);
        state.PauseTiming();
        std::filesystem::copy_file(files().with(entries), path, std::filesystem::copy_options::overwrite_existing);
        const FileStamp before = stamp(path);
        state.ResumeTiming();
        RelayersWriter{path}.expire(sys_seconds{seconds{1'700'010'000}});
        if (!stamp(path).same_file(before)) throw std::runtime_error{"not in place"};
    }
    state.counters["longest_ms"] = holds.longest_ms;
    state.counters["longest_cpu_ms"] = holds.longest_cpu_ms;
    state.counters["over_10_ms"] = holds.over_10_ms;
    state.counters["holds"] = holds.count;
}

}  // namespace

BENCHMARK(expire_tenth)->Arg(1000)->Arg(100'000)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
