// One connection of the MTA to the milter: sends the steps of a session one after another, each when the one before has
// its answer, without ever waiting.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "bench/load/latencies.h"
#include "bench/load/workload.h"
#include "policy/source/files/descriptor.h"

namespace relay::bench {

using Clock = std::chrono::steady_clock;

/// What all connections found.
struct Tally {
    std::array<Latencies, kCallbackNames.size()> latencies;
    Latencies session;  ///< From connect(2) to the last answer of those that came to their end; think time counts.
    std::map<char, std::uint64_t> rcpt_answers;  ///< By letter: 'c' continue, 'y' reply code, 't' temporary failure.
    std::uint64_t sessions = 0;
    std::uint64_t broken = 0;   ///< The milter closed the connection, or answered what ends the session.
    std::uint64_t refused = 0;  ///< No connection: nobody listened.
    std::uint64_t full = 0;     ///< ... or the backlog had no room; tried again.
};

/// The session as this milter negotiates it; asked for once.
struct Script {
    Session session;
    std::string answer;        ///< The milter's 'O' packet.
    std::vector<Step> steps;
};

class Connection {
public:
    enum class State {
        answer_awaited,
        think,   ///< The client thinks; call proceed() when it has.
        done,
        retry,   ///< Could not connect; call begin() again a little later.
    };

    Connection(Script& script, Tally& tally) : script_{script}, tally_{tally} {}

    /// Connects to the UNIX socket at `path`. With `holds` the session goes no further than the connect step.
    State begin(const std::string& path, const Address& client, bool holds = false);
    /// After State::think.
    State proceed();
    /// The socket is readable.
    State receive();

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    bool thinks = false;  ///< There is think time before each command.

private:
    State send(const Step& step);
    State answered(std::string_view packet);
    State negotiated(std::string_view packet);
    State broken();
    State think();

    Script& script_;
    Tally& tally_;
    Descriptor socket_;
    Address client_ = Address::v4({});
    bool holds_ = false;
    bool is_thinking_ = false;      // proceed() is to be called.
    bool refused_ = false;          // The last recipient was not permitted: there is nothing to send.
    std::size_t next_ = 0;          // Of script_.steps.
    Callback awaited_{};
    Clock::time_point began_, sent_, answered_;
    std::string received_;
};

}  // namespace relay::bench
