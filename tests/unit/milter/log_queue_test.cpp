#include "milter/log_queue.h"

#include <atomic>
#include <future>
#include <vector>

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using relay::LogQueue;
using relay::Severity;

namespace {

/// A log whose reader can be stopped, as a syslogd that hangs.
struct SlowLog {
    std::mutex stopped;
    std::mutex mutex;
    std::vector<std::string> lines;

    LogQueue::Write write() {
        return [this](Severity severity, std::string_view line) {
            const std::scoped_lock both{stopped, mutex};
            lines.push_back(std::to_string(static_cast<int>(severity)) + std::string{line});
        };
    }
};

}  // namespace

TEST_CASE("queued lines are written whole, in their order, with their severity") {
    SlowLog log;
    {
        LogQueue queue{log.write()};
        CHECK(queue.add(Severity::info, "first"));
        CHECK(queue.add(Severity::error, ""));
        CHECK(queue.add(Severity::warning, std::string(4000, 'x')));
    }
    CHECK(log.lines == std::vector<std::string>{"3first", "0", "1" + std::string(4000, 'x')});
}

TEST_CASE("while the log hangs adding a line does not wait, and what has no room is counted") {
    SlowLog log;
    LogQueue queue{log.write(), 1000};
    {
        const std::scoped_lock hanging{log.stopped};
        auto added = std::async(std::launch::async, [&] {
            int taken = 0;
            for (int i = 0; i < 1000; ++i) taken += queue.add(Severity::info, "ten bytes.");
            return taken;
        });
        REQUIRE(added.wait_for(5s) == std::future_status::ready);
        const int taken = added.get();
        CHECK(taken >= 1000 / 13);
        CHECK(taken <= 2 * (1000 / 13));  // The thread may hold one full room beside the one that fills.
        CHECK(queue.lost() == static_cast<std::uint64_t>(1000 - taken));
        CHECK_FALSE(queue.flush(20ms));
    }
    CHECK(queue.flush(5s));
    std::uint64_t told = 0;  // The thread may have taken a part before the rest was lost, and tells each part.
    for (const std::string& line : log.lines)
        if (line.ends_with(" log lines were lost: syslogd did not take them in time")) told += std::stoul(line.substr(1));
    CHECK(told == queue.lost());
    CHECK(queue.add(Severity::info, "after"));
    CHECK(queue.flush(5s));
    CHECK(log.lines.back() == "3after");
}

TEST_CASE("no line of several threads is lost or mixed with another") {
    SlowLog log;
    {
        LogQueue queue{log.write()};
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&queue, thread] {
                for (int i = 0; i < 1000; ++i) queue.add(Severity::info, std::string(20, static_cast<char>('a' + thread)));
            });
        for (auto& thread : threads) thread.join();
        CHECK(queue.flush(5s));
        CHECK(queue.lost() == 0);
    }
    CHECK(log.lines.size() == 4000);
    for (const auto& line : log.lines) REQUIRE(line == "3" + std::string(20, line[1]));
}
