#include "bench/load/load.h"

#include <sys/epoll.h>

#include <deque>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/load/client_address.h"
#include "bench/load/process_usage.h"

namespace relay::bench {
namespace {

using std::chrono::milliseconds;

const Address kStranger = Address::v4({198, 51, 100, 9});
constexpr milliseconds kRetry{1};
constexpr std::chrono::seconds kMostPatience{30};  // A busy machine: one recipient and one session at least are measured.

class Load {
public:
    explicit Load(const LoadOptions& options) : options_{options}, script_{options.session, {}, {}} {}

    LoadResult run() {
        LoadResult result;
        if (options_.process) result.resident_before = resident_bytes(*options_.process);
        hold_idle();
        if (options_.process) result.resident_with_idle = resident_bytes(*options_.process);
        begin_all();
        serve_until(Clock::now() + options_.warm_up);
        tally_ = {};
        const auto cpu = options_.process ? cpu_time(*options_.process) : std::chrono::nanoseconds{};
        const auto began = Clock::now();
        serve_until(began + options_.duration);
        while (!is_measured() && Clock::now() < began + kMostPatience) serve_until(Clock::now() + kRetry);
        result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
        if (options_.process) {
            result.cpu = cpu_time(*options_.process) - cpu;
            result.resident = resident_bytes(*options_.process);
        }
        result.tally = tally_;
        return result;
    }

private:
    struct Waiting {
        Clock::time_point until;
        Connection* connection;
        bool begins;  // A new session; else the client has thought.
    };

    void add(Clock::time_point first) {
        auto& connection = *connections_.emplace_back(std::make_unique<Connection>(script_, tally_));
        connection.thinks = options_.think.count() > 0;
        starting_.push_back({first, &connection, true});
    }

    /// Spread over one think time, since clients do not come in step.
    void begin_all() {
        const auto now = Clock::now();
        for (std::size_t i = 0; i < options_.connections; ++i) add(now + options_.think * i / options_.connections);
    }

    void hold_idle() {
        for (std::size_t i = 0; i < options_.idle; ++i) {
            auto& held = *connections_.emplace_back(std::make_unique<Connection>(script_, tally_));
            while (held.begin(options_.socket, kStranger, true) == Connection::State::retry) std::this_thread::sleep_for(kRetry);
            watch(held);
            serve_until(Clock::now());
        }
        if (options_.idle > 0) serve_until(Clock::now() + milliseconds{500});
    }

    Address next_client() { return options_.clients == 0 ? kStranger : client(client_++ * 7919U % options_.clients); }

    void watch(Connection& connection) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
        if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) throw std::runtime_error{"epoll_ctl"};
    }

    void begin(Connection& connection) {
        const auto state = connection.begin(options_.socket, next_client());
        if (state == Connection::State::answer_awaited) watch(connection);
        else retries_.push_back({Clock::now() + kRetry, &connection, true});
    }

    void go_on(Connection& connection, Connection::State state) {
        if (state == Connection::State::think) thinking_.push_back({Clock::now() + options_.think, &connection, false});
        if (state == Connection::State::done) begin(connection);
    }

    /// Each queue is in the order of time.
    void wake(std::deque<Waiting>& waiting, Clock::time_point now) {
        while (!waiting.empty() && waiting.front().until <= now) {
            const Waiting next = waiting.front();
            waiting.pop_front();
            if (next.begins) begin(*next.connection);
            else go_on(*next.connection, next.connection->proceed());
        }
    }

    int patience(Clock::time_point end) const {
        auto next = end;
        for (const auto* waiting : {&starting_, &thinking_, &retries_})
            if (!waiting->empty()) next = std::min(next, waiting->front().until);
        const auto left = std::chrono::ceil<milliseconds>(next - Clock::now()).count();
        return static_cast<int>(std::max<milliseconds::rep>(left, 0));
    }

    void serve_until(Clock::time_point end) {
        epoll_event events[256];
        do {
            const int count = epoll_wait(epoll_.get(), events, 256, patience(end));
            for (int i = 0; i < count; ++i) {
                auto& connection = *static_cast<Connection*>(events[i].data.ptr);
                go_on(connection, connection.receive());
            }
            const auto now = Clock::now();
            wake(starting_, now);
            wake(thinking_, now);
            wake(retries_, now);
        } while (Clock::now() < end && !is_enough());
    }

    bool is_measured() const { return (!tally_.rcpt_answers.empty() && tally_.sessions > 0) || is_enough(); }
    bool is_enough() const { return options_.sessions && tally_.sessions >= *options_.sessions; }

    const LoadOptions& options_;
    Script script_;
    Tally tally_;
    Descriptor epoll_{epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<Waiting> starting_, thinking_, retries_;
    std::uint32_t client_ = 0;
};

}  // namespace

LoadResult run_load(const LoadOptions& options) {
    return Load{options}.run();
}

}  // namespace relay::bench
