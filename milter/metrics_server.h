// Prometheus' door, [metrics] listen: HTTP, GET /metrics and nothing else.
//
// Anyone who can reach the address may come, so that everything is bounded: kMostOpen connections at once (the others wait
// in the kernel's queue), kLongestHead bytes of a request, kPatience from accept to close. One thread, never in the way of
// mail, and no more descriptors of the process than that. Not over cpp-httplib, which serves the control socket: Debian's
// 0.11 takes header lines without an end.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "milter/socket.h"
#include "policy/source/config/listen_address.h"
#include "policy/source/files/descriptor.h"

namespace relay {

class MetricsServer {
public:
    static constexpr std::size_t kMostOpen = 8;
    static constexpr std::size_t kLongestHead = 4096;
    static constexpr std::chrono::seconds kPatience{2};

    /// Listens and answers from now on with what `text` gives, on a thread of its own. A fault when it cannot listen.
    static std::variant<std::unique_ptr<MetricsServer>, SocketFault> open(const ListenAddress& address,
                                                                          std::function<std::string()> text);

    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;
    ~MetricsServer();

private:
    struct Parts;
    explicit MetricsServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace relay
