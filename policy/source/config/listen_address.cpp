#include "policy/source/config/listen_address.h"

#include <charconv>

#include "policy/address.h"

namespace relay {
namespace {

bool is_port(std::string_view digits) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && number >= 1 && number <= 65535;
}

}  // namespace

std::variant<ListenAddress, NoListenAddress> parse_listen_address(std::string_view text) {
    const NoListenAddress wrong{R"(has to be an address and a port, as "127.0.0.1:9815" or "[::1]:9815")"};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong;
    std::string_view host = text.substr(0, colon);
    const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (in_brackets) host = host.substr(1, host.size() - 2);
    const auto address = Address::parse(host);
    if (!address || address->is_v4() == in_brackets) return wrong;
    if (!is_port(text.substr(colon + 1))) return NoListenAddress{"has to end with a port from 1 to 65535, as 9815"};
    return ListenAddress{address->text(), std::to_string(std::stoul(std::string{text.substr(colon + 1)}))};
}

}  // namespace relay
