// The threads that serve libmilter's sessions: in the place of libmilter's own pool.
//
// Sessions that have nothing to say wait together in one epoll set and cost no thread, also in the middle of a packet.
// One that has is served by one thread until it has nothing to say again. A thread for each processor and one more do for
// any number of sessions; where all of them wait for something else, a server or a disk, others are made, and end when
// they are too many. Debian's libmilter has one thread that hands sessions to the others, and builds the set of all
// of them anew for each command of any (docs/performance.md has the figures).
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <string>

#include "milter/pool/packet_buffer.h"
#include "policy/source/files/descriptor.h"

namespace relay {

/// libmilter's state of a session; only libmilter knows what is in it.
struct LibmilterContext;

class SessionPool {
public:
    /// What libmilter does for one session until it has nothing to say (true) or is over, and how it is then forgotten.
    struct Engine {
        bool (*serve)(LibmilterContext*, PacketBuffer&);
        void (*forget)(LibmilterContext*);
    };
    /// A session that has said nothing for so long is ended. As smfi_settimeout does where nobody calls it.
    static constexpr std::chrono::seconds kLongestSilence{7210};

    explicit SessionPool(Engine engine, std::chrono::nanoseconds longest_silence = kLongestSilence)
        : engine_{engine}, longest_silence_{longest_silence} {}
    /// Makes the first threads. False, with errno, where the system has none.
    bool start();
    /// Takes over a session, to be served from the first byte. False, with errno, where the system cannot watch it.
    bool add(LibmilterContext* context, int socket) noexcept;

private:
    using Clock = std::chrono::steady_clock;
    struct Session {
        LibmilterContext* context;
        int socket;
        std::string rest;                            ///< Of a packet that has not come whole.
        bool cut;                                    ///< It was lost, for want of memory.
        std::atomic<Clock::time_point> silent_since;  ///< kServed while a thread serves it; hands over.
        std::list<Session>::iterator self;
    };

    static constexpr Clock::time_point kServed = Clock::time_point::max();

    bool add_thread() noexcept;
    void work();
    /// Makes threads while none has time.
    void watch_threads();
    /// Nothing after a wait in vain.
    Session* next_session();
    void serve(Session& session, PacketBuffer& buffer);
    static void keep(Session& session, std::string_view rest);
    bool watch(Session& session, int socket);
    bool watch_again(Session& session, int socket);
    void end(Session& session);
    void end_silent_sessions();

    const Engine engine_;
    const std::chrono::nanoseconds longest_silence_;
    Descriptor epoll_;
    std::atomic<int> waiting_{0};       ///< Threads that have time.
    std::atomic<unsigned> turns_{0};    ///< Sessions that were served, each time.
    std::atomic<bool> all_busy_{false};  ///< Since none had: watch_threads() looks.
    std::mutex mutex_;
    std::list<Session> sessions_;
    std::atomic<Clock::time_point> looked_{};  ///< For silent sessions, the last time.
};

}  // namespace relay
