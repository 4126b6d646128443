// Defaults that are more than a literal.
#include "policy/settings.h"

namespace relay {

std::vector<Network> loopback_networks() {
    return {Network::around(Address::v4({127, 0, 0, 0}), 8),
            Network::around(Address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 128)};
}

std::vector<Network> own_addresses() {
    return {Network::around(Address::v4({127, 0, 0, 1}), 32), loopback_networks().back()};
}

}  // namespace relay
