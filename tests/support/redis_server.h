// A real redis-server on a socket in a directory of its own, empty, for as long as this lives.
//
// It dies with the thread that started it, however that ends, and keeps nothing: started again it is empty.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "policy/source/files/descriptor.h"
#include "tests/unit/source/scratch.h"

namespace relay {

class RedisServer {
public:
    /// `configuration`: lines of redis.conf(5) after ours, such as "requirepass secret", "port 6400" or "maxmemory 2mb".
    explicit RedisServer(const std::vector<std::string>& configuration = {}, bool sentinel = false) : sentinel_{sentinel} {
        std::string lines = "port 0\nunixsocket " + socket() + "\nsave \"\"\nappendonly no\ndir " + scratch_.path() +
                            "\nlogfile " + log() + "\n";
        for (const std::string& line : configuration) lines.append(line).append("\n");
        write_file(scratch_ / "redis.conf", lines);
        start();
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    ~RedisServer() { kill(); }

    [[nodiscard]] std::string socket() const { return scratch_ / "redis.sock"; }
    [[nodiscard]] std::string url() const { return "unix:" + socket(); }
    [[nodiscard]] std::string url(unsigned database) const { return url() + "?db=" + std::to_string(database); }
    [[nodiscard]] std::string log() const { return scratch_ / "redis.log"; }
    [[nodiscard]] const Scratch& scratch() const { return scratch_; }

    /// Returns when it answers.
    void start() {
        const std::string file = scratch_ / "redis.conf";
        ::unlink(socket().c_str());
        process_ = ::fork();
        if (process_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::execlp("redis-server", "redis-server", file.c_str(), sentinel_ ? "--sentinel" : nullptr, nullptr);
            ::_exit(127);
        }
        for (int tries = 0; tries < 1000; ++tries) {
            if (answers()) return;
            if (::waitpid(process_, nullptr, WNOHANG) != 0) break;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        process_ = -1;
        throw std::runtime_error{"redis-server does not start: " + read_file(log())};
    }
    /// As by kill -9, and waits for the end.
    void kill() {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = -1;
    }
    void hang() const { ::kill(process_, SIGSTOP); }  ///< Takes connections, and answers nothing.
    void go_on() const { ::kill(process_, SIGCONT); }

    /// Nobody listens there at the moment.
    static unsigned free_port() {
        const Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error{"no free port"};
        return ntohs(address.sin_port);
    }

private:
    /// Ready, or asking for a password: not one that is loading still.
    [[nodiscard]] bool answers() const {
        const Descriptor client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket().copy(address.sun_path, sizeof address.sun_path - 1);
        if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
        char reply[8] = {};
        if (::send(client.get(), "PING\r\n", 6, MSG_NOSIGNAL) != 6 || ::recv(client.get(), reply, sizeof reply - 1, 0) <= 0) return false;
        return std::string_view{reply}.starts_with("+PONG") || std::string_view{reply}.starts_with("-NOAUTH");
    }

    Scratch scratch_;
    bool sentinel_;
    pid_t process_ = -1;
};

}  // namespace relay
