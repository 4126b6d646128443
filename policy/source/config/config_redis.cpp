#include "policy/source/config/config_redis.h"

#include <algorithm>
#include <charconv>

#include "policy/source/config/config_values.h"
#include "policy/source/redis/redis_url.h"

namespace relay {
namespace {

using std::chrono::milliseconds;

/// `wrong` says what would be right where it is no URL. A URL is not repeated: there may be a password in it.
void read_place(const ConfigValue& value, std::string& member, const Complain& complain,
                bool (*taken)(const std::string&), const char* wrong) {
    if (!expect(ConfigValue::Type::text, "a string in quotes", value, complain)) return;
    if (is_redis_url(value.text)) {
        const auto url = parse_redis_url(value.text);
        if (const auto* problem = std::get_if<std::string>(&url))
            return complain(value.line, "is no URL of a server: " + *problem);
    } else if (!taken(value.text)) {
        return complain(value.line, quoted(value.text) + ' ' + wrong);
    }
    member = value.text;
}

bool is_path(const std::string& text) { return std::holds_alternative<std::string>(parse_path(text)); }

/// What redis.conf(5) and an ACL file can hold: no blank, no control character.
Parsed<std::string> parse_redis_user(const std::string& text) {
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    if (text.empty() || text.size() > 128 || !std::all_of(text.begin(), text.end(), printable)) return Problem{"is no name of a user"};
    return text;
}

Parsed<milliseconds> parse_deadline(const std::string& text) {
    const Problem wrong{R"(is no deadline: a number and ms or s, from "10ms" to "10s")"};
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit{end, text.data() + text.size()};
    if (error != std::errc{} || (unit != "ms" && unit != "s") || count < 1 || count > 10000) return wrong;
    const milliseconds deadline{unit == "s" ? count * 1000 : count};
    if (deadline < milliseconds{10} || deadline > milliseconds{10000}) return wrong;
    return deadline;
}

Parsed<Action> parse_on_failure(const std::string& text) {
    if (text == "permit") return Action::permit;
    if (text == "defer") return Action::defer;
    return unknown_word(text, {"permit", "defer"});
}

}  // namespace

void read_database(const ConfigValue& value, Settings& settings, const Complain& complain) {
    read_place(value, settings.pop.database, complain, is_path,
               "has to be a path that begins with /, or a URL as redis://db.example");
}

void read_limit_store(const ConfigValue& value, Settings& settings, const Complain& complain) {
    const auto is_local = [](const std::string& text) { return text == "local"; };
    read_place(value, settings.limit_store.store, complain, is_local,
               R"(has to be "local", or a URL as redis://db.example)");
    if (settings.limit_store.store == "local") settings.limit_store.store.clear();
}

void read_on_failure(const ConfigValue& value, Settings& settings, const Complain& complain) {
    read_text(value, settings.limit_store.on_failure, complain, parse_on_failure);
}

void read_redis_user(const ConfigValue& value, std::string& member, const Complain& complain) {
    read_text(value, member, complain, parse_redis_user);
}

void read_deadline(const ConfigValue& value, Settings& settings, const Complain& complain) {
    read_text(value, settings.redis.deadline, complain, parse_deadline);
}

void complete_redis(Settings& settings, const ComplainOfKey& complain) {
    if (is_redis_url(settings.pop.database) && settings.pop.layout != Layout::timestamp)
        complain("pop.layout", R"(has to be "timestamp" where pop.database is the URL of a server)");
    const RedisSettings& redis = settings.redis;
    if (!redis.user.empty() && redis.password_file.empty()) complain("redis.user", "needs redis.password_file");
    if (!redis.sentinel_user.empty() && redis.sentinel_password_file.empty())
        complain("redis.sentinel_user", "needs redis.sentinel_password_file");
    if (redis.certificate_file.empty() != redis.key_file.empty())
        complain(redis.key_file.empty() ? "redis.certificate_file" : "redis.key_file", "certificate_file and key_file go together");
}

}  // namespace relay
