#include "milter/pool/session_pool.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <system_error>
#include <thread>

#include "milter/repeat_limit.h"

namespace relay {
namespace {

/// Of a thread that has nothing to do, before it asks whether it is one too many.
constexpr std::chrono::seconds kPatience{10};
/// Between two looks at threads of which none has time.
constexpr std::chrono::milliseconds kTick{2};
constexpr unsigned kMostProcessors = 8;
/// So often silent sessions are looked for within the longest silence.
constexpr int kLooks = 20;

void tell(const char* what) noexcept try {
    static RepeatLimit repeats;
    log_error(repeats, std::string{what} + ": " + std::strerror(errno));
} catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): what is short cannot be told.
}

/// That are always there.
int least_threads() {
    static const auto processors = std::clamp(std::thread::hardware_concurrency(), 1U, kMostProcessors);
    return static_cast<int>(processors) + 1;
}

std::chrono::nanoseconds processor_time() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

epoll_event whenever_it_says_something(void* session) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;  // One thread at a time.
    event.data.ptr = session;
    return event;
}

}  // namespace

bool SessionPool::start() try {
    epoll_ = Descriptor{epoll_create1(EPOLL_CLOEXEC)};
    looked_ = Clock::now();
    if (!epoll_ || !add_thread()) return false;
    while (waiting_ < least_threads() && add_thread()) {}
    std::thread{[this] { watch_threads(); }}.detach();
    return true;
} catch (const std::system_error& fault) {
    errno = fault.code().value();
    return false;
}

/// Threads that use the processors, and come to an end, are best left alone: more of them would not serve more sessions.
void SessionPool::watch_threads() {
    for (;;) {
        all_busy_.wait(false);
        const auto time_before = processor_time();
        const unsigned turns_before = turns_;
        std::this_thread::sleep_for(kTick);
        const bool stuck = turns_ == turns_before || processor_time() - time_before < kTick / 2;
        if (waiting_ > 0) all_busy_ = false;
        else if (stuck && !add_thread()) tell("no thread for a session, which waits for one that has time");
        if (waiting_ == 0) all_busy_ = true;
    }
}

bool SessionPool::add_thread() noexcept {
    ++waiting_;
    try {
        std::thread{[this] { work(); }}.detach();
        return true;
    } catch (const std::system_error& fault) {
        errno = fault.code().value();
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
    }
    --waiting_;
    return false;
}

bool SessionPool::watch(Session& session, int socket) {
    epoll_event event = whenever_it_says_something(&session);
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0;
}

/// The system call itself: before it returns another thread may have the session, and close its socket. To ThreadSanitizer,
/// which stands before epoll_ctl(), that looks like two threads at one descriptor.
bool SessionPool::watch_again(Session& session, int socket) {
    epoll_event event = whenever_it_says_something(&session);
    return ::syscall(SYS_epoll_ctl, epoll_.get(), EPOLL_CTL_MOD, socket, &event) == 0;
}

/// Without memory for the rest of a packet the session has to end, which it does in its turn.
void SessionPool::keep(Session& session, std::string_view rest) try {
    session.rest = rest;
} catch (const std::bad_alloc&) {
    session.cut = true;
    shutdown(session.socket, SHUT_RDWR);
}

bool SessionPool::add(LibmilterContext* context, int socket) noexcept try {
    const std::scoped_lock lock{mutex_};
    const auto session = sessions_.emplace(sessions_.end(), context, socket, std::string{}, false, Clock::now());
    session->self = session;
    if (watch(*session, socket)) return true;
    tell("turned a connection away, whose mail sendmail defers");
    sessions_.erase(session);
    return false;
} catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return false;
}

SessionPool::Session* SessionPool::next_session() {
    epoll_event event{};
    const auto patience = std::chrono::milliseconds{kPatience}.count();
    return epoll_wait(epoll_.get(), &event, 1, static_cast<int>(patience)) == 1 ? static_cast<Session*>(event.data.ptr) : nullptr;
}

/// A thread counts as one that has time from before its first wait on.
void SessionPool::work() {
    PacketBuffer buffer;
    for (;; ++waiting_) {
        Session* const session = next_session();
        const int others = --waiting_;
        end_silent_sessions();
        if (session) {
            if (others == 0 && !all_busy_.exchange(true)) all_busy_.notify_one();
            serve(*session, buffer);
            ++turns_;
        } else if (others >= least_threads()) {
            return;
        }
    }
}

void SessionPool::serve(Session& session, PacketBuffer& buffer) {
    session.silent_since.exchange(kServed);  // Reads what the thread before it stored: all that one did is seen here.
    buffer.restore(session.socket, session.rest);
    if (session.cut) buffer.end();
    if (engine_.serve(session.context, buffer)) {
        keep(session, buffer.rest());
        const int socket = session.socket;
        session.silent_since = Clock::now();  // Another thread may have it from here on.
        if (watch_again(session, socket)) return;
        tell("a session is ended: it cannot be waited for");
        buffer.end();
        engine_.serve(session.context, buffer);
    }
    end(session);
}

void SessionPool::end(Session& session) {
    LibmilterContext* const context = session.context;
    {
        const std::scoped_lock lock{mutex_};
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, session.socket, nullptr);
        sessions_.erase(session.self);
    }
    engine_.forget(context);
}

/// Their next packet is then the end of the connection, so that they end as any other.
void SessionPool::end_silent_sessions() {
    const auto now = Clock::now();
    auto looked = looked_.load();
    if (now - looked < longest_silence_ / kLooks || !looked_.compare_exchange_strong(looked, now)) return;
    const std::scoped_lock lock{mutex_};
    for (const Session& session : sessions_)
        if (const auto since = session.silent_since.load(); since != kServed && now - since > longest_silence_)
            shutdown(session.socket, SHUT_RDWR);
}

}  // namespace relay
