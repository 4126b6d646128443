#include "milter/pool/accept.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <thread>

#include "milter/repeat_limit.h"

namespace relay {
namespace {

/// Long enough to cost nothing, short enough for a sendmail that waits to be accepted.
constexpr std::chrono::milliseconds kRest{50};

std::atomic<bool> closed{false};
thread_local int accepted = -1;

void tell(const char* what, int error) noexcept try {
    static RepeatLimit repeats;
    log_error(repeats, std::string{what} + ": " + std::strerror(error));
} catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): what is short cannot be told.
}

/// Whether a connection is there by then; without a time, when one is.
bool has_connection(int listening, const timespec* within) {
    pollfd asked{listening, POLLIN, 0};
    return ppoll(&asked, 1, within, nullptr) > 0;
}

/// A descriptor that is given up so that a connection can be taken, and closed.
class Reserve {
public:
    void fill() {
        const std::scoped_lock lock{mutex_};
        if (descriptor_ < 0) descriptor_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    /// False where there was nothing to give up.
    bool turn_away(int listening) {
        const std::scoped_lock lock{mutex_};
        if (descriptor_ < 0) return false;
        // Another may have taken it: to wait here for the next one would keep others from their turn.
        const timespec now{};
        if (!has_connection(listening, &now)) return true;
        close(descriptor_);
        if (const int connection = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC); connection >= 0) close(connection);
        descriptor_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return true;
    }

private:
    std::mutex mutex_;
    int descriptor_ = -1;
};

Reserve& reserve() {
    static Reserve of_the_process;
    return of_the_process;
}

bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void ride_out(int listening, int error) {
    const bool descriptors = error == EMFILE || error == ENFILE;
    // Who waits in accept itself is told of the shortage before there is a connection.
    if (descriptors) has_connection(listening, nullptr);
    if (descriptors && reserve().turn_away(listening))
        return tell("turned a connection away, whose mail sendmail defers", error);
    tell("cannot take a connection, which waits", error);
    std::this_thread::sleep_for(kRest);
    reserve().fill();
}

}  // namespace

void prepare_to_accept() { reserve().fill(); }
void accept_no_more() { closed = true; }
int last_accepted() { return accepted; }

}  // namespace relay

extern "C" int accept(int listening, sockaddr* address, socklen_t* size) {
    while (relay::closed) pause();
    const int connection = accept4(listening, address, size, SOCK_CLOEXEC);
    if (connection >= 0) relay::accepted = connection;
    if (connection >= 0 || !relay::is_shortage(errno)) return connection;
    relay::ride_out(listening, errno);
    errno = EINTR;  // libmilter and the control server both go on with the next.
    return -1;
}
