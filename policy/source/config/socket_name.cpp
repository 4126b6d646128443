#include "policy/source/config/socket_name.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>

#include "policy/address.h"
#include "policy/ascii.h"

namespace relay {
namespace {

std::string path_problem(std::string_view path) {
    if (!path.starts_with('/')) return "the path of the socket has to begin with /";
    if (path.size() >= sizeof(sockaddr_un::sun_path)) return "the path of the socket has to be shorter than 108 bytes";
    if (path.ends_with('/')) return "the path of the socket names a directory";
    return {};
}

bool is_number(std::string_view digits, unsigned least) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && number >= least && number <= 65535;
}

bool is_host_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

std::string host_problem(std::string_view host, bool v4) {
    if (!v4 && host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    // What is all digits and dots is meant to be an address, and a colon is in no host name.
    const bool meant_as_address = host.find_first_not_of("0123456789.") == std::string_view::npos
                                  || host.find(':') != std::string_view::npos;
    const auto address = Address::parse(host);
    if (address && address->is_v4() == v4) return {};
    if (meant_as_address || !is_host_name(host))
        return v4 ? "the host after @ has to be an IPv4 address or a host name, as 127.0.0.1"
                  : "the host after @ has to be an IPv6 address or a host name, as ::1";
    return {};
}

std::string inet_problem(std::string_view rest, bool v4) {
    const std::size_t at = rest.find('@');
    if (!is_number(rest.substr(0, at), 1)) return "the port has to be a number from 1 to 65535";
    if (at == std::string_view::npos) return "the host is missing: say PORT@HOST, as 8899@127.0.0.1";
    return host_problem(rest.substr(at + 1), v4);
}

}  // namespace

std::string socket_problem(std::string_view socket) {
    const std::size_t colon = std::min(socket.find(':'), socket.size());
    const std::string_view kind = socket.substr(0, colon);
    const std::string_view rest = socket.substr(std::min(colon + 1, socket.size()));
    if (kind == "local" || kind == "unix") return path_problem(rest);
    if (kind == "inet" || kind == "inet6") return inet_problem(rest, kind == "inet");
    if (kind == "fd") return is_number(rest, 3) ? "" : "the descriptor after fd: has to be a number from 3 on";
    return "has to be local:/PATH, unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N";
}

}  // namespace relay
