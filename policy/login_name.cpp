#include "policy/login_name.h"

#include <algorithm>

#include "policy/ascii.h"

namespace relay {
namespace {

std::string lowered(std::string_view text) {
    std::string word{text};
    std::transform(word.begin(), word.end(), word.begin(), lower);
    return word;
}

struct Parts {
    std::string_view user, percent_domain, at_domain;
};

Parts parts_of(std::string_view login) {
    Parts parts{login, {}, {}};
    if (const auto at = parts.user.rfind('@'); at != std::string_view::npos) {
        parts.at_domain = parts.user.substr(at + 1);
        parts.user = parts.user.substr(0, at);
    }
    if (const auto percent = parts.user.rfind('%'); percent != std::string_view::npos) {
        parts.percent_domain = parts.user.substr(percent + 1);
        parts.user = parts.user.substr(0, percent);
    }
    return parts;
}

}  // namespace

std::array<std::string_view, 2> typed_domains(std::string_view login) {
    const Parts parts = parts_of(login);
    return {parts.percent_domain, parts.at_domain};
}

std::vector<std::string> login_domains(std::string_view login) {
    std::vector<std::string> domains;
    for (const std::string_view domain : typed_domains(login))
        if (!domain.empty()) domains.push_back(lowered(domain));
    return domains;
}

std::vector<std::string> login_spellings(std::string_view login, LetterCase letters) {
    const Parts parts = parts_of(login);
    std::string user = letters == LetterCase::counts ? std::string{parts.user} : lowered(parts.user);
    if (parts.percent_domain.empty() && parts.at_domain.empty()) return {std::move(user)};
    if (parts.percent_domain.empty()) return {user + '@' + lowered(parts.at_domain)};
    const std::string percent = lowered(parts.percent_domain);
    std::string whole = user + '%' + percent;
    if (!parts.at_domain.empty()) whole += '@' + lowered(parts.at_domain);
    return {std::move(whole), user + '@' + percent};
}

std::string login_key(std::string_view login) {
    auto spellings = login_spellings(login);
    return spellings.size() == 2 ? std::move(spellings.back()) : lowered(login);
}

std::string_view without_realm(std::string_view login, std::string_view realm) {
    if (realm.empty() || login.size() <= realm.size() + 1) return login;
    const std::size_t at = login.size() - realm.size() - 1;
    return login[at] == '@' && same_without_case(login.substr(at + 1), realm) ? login.substr(0, at) : login;
}

}  // namespace relay
