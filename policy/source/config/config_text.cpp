// config_text_test.cpp asks that each of config_keys() is here.
#include "policy/source/config/config_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace relay {
namespace {

/// A basic string of TOML.
std::string text(std::string_view value) {
    std::string out{"\""};
    for (const char c : value) {
        if (c == '"' || c == '\\') out.append("\\").push_back(c);
        else if (const auto byte = static_cast<unsigned char>(c); byte < ' ' || byte == 0x7f) out += fmt::format("\\u{:04x}", byte);
        else out.push_back(c);
    }
    return out.append("\"");
}

std::string text(std::chrono::seconds time) { return fmt::format("\"{}s\"", time.count()); }
std::string text(std::chrono::milliseconds time) { return fmt::format("\"{}ms\"", time.count()); }
std::string flag(bool value) { return value ? "true" : "false"; }
std::string text(unsigned number) { return std::to_string(number); }
std::string text(const Network& network) { return text(network.text()); }

template <class Element>
std::string text(const std::vector<Element>& list) {
    std::string out;
    for (const Element& element : list) out.append(out.empty() ? "" : ", ").append(text(element));
    return "[" + out + "]";
}

std::string layout_text(Layout layout) {
    switch (layout) {
        case Layout::timestamp: return text("timestamp");
        case Layout::expiry: return text("expiry");
        case Layout::presence: return text("presence");
    }
    return {};
}

std::string sender_mode(const SenderSettings& sender) {
    const bool monitors = sender.mode == Mode::monitor;
    switch (sender.check) {
        case SenderCheck::off: return "off";
        case SenderCheck::known: return monitors ? "monitor-known" : "known";
        case SenderCheck::strict: return monitors ? "monitor" : "strict";
        case SenderCheck::self: return monitors ? "monitor-self" : "self";
    }
    return {};
}

class Writer {
public:
    void table(const std::string& name) { out += "\n" + name + "\n"; }
    void key(std::string_view name, const std::string& value) { out += fmt::format("{} = {}\n", name, value); }
    void unset(std::string_view name, std::string_view what) { out += fmt::format("# {}: {}\n", name, what); }
    void path(std::string_view name, const std::string& file) { file.empty() ? unset(name, "none") : key(name, text(file)); }
    void user(std::string_view name, const std::string& user) {
        user.empty() ? unset(name, "the server's default user") : key(name, text(user));
    }
    void mode(Mode mode) { key("mode", text(name_of(mode))); }

    std::string out;
};

void top(Writer& to, const Settings& s) {
    to.key("socket", text(s.socket));
    to.key("user", text(s.user));
    to.mode(s.mode);
    to.key("policy", text(name_of(s.methods)));
    to.key("local_mailers", text(s.local_mailers));
    to.key("trusted_networks", text(s.trusted_networks));
    to.key("state", text(s.state));
    s.control ? to.key("control", text(*s.control)) : to.unset("control", "control.sock beside the socket");
    to.table("[destinations]");
    to.key("local_host_names", text(s.destinations.local_host_names));
    to.key("relay_domains", text(s.destinations.relay_domains));
    to.key("domains", text(s.destinations.domains));
}

void pop(Writer& to, const PopSettings& pop) {
    to.table("[pop]");
    to.key("database", text(pop.database));
    to.key("layout", layout_text(pop.layout));
    to.key("window", text(pop.window));
    to.key("prefix6", text(pop.prefix6));
    to.key("max_logins", text(pop.max_logins));
    pop.never ? to.key("never", text(*pop.never)) : to.unset("never", "loopback and this server's own addresses");
    if (pop.until) {
        const std::chrono::year_month_day day{*pop.until};
        to.key("until", fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                                    static_cast<unsigned>(day.day())));
    } else to.unset("until", "without an end");
    to.path("not_for", pop.not_for);
    to.mode(pop.mode);
}

