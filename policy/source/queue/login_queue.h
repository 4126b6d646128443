// Logins that no server took, in a file of this host until one does.
//
// One line a login, "SECONDS ADDRESS LOGIN", in the order in which they came: the time of the login, the client, and the
// name as in a record (policy/login_record.h). Beside QUEUE:
//   QUEUE.sending  what is being sent: QUEUE renamed. One that a dead sender left is sent first; twice changes nothing
//   QUEUE.lock     held by the one who sends
//   QUEUE.lost     how many logins found no place here, decimal; to be removed by who has seen it
// A line is in the file before put() returns, whatever ends this process or the host. One that was being written when the
// process was killed was never promised, and the next writer takes it away. Errors are thrown as Fault. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/login_record.h"

namespace relay {

class LoginQueue {
public:
    static constexpr std::size_t kMostBytes = std::size_t{16} << 20;
    static constexpr std::size_t kMostAtOnce = 1000;  ///< Logins.

    explicit LoginQueue(std::string path);

    /// All of them or none.
    void put(const std::vector<LoginEvent>& events) const;
    /// For who could not put them.
    void count_lost(std::size_t logins) const;

    /// Records as many as kMostAtOnce for good, or throws.
    using Record = std::function<void(const std::vector<LoginEvent>&)>;
    struct Sent {
        std::size_t logins = 0;
        std::size_t unreadable = 0;  ///< Lines that are no login: left out.
        bool busy = false;           ///< Another process sends at the moment: nothing was done.
    };
    /// Takes what waits from the oldest on. What `record` throws is passed on, and what it did not record waits on.
    Sent send(const Record& record) const;

    struct State {
        std::size_t waiting = 0;
        std::optional<std::chrono::sys_seconds> oldest;  ///< When the first that waits logged in.
        std::uint64_t lost = 0;
    };
    /// Waits for nobody.
    [[nodiscard]] State state() const;
    /// Of all that waits; 0 also where that cannot be told.
    [[nodiscard]] std::uintmax_t bytes() const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    [[nodiscard]] bool take() const;
    void finish(const Record& record, Sent& sent) const;

    std::string path_;
    std::string sending_;
};

}  // namespace relay
