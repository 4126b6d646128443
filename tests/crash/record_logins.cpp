// Records logins as the login programs will, by RelayersWriter: record_logins FILE, one "ADDRESS SECONDS [LOGIN ...]" a
// line of standard input. Each line is one commit, and its address on standard output says that it is on disk.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>

#include "policy/source/relayers/relayers_writer.h"

int main(int argc, char** argv) try {
    if (argc != 2) return 64;
    relay::RelayersWriter writer{argv[1]};
    for (std::string line; std::getline(std::cin, line);) {
        const std::size_t blank = line.find(' ');
        const auto client = relay::Address::parse(line.substr(0, blank)).value();
        const auto record = relay::decode_login_record(line.substr(blank + 1), relay::Layout::timestamp).value();
        std::vector<relay::LoginEvent> events;
        for (const relay::Login& login : record.logins) events.push_back({client, login.at, login.name});
        if (events.empty()) events.push_back({client, record.at, {}});
        writer.record(events);
        const std::string done = client.text() + "\n";
        if (::write(STDOUT_FILENO, done.data(), done.size()) < 0) throw std::runtime_error{"nobody listens"};
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "record_logins: %s\n", error.what());
    return 74;
}