void accounts(Writer& to, const Settings& s) {
    to.table("[auth]");
    to.key("mechanisms", text(s.auth.mechanisms));
    to.key("plaintext_needs_tls", flag(s.auth.plaintext_needs_tls));
    to.key("plaintext_exempt", text(s.auth.plaintext_exempt));
    to.key("min_ssf", text(s.auth.min_ssf));
    to.table("[account]");
    to.path("disabled", s.account.disabled);
    to.mode(s.account.mode);
    to.table("[sender]");
    to.path("map", s.sender.map);
    to.key("mode", text(sender_mode(s.sender)));
    to.key("recipient_delimiter", text(std::string_view{&s.sender.recipient_delimiter, s.sender.recipient_delimiter ? 1U : 0U}));
    to.key("local_part_case", flag(s.sender.local_part_case));
    for (const DomainSettings& domain : s.domains) {
        to.table("[domain." + text(domain.name) + "]");
        domain.methods ? to.key("policy", text(name_of(*domain.methods))) : to.unset("policy", "that of the whole");
        to.key("max_recipients", text(domain.max_recipients));
        to.key("disabled", flag(domain.disabled));
        to.mode(domain.mode);
    }
}

std::string scope_text(const LimitScope& scope) {
    std::vector<std::string> all = scope.logins;
    for (const std::string& domain : scope.domains) all.push_back("@" + domain);
    for (const Network& network : scope.networks) all.push_back(network.text());
    return text(all);
}

void limits(Writer& to, const Settings& s) {
    for (const LimitSettings& limit : s.limits) {
        to.table("[[limit]]");
        to.key("name", text(limit.name));
        to.key("per", text(per_text(limit)));
        to.key("count", text(name_of(limit.count)));
        to.key("max", text(limit.max));
        to.key("within", text(limit.within));
        to.key("burst", text(limit.burst));
        to.key("only", scope_text(limit.only));
        to.key("except", scope_text(limit.except));
        to.key("action", text(name_of(limit.action)));
        to.mode(limit.mode);
    }
    if (s.limits.empty()) to.out += "\n# no [[limit]]\n";
}

void redis(Writer& to, const Settings& s) {
    to.table("[limits]");
    to.key("store", text(s.limit_store.store.empty() ? "local" : s.limit_store.store));
    to.key("on_failure", text(name_of(s.limit_store.on_failure)));
    to.table("[redis]");
    to.user("user", s.redis.user);
    to.path("password_file", s.redis.password_file);
    to.user("sentinel_user", s.redis.sentinel_user);
    to.path("sentinel_password_file", s.redis.sentinel_password_file);
    s.redis.ca_file.empty() ? to.unset("ca_file", "the system's") : to.key("ca_file", text(s.redis.ca_file));
    to.path("certificate_file", s.redis.certificate_file);
    to.path("key_file", s.redis.key_file);
    to.key("deadline", text(s.redis.deadline));
    to.key("queue", text(s.redis.queue));
}

void guard(Writer& to, const GuardSettings& guard) {
    if (!guard.on) return void(to.out += "\n# no [guard]\n");
    to.table("[guard]");
    to.key("networks", text(guard.networks));
    to.key("refusals", text(guard.refusals));
    to.key("limit_hits", text(guard.limit_hits));
    to.key("within", text(guard.within));
    to.key("hold", guard.hold.count() == 0 ? text("0") : text(guard.hold));
    to.key("action", text(name_of(guard.action)));
    to.mode(guard.mode);
}

void telling(Writer& to, const Settings& s) {
    to.table("[alert]");
    to.key("command", text(s.alert.command));
    to.key("quiet", text(s.alert.quiet));
    to.key("timeout", text(s.alert.timeout));
    to.key("at_most", text(s.alert.at_most));
    to.table("[metrics]");
    s.metrics.listen.empty() ? to.unset("listen", "none") : to.key("listen", text(s.metrics.listen));
    to.table("[reply]");
    s.reply.url.empty() ? to.unset("url", "none") : to.key("url", text(s.reply.url));
    for (const auto& [reason, words] : s.reply.texts) to.key(name_of(reason), text(words));
}

}  // namespace

std::string config_text(const Settings& settings) {
    Writer to;
    top(to, settings);
    pop(to, settings.pop);
    accounts(to, settings);
    limits(to, settings);
    redis(to, settings);
    guard(to, settings.guard);
    telling(to, settings);
    return std::move(to.out);
}

}  // namespace relay
