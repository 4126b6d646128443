#include "policy/source/queue/login_queue.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

LoginEvent login(std::int64_t at, const std::string& name) {
    return {Address::v4({192, 0, 2, 1}), std::chrono::sys_seconds{std::chrono::seconds{at}}, name};
}

/// The names that are sent, in their order.
std::vector<std::string> sent_names(const LoginQueue& queue) {
    std::vector<std::string> names;
    queue.send([&](const auto& events) {
        for (const LoginEvent& event : events) names.push_back(event.login);
    });
    return names;
}

const LoginQueue::Record kRefuse = [](const auto&) { throw Fault{Trouble::system, "no"}; };

/// The exit code of what a process of its own does; it is 99 where that throws a Fault.
int aside(const std::function<void()>& act) {
    const pid_t process = ::fork();
    if (process == 0) {
        try {
            act();
            ::_exit(0);
        } catch (const Fault&) {
            ::_exit(99);
        }
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("logins are sent in the order in which they came, and then no file is left but the lock") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    CHECK(queue.bytes() == 0);
    CHECK(sent_names(queue).empty());
    queue.put({login(5, "a"), login(4, "b")});
    queue.put({login(3, "")});
    CHECK(queue.state().waiting == 3);
    CHECK(queue.state().oldest == login(5, "").at);
    CHECK(sent_names(queue) == std::vector<std::string>{"a", "b", ""});
    CHECK(queue.state().waiting == 0);
    CHECK_FALSE(queue.state().oldest);
    CHECK(queue.bytes() == 0);
    CHECK_FALSE(std::filesystem::exists(scratch / "queue"));
    CHECK_FALSE(std::filesystem::exists(scratch / "queue.sending"));
}

TEST_CASE("what is not taken waits on, before what comes later") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    queue.put({login(1, "a")});
    CHECK_THROWS_AS(queue.send(kRefuse), Fault);
    queue.put({login(2, "b")});
    CHECK_THROWS_AS(queue.send(kRefuse), Fault);
    CHECK(queue.state().waiting == 2);
    CHECK(sent_names(queue) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("many are sent in batches, and the end of one sender loses none") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    std::vector<LoginEvent> events;
    for (int i = 0; i < 2500; ++i) events.push_back(login(i, std::to_string(i)));
    queue.put(events);
    std::size_t batches = 0;
    CHECK_THROWS_AS(queue.send([&](const auto& some) {
        CHECK(some.size() <= LoginQueue::kMostAtOnce);
        if (++batches == 2) throw Fault{Trouble::system, "no"};
    }), Fault);
    const auto names = sent_names(queue);
    REQUIRE(names.size() == 2500);
    CHECK(names.front() == "0");
    CHECK(names.back() == "2499");
}

TEST_CASE("a line that was being written at the end of its writer is taken away, and what cannot be read is left out") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    for (const std::string& torn : {std::string{"17 192.0.2.1 al"}, std::string{"1"}, std::string(5000, 'x')}) {
        write_file(scratch / "queue", "1 192.0.2.1 a\n" + (torn.size() > 2048 ? torn + "\n" + torn : torn));
        queue.put({login(2, "b")});
        CHECK(sent_names(queue) == std::vector<std::string>{"a", "b"});
    }
    write_file(scratch / "queue", "nonsense\n1 192.0.2.1 a\n\n17 192.0.2.1 al");
    const auto sent = queue.send([](const auto&) {});
    CHECK(sent.logins == 1);
    CHECK(sent.unreadable == 2);
}

TEST_CASE("a full queue takes no more, and what finds no place is counted") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    const std::string line = "1 192.0.2.1 " + std::string(116, 'a') + "\n";
    REQUIRE(LoginQueue::kMostBytes % line.size() != 0);
    std::string lines;
    while (lines.size() + line.size() <= LoginQueue::kMostBytes - 20) lines += line;
    write_file(scratch / "queue", lines);
    CHECK_THROWS_WITH(queue.put({login(1, std::string(200, 'b'))}), Catch::Contains("queue: is full, it holds 16 MiB"));
    CHECK(read_file(scratch / "queue") == lines);
    CHECK(queue.state().lost == 0);
    queue.count_lost(9);
    queue.count_lost(3);
    CHECK(queue.state().lost == 12);
    CHECK(sent_names(queue).size() == lines.size() / line.size());
    CHECK(queue.state().lost == 12);  // Until somebody has seen it.
}

TEST_CASE("a disk that takes only a part leaves the queue as it was") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    queue.put({login(1, "a")});
    const std::string before = read_file(scratch / "queue");
    for (rlim_t room = before.size(); room < before.size() + 40; room += 7) {
        CHECK(aside([&] {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{room, room};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            queue.put({login(2, "a-name-that-is-so-long"), login(3, "c")});
        }) == 99);
        CHECK(read_file(scratch / "queue") == before);
    }
}

TEST_CASE("while one process sends another one does nothing, and writers go on") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    queue.put({login(1, "a")});
    std::size_t first = 0;
    queue.send([&](const auto& events) {
        first += events.size();
        CHECK(aside([&] {
            if (!LoginQueue{scratch / "queue"}.send([](const auto&) { ::_exit(1); }).busy) ::_exit(2);
        }) == 0);
        CHECK(aside([&] { LoginQueue{scratch / "queue"}.put({login(2, "b")}); }) == 0);
    });
    CHECK(first == 1);
    CHECK(sent_names(queue) == std::vector<std::string>{"b"});
}

TEST_CASE("writers and senders at the same time lose nothing and send everything") {
    const Scratch scratch;
    constexpr int kWriters = 4, kEach = 25;
    std::atomic<int> writing = kWriters;
    std::vector<std::thread> threads;
    for (int w = 0; w < kWriters; ++w)
        threads.emplace_back([&, w] {
            const LoginQueue queue{scratch / "queue"};
            for (int i = 0; i < kEach; ++i) queue.put({login(1, std::to_string(w) + ":" + std::to_string(i))});
            --writing;
        });
    std::mutex mutex;
    std::multiset<std::string> all;
    const auto send = [&] {
        const LoginQueue queue{scratch / "queue"};
        for (const std::string& name : sent_names(queue)) {
            const std::scoped_lock lock{mutex};
            all.insert(name);
        }
    };
    for (int s = 0; s < 2; ++s)
        threads.emplace_back([&] {
            while (writing > 0) send();
        });
    for (auto& thread : threads) thread.join();
    send();
    CHECK(all.size() == kWriters * kEach);
    CHECK(std::set<std::string>{all.begin(), all.end()}.size() == kWriters * kEach);
}

TEST_CASE("a queue that cannot be written is a fault that names it") {
    const Scratch scratch;
    CHECK_THROWS_WITH(LoginQueue{scratch / "none/queue"}.put({login(1, "a")}), Catch::Contains("none/queue: open: No such file"));
    std::filesystem::create_directory(scratch / "queue");
    CHECK_THROWS_AS(LoginQueue{scratch / "queue"}.put({login(1, "a")}), Fault);
    std::filesystem::create_symlink("/dev/null", scratch / "link");
    CHECK_THROWS_AS(LoginQueue{scratch / "link"}.put({login(1, "a")}), Fault);
}
