// sendmail.cf: is milter-relay asked, on every listener, and what happens when it is away?
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "milter/doctor/checks.h"
#include "milter/doctor/words.h"
#include "milter/sendmail/cf_lines.h"
#include "milter/socket.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

constexpr const char* kName = "milter-relay";
std::string feature_line() { return std::string{"FEATURE(`milter_relay')dnl in sendmail.mc"} + kRebuild; }

/// "local:" and "unix:" are the same.
std::string plain(const std::string& socket) {
    const auto address = parse_socket(socket);
    return std::holds_alternative<SocketAddress>(address) ? std::get<SocketAddress>(address).text() : socket;
}

/// Ours by its name, or by where it listens.
const CfFilter* our_filter(const Machine& machine) {
    if (!machine.cf) return nullptr;
    if (const auto* named = machine.cf->filter(kName)) return named;
    const auto wanted = plain(machine.settings.socket);
    for (const auto& filter : machine.cf->filters)
        if (plain(filter.socket) == wanted) return &filter;
    return nullptr;
}

bool asks(const SendmailCf& cf, const CfListener& listener, const CfFilter& filter) {
    return contains(listener.input_filters.value_or(cf.input_filters()), filter.name);
}

/// By one listener at least; without any in the file sendmail has one of its own.
bool is_asked(const SendmailCf& cf, const CfFilter& filter) {
    const auto listeners = cf.listeners();
    if (listeners.empty()) return contains(cf.input_filters(), filter.name);
    return std::any_of(listeners.begin(), listeners.end(), [&](const auto& one) { return asks(cf, one, filter); });
}

Finding leaves_out(const CfListener& listener, const CfFilter& filter, bool has_feature) {
    return error(fmt::format("listener {} (line {}) does not ask {}: {}",
                             listener.name.empty() ? "without a name" : escaped(listener.name), listener.line,
                             escaped(filter.name), escaped(listener.text)),
                 has_feature ? "whoever connects there may relay" : "whoever connects there is not judged",
                 std::string{"add milter-relay to the InputMailFilters of that DAEMON_OPTIONS"} + kRebuild);
}

/// "30s", "1m", "2h", "1d"; a bare number is seconds for a milter's times. Negative for anything else.
long seconds_of(std::string_view text) {
    long number = -1;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{}) return -1;
    const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    if (unit.empty() || unit == "s") return number;
    if (unit == "m") return number * 60;
    return unit == "h" ? number * 3600 : -1;
}

Findings judge_time(const CfFilter& filter, const std::string& word) {
    const long seconds = word.size() > 2 && word[1] == ':' ? seconds_of(std::string_view{word}.substr(2)) : -1;
    const char which = word.empty() ? ' ' : word[0];
    const bool is_answer = which == 'S' || which == 'R';
    if (seconds >= 0 && !(is_answer && seconds < 5) && seconds <= 300) return {};
    const char* why = seconds < 0    ? "sendmail cannot read this time"
                      : seconds <= 5 ? "a busy disk makes an answer take longer; mail then waits for the next try"
                                     : "a client waits so long when the milter hangs";
    return {
        warning(fmt::format("filter {} (line {}) has the time {}", escaped(filter.name), filter.line, escaped(word)),
                why, std::string{"T=C:10s;S:10s;R:30s;E:1m in its INPUT_MAIL_FILTER"} + kRebuild)};
}

}  // namespace

Findings check_cf_readable(const Machine& machine) {
    const auto file = escaped(machine.cf_file);
    if (!machine.cf)
        return {error(machine.cf_fault, "nothing of sendmail can be checked without it",
                      "name the file with --sendmail-cf FILE, or build it: sendmailconfig")};
    if (machine.cf->options.empty() || machine.cf->rulesets.empty())
        return {error(file + " has no options or no rules", "this is not what sendmail runs with",
                      "--sendmail-cf FILE, or sendmailconfig")};
    return {
        ok(fmt::format("{}: {} options, {} rulesets", file, machine.cf->options.size(), machine.cf->rulesets.size()))};
}

Findings check_filter(const Machine& machine) {
    if (!machine.cf) return {};
    const auto* filter = our_filter(machine);
    if (!filter) return {error("sendmail.cf has no filter milter-relay", "sendmail never asks it", feature_line())};
    if (!is_asked(*machine.cf, *filter))
        return {error(fmt::format("filter {} is described in line {} and not in InputMailFilters",
                                  escaped(filter->name), filter->line),
                      "sendmail never asks it", feature_line())};
    const auto wanted = machine.settings.socket;
    if (plain(filter->socket) != plain(wanted) && !wanted.starts_with("fd:"))
        return {error(fmt::format("sendmail looks for the milter at {}, and it listens on {}", escaped(filter->socket),
                                  escaped(wanted)),
                      "sendmail does not reach it, and defers all mail",
                      fmt::format("socket = \"{}\" in {}, then: systemctl restart milter-relay",
                                  escaped(filter->socket), escaped(machine.config_file)))};
    return {ok(fmt::format("filter {} is asked, at {}", escaped(filter->name), escaped(filter->socket)))};
}

Findings check_filter_flags(const Machine& machine) {
    const auto* filter = our_filter(machine);
    if (!filter) return {};
    if (filter->defers())
        return {ok(fmt::format("with the milter away mail is deferred (F={})", escaped(filter->flags)))};
    const auto line =
        fmt::format("filter {} (line {}) has F={}", escaped(filter->name), filter->line, escaped(filter->flags));
    const std::string type =
        machine.has_feature() ? feature_line() : std::string{"F=T in its INPUT_MAIL_FILTER"} + kRebuild;
    if (filter->refuses()) return {error(line, "with the milter away users lose mail: it is refused with 554", type)};
    return {error(line,
                  "with the milter away mail is taken unjudged" +
                      std::string{machine.has_feature() ? ", and everyone may relay" : ""},
                  type)};
}

Findings check_filter_timeouts(const Machine& machine) {
    const auto* filter = our_filter(machine);
    if (!filter) return {};
    Findings findings;
    for (const auto& word : cf_words(filter->timeouts, ";"))
        for (auto& one : judge_time(*filter, word)) findings.push_back(std::move(one));
    if (findings.empty())
        findings.push_back(
            ok("sendmail waits for it: " + (filter->timeouts.empty() ? "its own times" : escaped(filter->timeouts))));
    return findings;
}

Findings check_listeners(const Machine& machine) {
    const auto* filter = our_filter(machine);
    if (!filter || !is_asked(*machine.cf, *filter)) return {};  // check_filter() says so
    const auto listeners = machine.cf->listeners();
    Findings findings;
    for (const auto& listener : listeners)
        if (!asks(*machine.cf, listener, *filter))
            findings.push_back(leaves_out(listener, *filter, machine.has_feature()));
    if (findings.empty())
        findings.push_back(ok(fmt::format("every listener asks it ({})", std::max<std::size_t>(1, listeners.size()))));
    return findings;
}

}  // namespace relay::doctor
