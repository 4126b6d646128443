#include "policy/source/own_networks.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace relay {
namespace {

struct FreeInterfaces {
    void operator()(ifaddrs* interfaces) const { ::freeifaddrs(interfaces); }
};

std::optional<Address> address_of(const sockaddr* socket) {
    if (!socket) return std::nullopt;
    if (socket->sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, socket, sizeof v4);
        std::array<std::uint8_t, 4> bytes;
        std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
        return Address::v4(bytes);
    }
    if (socket->sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6;
    std::memcpy(&v6, socket, sizeof v6);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return Address::v6(bytes);
}

}  // namespace

std::vector<Network> loopback_and_own_addresses() {
    auto networks = loopback_networks();
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return networks;
    const std::unique_ptr<ifaddrs, FreeInterfaces> interfaces{first};
    for (const ifaddrs* each = first; each; each = each->ifa_next) {
        const auto address = address_of(each->ifa_addr);
        if (!address || in_any(networks, address)) continue;
        networks.push_back(Network::around(*address, 128));
    }
    return networks;
}

std::vector<Network> never_networks(const PopSettings& pop) {
    return pop.never ? *pop.never : loopback_and_own_addresses();
}

}  // namespace relay
