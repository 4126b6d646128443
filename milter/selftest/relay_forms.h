// Every form of recipient by which open relays have been found: what nmap, DSBL, ORBS, OpenVAS and abuse.net try, and
// ours.
#pragma once

#include <string>
#include <vector>

namespace relay::selftest {

/// What the forms are made of. `own_literal` is one of our addresses, as "[192.0.2.1]".
struct Names {
    std::string own_domain;
    std::string own_literal;
    std::string other_domain = "relay-test.example.net";
};

/// Recipients, each as it would stand after "RCPT TO:"; each once. None of them is the plain address of a user of ours.
std::vector<std::string> relay_forms(const Names& names);
/// One plain recipient in each of many top-level domains, for access maps that let whole countries relay.
std::vector<std::string> recipients_everywhere();
/// One address in each public IPv4 /8 and in each region of IPv6, for networks that are trusted too widely.
std::vector<std::string> addresses_everywhere();

}  // namespace relay::selftest
