#include "policy/source/shared/limit_keys.h"

#include <fmt/format.h>

#include "policy/source/limits/siphash.h"

namespace relay::limit_keys {
namespace {

constexpr std::string_view kLimits = "milter-relay:limit:";
/// The same on all hosts. Whoever makes two of his own logins collide shares their counts with himself.
constexpr SipKey kSum{};

}  // namespace

std::string bounded(std::string_view key) {
    if (key.size() <= kLongest) return std::string{key};
    return fmt::format("{}#{:016x}", key.substr(0, kLongest), siphash(kSum, key.substr(kLongest)));
}

std::string_view limits() { return kLimits; }

std::string of_limit(std::string_view name) {
    std::string text{kLimits};
    for (const char c : name)
        if (c == ':') text.append("%3A");
        else if (c == '%') text.append("%25");
        else text.push_back(c);
    text.push_back(':');
    return text;
}

std::string of_guard(std::string_view login) { return std::string{"milter-relay:guard:"}.append(login); }
std::string braked() { return "milter-relay:braked"; }

}  // namespace relay::limit_keys
