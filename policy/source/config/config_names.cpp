#include "policy/source/config/config_names.h"

#include <algorithm>

#include "policy/ascii.h"

namespace relay {

bool all_of(std::string_view text, std::string_view punctuation) {
    return std::all_of(text.begin(), text.end(), [punctuation](char c) {
        const char letter = lower(c);
        return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || punctuation.find(c) != std::string_view::npos;
    });
}

Parsed<std::string> parse_domain(const std::string& text) {
    std::string domain = text;
    if (domain.ends_with('.')) domain.pop_back();
    for (char& c : domain) c = lower(c);
    const bool labels = !domain.empty() && domain.size() <= 253 && domain.front() != '.' && domain.find("..") == std::string::npos;
    if (!labels || !all_of(domain, ".-_")) return Problem{"is no domain, as example.com"};
    return domain;
}

Parsed<Network> parse_network(const std::string& text) {
    const auto network = Network::parse(text);
    if (network) return *network;
    const auto address = Address::parse(text.substr(0, text.find('/')));
    if (!address) return Problem{"is no network, as 192.0.2.0/24 or 2001:db8::/32"};
    return Problem{"is no network: the bits after / have to be a number that fits, and the address zero behind them"};
}

Parsed<Methods> parse_methods(const std::string& text) {
    if (const auto methods = methods_named(text)) return *methods;
    return unknown_word(text, {"auth+pop", "auth-only", "pop-only"});
}

}  // namespace relay
