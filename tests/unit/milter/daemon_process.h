// A real `milter-relay run` for a test: its configuration, its log on standard error, its signals and its end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "tests/support/milter_client.h"
#include "tests/unit/milter/temporary_directory.h"

namespace relay::test {

class DaemonProcess {
public:
    DaemonProcess() = default;
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;
    ~DaemonProcess();

    /// A configuration that trusts no network; `more` is put before its tables.
    void configure(const std::string& more = "");
    /// Starts without waiting; `before_exec` runs in the new process.
    void spawn(const std::function<void()>& before_exec = [] {});
    /// Starts and waits until it listens; throws when it does not.
    void start(const std::string& more = "");
    void signal(int number) const;
    /// The exit code, -1 when a signal ended it; nothing if it still runs after `most`.
    std::optional<int> wait(std::chrono::milliseconds most = std::chrono::seconds{20});
    /// Waits for `text` in the log.
    [[nodiscard]] bool logs(const std::string& text, std::chrono::milliseconds most = std::chrono::seconds{10}) const;
    [[nodiscard]] std::string log() const;
    [[nodiscard]] MilterClient client() const { return MilterClient{address}; }
    [[nodiscard]] pid_t pid() const { return pid_; }

    TemporaryDirectory directory;
    std::string socket_file = directory.path("run/milter.sock");
    std::string address = "unix:" + socket_file;
    std::string database = directory.path("relayers.db");

private:
    pid_t pid_ = -1;
};

/// Its database, as makemap(8) makes it, with this client's login at the end of time.
void make_database(const DaemonProcess& daemon, const std::string& client);

/// What sendmail with the feature would say of a recipient.
Macros wired(const std::string& destination, const std::string& client);

/// A client whose session has come to MAIL.
MilterClient in_message(const DaemonProcess& daemon, const Macros& macros, const std::string& from = "<s@c.example>");

/// The answer to a first recipient of ours.
char first_answer(const DaemonProcess& daemon);

/// Starts it and takes the exit code of a daemon that must refuse.
int refused(DaemonProcess& daemon);

}  // namespace relay::test
