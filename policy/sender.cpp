#include "policy/sender.h"

#include <algorithm>

#include "policy/ascii.h"
#include "policy/login_name.h"

namespace relay {
namespace {

using Right = Lookup<std::string_view>;

bool same_login(std::string_view a, std::string_view b, LetterCase letters) {
    const auto of_a = login_spellings(a, letters);
    const auto of_b = login_spellings(b, letters);
    return std::find_first_of(of_a.begin(), of_a.end(), of_b.begin(), of_b.end()) != of_a.end();
}

LetterCase letters_of(const SenderSettings& sender) {
    return sender.local_part_case ? LetterCase::counts : LetterCase::ignored;
}

Right owned_by(const Owners& owners, Logins logins, LetterCase letters) {
    for (const std::string_view login : logins) {
        const auto owns = [&](const std::string& owner) { return same_login(owner, login, letters); };
        if (owners.anyone || std::any_of(owners.logins.begin(), owners.logins.end(), owns)) return login;
    }
    return Absent{};
}

SenderRight by_map(const Facts& f, Logins logins) {
    const auto& owners = f.findings.sender;
    if (!owners) return Question{Question::sender, {logins.begin(), logins.end()}};
    if (owners->failed()) return Right{Failed{owners->why()}};
    if (owners->found()) return owned_by(owners->value(), logins, letters_of(f.settings.sender));
    return f.settings.sender.check == SenderCheck::known ? Right{logins.front()} : Right{Absent{}};
}

/// The login of `logins` that this address is.
Right named(const std::string& address, Logins logins, LetterCase letters) {
    for (const std::string_view login : logins)
        if (same_login(address, login, letters)) return login;
    return Absent{};
}

SenderRight by_name(const Facts& f, Logins logins) {
    const SenderSettings& settings = f.settings.sender;
    const Path& path = f.envelope.reverse_path;
    const std::string user = without_extension(path.local_part, settings.recipient_delimiter);
    const LetterCase letters = letters_of(settings);
    const Right at_home = named(user, logins, letters);
    if (path.domain.empty()) return at_home;
    if (auto whole = named(user + '@' + path.domain, logins, letters); whole.found() || !at_home.found()) return whole;
    const auto& ours = f.findings.sender_domain;
    if (!ours) return Question{Question::sender_domain, {logins.begin(), logins.end()}};
    if (ours->failed()) return Right{Failed{ours->why()}};
    return ours->found() ? at_home : Right{Absent{}};
}

}  // namespace

SenderRight sender_right(const Facts& f, Logins logins) {
    const Path& path = f.envelope.reverse_path;
    if (path.null) return Right{logins.front()};
    if (path.routes_onward) return Right{Absent{}};
    switch (f.settings.sender.check) {
        case SenderCheck::off: return Right{logins.front()};
        case SenderCheck::known:
        case SenderCheck::strict: return by_map(f, logins);
        case SenderCheck::self: return by_name(f, logins);
    }
    return Right{Absent{}};
}

std::string without_extension(const std::string& local_part, char delimiter) {
    const auto end = delimiter ? local_part.find(delimiter) : std::string::npos;
    return end == 0 ? local_part : local_part.substr(0, end);
}

}  // namespace relay
