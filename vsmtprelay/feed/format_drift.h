// Notices when a server's log no longer says what its format knows: it writes, but nothing of it is a login. A server is
// named by its syslog tag, since several formats may share one. One owner.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace relay {

class FormatDrift {
public:
    using Log = std::function<void(const std::string&)>;

    /// `log` gets one line when an hour has passed in which a server wrote lines that none of its patterns fits, and no
    /// login; then none until it has seen a login again.
    explicit FormatDrift(Log log) : log_{std::move(log)} {}

    void login(const std::string& server);
    /// A line of the server that is none of its known messages.
    void unknown(const std::string& server, std::string_view message, std::chrono::sys_seconds now);
    void tick(std::chrono::sys_seconds now);
    /// Since the start.
    [[nodiscard]] std::size_t unknown_lines(const std::string& server) const;

private:
    struct Server {
        std::size_t unknown = 0;
        std::size_t this_hour = 0;
        std::chrono::sys_seconds begin{};  ///< Of the hour: its first unknown line.
        std::string first;
        bool told = false;
    };
    Log log_;
    std::map<std::string, Server> servers_;
};

}  // namespace relay
