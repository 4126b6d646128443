// Tells the admin at once what a machine cannot judge: one line in the log, and a command of his.
//
// raise() never waits for the command: it has a thread of its own, which is made with the first alert that has a command
// to run. What comes while kMostWaiting alerts wait is only logged. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "milter/child_process.h"
#include "policy/alert.h"

namespace relay {

struct Alert {
    std::string kind;  ///< "braked", "limit:NAME"
    std::string who;   ///< The login, or else the client.
    std::string line;  ///< For the log; bytes of a peer are escaped.
    std::string json;  ///< One object, ASCII, for the command: at most ChildProcess::kMostInput bytes.
};

class Alerts {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t kMostWaiting = 100;
    /// Logins and kinds that are remembered at once; beyond them no alert is raised until one is quiet no more.
    static constexpr std::size_t kMostQuiet = 10'000;

    Alerts() = default;
    Alerts(const Alerts&) = delete;
    Alerts& operator=(const Alerts&) = delete;
    ~Alerts();  ///< stop()

    /// Kills what still runs, with all that it has started; from now on alerts are only logged.
    void stop();

    /// Logs and runs, unless the same kind was raised for the same login within `quiet`. False when it was.
    bool raise(const Alert& alert, const AlertSettings& settings, Time now);

private:
    struct Waiting {
        std::string json;
        AlertSettings settings;
    };
    struct Running {
        ChildProcess process;
        Time deadline;
        std::string name;
    };

    bool is_quiet(const Alert& alert, std::chrono::seconds quiet, Time now);
    void enqueue(const Alert& alert, const AlertSettings& settings);
    void work();
    void start(const Waiting& waiting);
    void look_after_running(Time now);

    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::pair<std::string, std::string>, Time> quiet_until_;
    std::deque<Waiting> waiting_;
    bool stopping_ = false;
    std::thread thread_;

    std::vector<Running> running_;  // The thread's alone.
};

}  // namespace relay
