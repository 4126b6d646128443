#include "policy/source/redis/redis_url.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "policy/address.h"
#include "policy/ascii.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

struct Wrong {
    std::string text;
};

/// What is before the first `separator`, which goes as well; all of it where there is none.
std::string_view take(std::string_view& text, char separator) {
    const std::string_view head = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(head.size() + 1, text.size()));
    return head;
}

template <class Number>
std::optional<Number> number(std::string_view digits) {
    Number value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

bool is_word(std::string_view text, std::string_view punctuation) {
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [punctuation](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || punctuation.find(c) != std::string_view::npos;
    });
}

unsigned database_in(std::string_view digits) {
    const auto database = number<std::uint16_t>(digits);
    if (!database) throw Wrong{"the database \"" + escaped(digits) + "\" has to be a number from 0 to 65535"};
    return *database;
}

/// In brackets; they go, and what follows them stays.
std::string_view take_address6(std::string_view& text) {
    const std::size_t end = text.find(']');
    const std::string_view inside = text.substr(1, end == std::string_view::npos ? end : end - 1);
    const auto address = Address::parse(inside);
    if (end == std::string_view::npos || !address || inside.find(':') == std::string_view::npos)
        throw Wrong{"\"" + escaped(inside) + "\" in brackets has to be an IPv6 address, as [2001:db8::1]"};
    text.remove_prefix(end + 1);
    return inside;
}

std::string_view take_name(std::string_view& text) {
    const std::string_view name = text.substr(0, text.find(':'));
    const bool meant_as_address = name.find_first_not_of("0123456789.") == std::string_view::npos;
    if (!is_word(name, ".-_") || (meant_as_address && !Address::parse(name)))
        throw Wrong{"\"" + escaped(name) + "\" is no name and no address of a host; an IPv6 address stands in brackets"};
    text.remove_prefix(name.size());
    return name;
}

RedisUrl::Host host_in(std::string_view text, std::uint16_t usual_port) {
    const bool address6 = text.starts_with('[');
    RedisUrl::Host host{std::string{address6 ? take_address6(text) : take_name(text)}, usual_port};
    if (text.empty()) return host;
    const auto port = text.front() == ':' ? number<std::uint16_t>(text.substr(1)) : std::nullopt;
    if (!port || *port == 0) throw Wrong{"what follows " + host.name + " has to be : and a port from 1 to 65535"};
    host.port = *port;
    return host;
}

RedisUrl server(std::string_view rest, bool tls) {
    RedisUrl url{.tls = tls};
    url.hosts.push_back(host_in(take(rest, '/'), 6379));
    if (!rest.empty()) url.database = database_in(rest);
    return url;
}

RedisUrl sentinels(std::string_view rest, bool tls) {
    RedisUrl url{.tls = tls};
    std::string_view hosts = take(rest, '/');
    for (bool more = true; more;) {
        more = hosts.find(',') != std::string_view::npos;
        url.hosts.push_back(host_in(take(hosts, ','), 26379));
    }
    url.master = take(rest, '/');
    if (!is_word(url.master, ".-_"))
        throw Wrong{"the name of the master is missing: HOST,HOST/NAME, with letters, digits, - . _"};
    if (!rest.empty()) url.database = database_in(rest);
    return url;
}

RedisUrl local_socket(std::string_view rest) {
    RedisUrl url;
    url.path = take(rest, '?');
    if (!rest.empty()) {
        if (!rest.starts_with("db=")) throw Wrong{"after the path only ?db=NUMBER can follow"};
        url.database = database_in(rest.substr(3));
    }
    if (!url.path.starts_with('/') || url.path.ends_with('/') || url.path.find('\0') != std::string::npos)
        throw Wrong{"the path of the socket has to begin with /, as in unix:/run/redis/redis.sock"};
    if (url.path.size() >= sizeof(sockaddr_un::sun_path))
        throw Wrong{"the path of the socket has to be shorter than 108 bytes"};
    return url;
}

struct Form {
    std::string_view scheme;
    RedisUrl (*read)(std::string_view rest);
};

constexpr Form kForms[] = {
    {"redis://", [](std::string_view rest) { return server(rest, false); }},
    {"rediss://", [](std::string_view rest) { return server(rest, true); }},
    {"redis+sentinel://", [](std::string_view rest) { return sentinels(rest, false); }},
    {"rediss+sentinel://", [](std::string_view rest) { return sentinels(rest, true); }},
    {"unix:", local_socket},
};

}  // namespace

bool is_redis_url(std::string_view text) {
    const auto begins = [text](const Form& form) { return text.starts_with(form.scheme); };
    return std::any_of(std::begin(kForms), std::end(kForms), begins);
}

std::variant<RedisUrl, std::string> parse_redis_url(std::string_view text) {
    for (const Form& form : kForms) {
        if (!text.starts_with(form.scheme)) continue;
        // Not quoted: what stands before the @ may be a password.
        if (form.scheme != "unix:" && text.find('@') != std::string_view::npos)
            return "no user and no password can stand in the URL; [redis] user and password_file name them";
        try {
            return form.read(text.substr(form.scheme.size()));
        } catch (const Wrong& wrong) {
            return wrong.text;
        }
    }
    return "has to begin with redis://, rediss://, redis+sentinel://, rediss+sentinel:// or unix:/";
}

}  // namespace relay
