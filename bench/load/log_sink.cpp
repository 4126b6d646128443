// log_sink: a syslogd that reads and forgets, at the socket named.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
        return 64;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string{argv[1]}.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || chmod(argv[1], 0666) != 0) return 71;
    for (char line[8192]; read(fd, line, sizeof line) >= 0;) {
    }
    return 71;
}
