// [pop] never: the clients whose POP and IMAP logins are neither recorded nor honoured.
#pragma once

#include <vector>

#include "policy/network.h"
#include "policy/settings.h"

namespace relay {

/// Loopback, and the addresses that this host's interfaces have now (getifaddrs(3)); link-local ones too. Where the
/// system does not tell them, loopback alone.
std::vector<Network> loopback_and_own_addresses();

/// Those of the configuration, or the default of it.
std::vector<Network> never_networks(const PopSettings& pop);

}  // namespace relay
