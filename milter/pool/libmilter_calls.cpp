#include "milter/pool/libmilter_calls.h"

#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <sys/time.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "milter/log.h"
#include "milter/pool/accept.h"
#include "milter/pool/session_pool.h"

// Of libmilter, which declares them in no header that it installs.
extern "C" {
[[gnu::weak]] int mi_engine(relay::LibmilterContext* context);
[[gnu::weak]] void mi_clr_ctx(relay::LibmilterContext* context);
}

namespace relay {
namespace {

constexpr int kHasNothingToSay = 1;    // MI_CONTINUE, where there is a pool
constexpr char kConnectionEnded = 5;   // SMFIC_EOF
constexpr char kNoMemory = 3;          // SMFIC_MALLOC

/// Of the session that this thread serves.
thread_local PacketBuffer* packets = nullptr;

bool serve(LibmilterContext* context, PacketBuffer& buffer) {
    packets = &buffer;
    const int result = mi_engine(context);
    packets = nullptr;
    return result == kHasNothingToSay;
}

SessionPool& pool() {
    static auto& of_the_process = *new SessionPool{{serve, mi_clr_ctx}};  // Its threads run until the process has ended.
    return of_the_process;
}

/// The data for libmilter, which frees them, with a NUL behind them; nothing when there is no memory.
char* copy(std::string_view data) {
    auto* const bytes = static_cast<char*>(std::malloc(data.size() + 1));
    if (!bytes) return nullptr;
    std::memcpy(bytes, data.data(), data.size());
    bytes[data.size()] = '\0';
    return bytes;
}

int answer(pollfd& asked) {
    asked.revents = packets->ready() ? POLLIN : 0;
    return asked.revents != 0 ? 1 : 0;
}

int real_poll(pollfd* asked, nfds_t count, int milliseconds) {
    const timespec wait{milliseconds / 1000, milliseconds % 1000 * 1000000L};
    return ppoll(asked, count, milliseconds < 0 ? nullptr : &wait, nullptr);
}

}  // namespace

int serve_sessions() {
    sigset_t of_the_main_thread, before;
    sigemptyset(&of_the_main_thread);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&of_the_main_thread, signal);
    pthread_sigmask(SIG_BLOCK, &of_the_main_thread, &before);
    const bool started = pool().start();
    if (!started) log_line(Severity::error, std::string{"no thread for sessions: "} + std::strerror(errno));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started ? smfi_main() : MI_FAILURE;
}

void tell_whose_threads_serve() noexcept {
    static std::atomic_flag told;
    if (!packets && !told.test_and_set())
        log_line(Severity::warning, "this libmilter serves sessions by threads of its own, not by milter-relay's: they work, and need more CPU");
}

}  // namespace relay

extern "C" {

/// Of a libmilter that has other functions than these, nothing would come of the sessions.
int mi_pool_controller_init() { return mi_engine && mi_clr_ctx ? MI_SUCCESS : MI_FAILURE; }

/// In the thread that accepted its connection. libmilter would give up after some failures: the connection is closed, and
/// sendmail defers its mail.
int mi_start_session(relay::LibmilterContext* context) {
    if (!relay::pool().add(context, relay::last_accepted())) mi_clr_ctx(context);
    return MI_SUCCESS;
}

/// The next packet of the session that this thread serves, after poll said that there is one. Nothing, with a command below
/// a blank, where the session is to end; nothing with a command where that has no data.
char* mi_rd_cmd(int, timeval*, char* command, std::size_t* size, char*) {
    *size = 0;
    *command = relay::kConnectionEnded;
    if (!relay::packets || !relay::packets->ready() || relay::packets->ended()) return nullptr;
    const auto packet = relay::packets->take();
    *command = packet.command;
    if (packet.data.empty()) return nullptr;
    char* const data = relay::copy(packet.data);
    if (data) *size = packet.data.size();
    else *command = relay::kNoMemory;
    return data;
}

int poll_in_place_of_libc(pollfd* asked, nfds_t count, int milliseconds) __asm__("poll");
int poll_in_place_of_libc(pollfd* asked, nfds_t count, int milliseconds) {
    const bool of_the_session = relay::packets && count == 1 && asked->fd == relay::packets->socket() && asked->events == POLLIN;
    return of_the_session ? relay::answer(*asked) : relay::real_poll(asked, count, milliseconds);
}

}
