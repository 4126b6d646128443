// Records logins as the login programs do, by RelayersWriter: record_logins FILE, one "ADDRESS SECONDS [LOGIN ...]" a
// line of standard input. Each line is one commit; with --waiting all that have come are one, as vsmtprelay follow has
// it. An address on standard output says that its login is on disk.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "policy/source/relayers/relayers_writer.h"

namespace {

/// What has come, up to the end of a line; empty at the end.
std::string lines_waiting(std::string& rest) {
    char buffer[65536];
    for (;;) {
        const std::size_t end = rest.rfind('\n') + 1;
        if (end != 0) {
            std::string lines = rest.substr(0, end);
            rest.erase(0, end);
            return lines;
        }
        const ssize_t length = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return {};
        rest.append(buffer, static_cast<std::size_t>(length));
    }
}

relay::Address take(const std::string& line, std::vector<relay::LoginEvent>& events) {
    const std::size_t blank = line.find(' ');
    const auto client = relay::Address::parse(line.substr(0, blank)).value();
    const auto record = relay::decode_login_record(line.substr(blank + 1), relay::Layout::timestamp).value();
    for (const relay::Login& login : record.logins) events.push_back({client, login.at, login.name});
    if (record.logins.empty()) events.push_back({client, record.at, {}});
    return client;
}

void commit(relay::RelayersWriter& writer, const std::string& lines) {
    std::vector<relay::LoginEvent> events;
    std::string done;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at);
        done.append(take(lines.substr(at, end - at), events).text()).append("\n");
        at = end + 1;
    }
    writer.record(events);
    if (::write(STDOUT_FILENO, done.data(), done.size()) < 0) throw std::runtime_error{"nobody listens"};
}

void commit_each(relay::RelayersWriter& writer, const std::string& lines) {
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at) + 1;
        commit(writer, lines.substr(at, end - at));
        at = end;
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const bool waiting = argc == 3 && argv[1] == std::string{"--waiting"};
    if (argc != 2 && !waiting) return 64;
    relay::RelayersWriter writer{argv[argc - 1]};
    std::string rest;
    for (std::string lines = lines_waiting(rest); !lines.empty(); lines = lines_waiting(rest))
        waiting ? commit(writer, lines) : commit_each(writer, lines);
    if (waiting) writer.leave_touch_behind();
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "record_logins: %s\n", error.what());
    return 74;
}
