// A connected socket that never waits: what goes now, goes; what does not says what to wait for.
#pragma once

#include <poll.h>

#include <memory>
#include <span>
#include <string_view>

#include "policy/source/files/descriptor.h"
#include "policy/source/redis/deadline.h"

namespace relay {

class Stream {
public:
    struct Progress {
        std::size_t bytes = 0;
        short wait_for = 0;  ///< POLLIN or POLLOUT where no byte went.
        bool ended = false;  ///< The other side closed it.
    };

    explicit Stream(Descriptor socket) : socket_{std::move(socket)} {}
    virtual ~Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Both throw RedisFault, and never raise SIGPIPE.
    virtual Progress send(std::string_view bytes);
    virtual Progress receive(std::span<char> into);

    [[nodiscard]] int socket() const { return socket_.get(); }

private:
    Descriptor socket_;
};

/// Until one of `events` is there, and at most until the deadline: false then.
bool wait_for(int socket, short events, const Deadline& deadline);

/// A fault with the system's words.
RedisFault unreachable(const std::string& doing, int error);

}  // namespace relay
