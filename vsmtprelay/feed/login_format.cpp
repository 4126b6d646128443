#include "vsmtprelay/feed/login_format.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace relay {
namespace {

constexpr std::size_t kLongestMessage = 8192;
constexpr std::size_t kLongestName = 255;  // of a login or a session

struct Shape {
    std::string_view placeholder;
    std::string_view pattern;
};

// Without upper limits, which would make the compiled patterns large and slow; read() looks at the sizes.
#define ADDRESS "[0-9A-Fa-f.:]+"
#define NAME R"([^\x00-\x20\x7f<>()\[\]{},"]+)"
constexpr std::array<Shape, 10> kShapes = {{
    {"{client}", "(?P<client>" ADDRESS ")"},
    {"{local}", "(?P<local>" ADDRESS ")"},
    {"{address}", ADDRESS},
    {"{login}", "(?P<login>" NAME ")"},
    {"{name}", NAME},
    {"{session}", R"((?P<session>[^\x00-\x20\x7f<>]+))"},
    {"{host}", "[A-Za-z0-9._-]+"},
    {"{word}", "[A-Za-z0-9._+/-]+"},
    {"{number}", "[0-9]+"},
    {"{text}", "(?s:.)*"},
}};
#undef ADDRESS
#undef NAME

std::string filled_in(std::string pattern) {
    for (const Shape& shape : kShapes)
        for (std::size_t at = 0; (at = pattern.find(shape.placeholder, at)) != std::string::npos;) {
            pattern.replace(at, shape.placeholder.size(), shape.pattern);
            at += shape.pattern.size();
        }
    return pattern;
}

/// Whether something in the pattern, as it was written, fits any text: what a peer wrote could fill it.
bool swallows_anything(std::string_view pattern) {
    if (pattern.find("{text}") != std::string_view::npos) return true;
    bool in_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()
            && std::string_view{"SWDCBPp"}.find(pattern[i + 1]) != std::string_view::npos)
            return true;
        if (c == '\\') ++i;
        else if (in_class) in_class = c != ']';
        else if (c == '[') in_class = true;
        else if (c == '.') return true;
    }
    return false;
}

int group(const RE2& pattern, const std::string& name) {
    const auto found = pattern.NamedCapturingGroups().find(name);
    return found == pattern.NamedCapturingGroups().end() ? 0 : found->second;
}

}  // namespace

MessageFormat::MessageFormat(MessageKind kind, const std::string& pattern) : kind_{kind} {
    if ((kind == MessageKind::login || kind == MessageKind::connect) && swallows_anything(pattern))
        throw std::invalid_argument{"the pattern of a login may not hold what fits any text ('.', {text}, \\S ...)"};
    RE2::Options options{RE2::Latin1};
    options.set_log_errors(false);
    options.set_never_capture(false);
    pattern_ = std::make_unique<RE2>(filled_in(pattern), options);
    if (!pattern_->ok()) throw std::invalid_argument{"the pattern: " + pattern_->error()};
    client_ = group(*pattern_, "client");
    local_ = group(*pattern_, "local");
    login_ = group(*pattern_, "login");
    session_ = group(*pattern_, "session");
    if (kind == MessageKind::login && login_ == 0) throw std::invalid_argument{"the pattern of a login needs {login}"};
    if (kind == MessageKind::connect && client_ == 0)
        throw std::invalid_argument{"the pattern of a connect needs {client}"};
    if (pattern_->NumberOfCapturingGroups() != (client_ != 0) + (local_ != 0) + (login_ != 0) + (session_ != 0))
        throw std::invalid_argument{"the pattern has groups of its own; write (?:...)"};
}

std::optional<Reading> MessageFormat::read(std::string_view message) const {
    constexpr int kMostGroups = 5;  // the whole, and four named ones
    std::array<re2::StringPiece, kMostGroups> groups;
    if (message.size() > kLongestMessage) return std::nullopt;
    if (!pattern_->Match({message.data(), message.size()}, 0, message.size(), RE2::ANCHOR_BOTH, groups.data(),
                         1 + pattern_->NumberOfCapturingGroups()))
        return std::nullopt;
    const auto text = [&groups](int number) {
        const re2::StringPiece& found = groups[static_cast<std::size_t>(number)];
        return number == 0 ? std::string_view{} : std::string_view{found.data(), found.size()};
    };
    Reading reading{kind_, Address::parse(text(client_)), Address::parse(text(local_)), std::string{text(login_)},
                    std::string{text(session_)}};
    if ((client_ != 0 && !reading.client) || std::max(reading.login.size(), reading.session.size()) > kLongestName)
        return std::nullopt;
    return reading;
}

std::optional<Reading> LoginFormat::read(std::string_view message) const {
    std::optional<Reading> first;
    for (const MessageFormat& format : messages) {
        auto reading = format.read(message);
        if (!reading) continue;
        if (first) return std::nullopt;
        if (reading->kind == MessageKind::end || reading->kind == MessageKind::other) return reading;
        first = std::move(reading);
    }
    return first;
}

}  // namespace relay
