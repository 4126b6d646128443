// What a server on a UNIX socket says to bytes, until it hangs up: it has to, since the client does.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.h"

namespace relay::fuzz {

inline int connected(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    expect(connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "somebody listens");
    return to;
}

inline std::string answer_to(std::string_view bytes, const std::string& path) {
    const int to = connected(path);
    while (!bytes.empty()) {
        const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    shutdown(to, SHUT_WR);
    std::string answer;
    char some[4096];
    for (ssize_t got = 0; (got = recv(to, some, sizeof some, 0)) > 0;)
        answer.append(some, static_cast<std::size_t>(got));
    close(to);
    return answer;
}

}  // namespace relay::fuzz
