#include "vsmtprelay/feed/login_feed.h"

#include <algorithm>
#include <set>
#include <utility>

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::minutes kLongestLogin{10};  ///< From the connection to the login.

/// One * stands for any text.
bool fits(std::string_view pattern, std::string_view text) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    const std::string_view before = pattern.substr(0, star);
    const std::string_view after = pattern.substr(star + 1);
    return text.size() >= before.size() + after.size() && text.starts_with(before) && text.ends_with(after);
}

bool may_have_written(const LoginFormat& format, const std::optional<JournalOrigin>& origin) {
    if (!origin) return true;
    const auto is_unit = [&origin](const std::string& unit) { return fits(unit, origin->unit); };
    if (!origin->root && std::none_of(format.units.begin(), format.units.end(), is_unit)) return false;
    return format.commands.empty() || std::count(format.commands.begin(), format.commands.end(), origin->command) > 0;
}

/// "imap-login", or "imap(alice)<81><x>" of the service "imap".
bool is_service(const LoginFormat& format, const std::string& word) {
    const std::string name = word.substr(0, word.find('('));
    return std::count(format.services.begin(), format.services.end(), name) > 0;
}

bool lets_in(const Reading& reading) {
    return reading.kind == MessageKind::login || reading.kind == MessageKind::connect;
}

/// What the lines of one session share, unique among all servers; empty where they share nothing.
std::string session_key(const LoginFormat& format, const Reading& reading, const LogLine& line) {
    const std::string& shared = format.session_is_process ? line.process : reading.session;
    return shared.empty() ? "" : format.name + ' ' + (format.session_is_process ? line.program + ' ' : "") + shared;
}

}  // namespace

LoginFeed::LoginFeed(std::vector<LoginFormat> formats, Limits limits, NeverRecorded& never, FormatDrift& drift)
    : formats_{std::move(formats)}, limits_{limits}, never_{never}, drift_{drift} {
    for (const LoginFormat& format : formats_)
        for (const std::string& program : format.programs) by_program_[program].push_back(&format);
}

std::vector<std::string> LoginFeed::programs() const {
    std::set<std::string> names;
    for (const auto& [program, formats] : by_program_)
        if (!program.empty()) names.insert(program);
    return {names.begin(), names.end()};
}

std::vector<LoginFeed::Meaning> LoginFeed::meanings(const std::string& program, const std::string& message,
                                                    const LogLine& line, const LoginFormat*& known) const {
    std::vector<Meaning> found;
    const auto formats = by_program_.find(program);
    if (formats == by_program_.end() || message.empty()) return found;
    for (const LoginFormat* format : formats->second) {
        if (!may_have_written(*format, line.origin)) continue;
        known = format;
        if (auto reading = format->read(message)) found.push_back({format, std::move(*reading)});
    }
    return found;
}

void LoginFeed::take(const LogLine& line, sys_seconds now, std::vector<LoginEvent>& events) {
    const LoginFormat* known = nullptr;
    const LoginFormat* bare = nullptr;
    auto found = meanings(line.program, line.message, line, known);
    if (found.empty()) found = meanings({}, line.bare, line, bare);
    const std::string& server = bare && (!known || !found.empty()) ? bare->name : line.program;
    if (found.empty()) {
        if (known || (bare && is_service(*bare, line.program))) drift_.unknown(server, line.message, now);
        return;
    }
    const bool clear = found.size() == 1
                       || std::none_of(found.begin(), found.end(), [](const Meaning& m) { return lets_in(m.reading); });
    if (!clear) return drift_.unknown(server, line.message, now);
    for (const Meaning& meaning : found) {
        if (meaning.reading.kind == MessageKind::login) drift_.login(server);
        auto event = event_of(meaning, line);
        if (!event) continue;
        event->at = std::min(event->at, now);
        if (event->at >= now - limits_.window) events.push_back(std::move(*event));
    }
}

std::optional<LoginEvent> LoginFeed::event_of(const Meaning& meaning, const LogLine& line) {
    const std::string key = session_key(*meaning.format, meaning.reading, line);
    switch (meaning.reading.kind) {
        case MessageKind::login: return login(meaning, key, line);
        case MessageKind::connect:
            if (!key.empty()) sessions_.open(key, {*meaning.reading.client, line.at, {}, false});
            return std::nullopt;
        case MessageKind::end: return end(key, line);
        case MessageKind::other: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<LoginEvent> LoginFeed::login(const Meaning& meaning, const std::string& key, const LogLine& line) {
    std::optional<Address> client = meaning.reading.client;
    if (!client) {
        const OpenSession* session = sessions_.find(key);
        if (!session || session->logged_in || line.at - session->since > kLongestLogin) return std::nullopt;
        client = session->client;
    }
    LoginEvent event{*client, line.at, meaning.reading.login};
    if (never_.drops(event, meaning.reading.local)) return std::nullopt;
    if (!key.empty()) sessions_.open(key, {*client, line.at, meaning.reading.login, true});
    return event;
}

std::optional<LoginEvent> LoginFeed::end(const std::string& key, const LogLine& line) {
    const OpenSession* session = sessions_.find(key);
    std::optional<LoginEvent> event;
    if (session && session->logged_in) {
        const auto at = std::max(session->since, std::min(line.at, session->since + limits_.session));
        event = LoginEvent{session->client, at, session->login};
    }
    sessions_.close(key);
    if (event && never_.drops(*event)) return std::nullopt;
    return event;
}

}  // namespace relay
