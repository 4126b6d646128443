#include "milter/selftest/relay_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace relay::selftest {
namespace {

/// u: a user, R: the other domain, O: our domain, I: our address literal. One table, by the idea behind it.
constexpr std::array kForms = {
    // plain
    "<u@R>",
    "u@R",
    "<u@R.>",
    "<u@R..>",
    "<U@R>",
    "<postmaster@R>",
    "<u@R >",
    "<u @ R>",
    "<<u@R>>",
    "<u@R",
    "u@R>",
    "<u(x)@R>",
    "<u@(x)R>",
    "<u+x@R>",
    "<\"u\"@R>",
    "<\"u\" @R>",
    "<u.\"x\"@R>",
    "<\\u@R>",
    // percent hack
    "<u%R>",
    "u%R",
    "<u%R@O>",
    "<u%R@I>",
    "<u%R@O.>",
    "<u%R@localhost>",
    "<u%R@[127.0.0.1]>",
    "<u%R@127.0.0.1>",
    "<u%R@>",
    "<u%R%O@O>",
    "<u%R%localhost@O>",
    "<u%x%R@O>",
    "<u%O@R>",
    "<u@O%R>",
    "<u@I%R>",
    "<u@R%O>",
    "<postmaster%R@O>",
    "<%R@O>",
    "<u%R.@O>",
    "<u%[198.51.100.25]@O>",
    // bang paths
    "<R!u>",
    "R!u",
    "<R!u@O>",
    "<R!u@I>",
    "<R!u@localhost>",
    "<O!R!u>",
    "<O!R!u@O>",
    "<O!u@R>",
    "<R!O!u@O>",
    "<R!u%O>",
    "<R!u%O@O>",
    "<O!u%R>",
    "<u@R!O>",
    "<R.!u@O>",
    "<R!u@O.UUCP>",
    "<u@R.UUCP>",
    "<\"R!u\"@O>",
    "<\"R!u\">",
    // source routes
    "<@O:u@R>",
    "<@I:u@R>",
    "<@localhost:u@R>",
    "<@O,@R:u@R>",
    "<@O:@R:u@R>",
    "<@O:u%R@O>",
    "<@O:R!u@O>",
    "<@R:u@O>",
    "<@R:u@R>",
    "<@O,@O:u@R>",
    "<@:u@R>",
    "<@O:u%R>",
    "<@O>",
    "<@R>",
    // quoted local parts
    "<\"u@R\">",
    "\"u@R\"",
    "<\"u%R\">",
    "<\"u@R\"@O>",
    "<\"u@R\"@I>",
    "<\"u%R\"@O>",
    "<\"u%R\"@I>",
    "<\"u@R\"@localhost>",
    "<\"<u@R>\"@O>",
    "<\"u\\@R\"@O>",
    "<u\\@R@O>",
    "<u\\%R@O>",
    "<\"u\"%R@O>",
    "<\"@O:u@R\"@O>",
    "<\"u@R\"%O@O>",
    "<\"\"u@R>",
    // more than one @
    "<u@R@O>",
    "<u@R@I>",
    "<u@O@R>",
    "<u@R@localhost>",
    "<u@@R>",
    "<u@R@>",
    "<u@R@O@O>",
    "<@u@R>",
    "<u@R@@O>",
    // addresses
    "<u@[198.51.100.25]>",
    "<u@[IPv6:2001:db8::25]>",
    "<u@198.51.100.25>",
    "<u@[198.51.100.25]@O>",
    "<u@[R]>",
    "<u@3325256729>",
    "<u@[198.51.100.25].O.R>",
    // names that look like ours
    "<u@O.R>",
    "<u@xO>",
    "<u@OR>",
    "<u@O-R>",
    "<u@O%00.R>",
    "<u@O@R.>",
    "<u@O:R>",
    "<u@O/R>",
    "<u@O;R>",
    "<u@O,R>",
    // other separators
    "<R:u@O>",
    "<u:R@O>",
    "<R::u>",
    "<R::u@O>",
    "<u;R@O>",
    "<u=R@O>",
    "<u|R@O>",
    "<u^R@O>",
    "<u@R.REDIRECT>",
    "<u@R.LOCAL>",
    "<u@R,u@O>",
    "<u@O,u@R>",
    "<u@R>,<u@O>",
    "<g:u@R;>",
    // bytes over 127, and what a client should never send
    "<\xe9@R>",
    "<u@\xe9.R>",
    "<\xc3\xa9@R>",
    "<u@b\xc3\xbc.R>",
    "<u\xff%R@O>",
    "<u\x7f@R>",
    "<u\t@R>",
};

std::string filled_in(std::string_view form, const Names& names) {
    std::string text;
    for (const char c : form) {
        if (c == 'R') text.append(names.other_domain);
        else if (c == 'O') text.append(names.own_domain);
        else if (c == 'I') text.append(names.own_literal);
        else if (c == 'u') text.append("relaytest");
        else if (c == 'U') text.append("RELAYTEST");
        else text.push_back(c);
    }
    return text;
}

/// Forms with a word in them that would be read as one of our letters.
std::string spelled(std::string_view form, const Names& names) {
    for (const std::string_view word : {"postmaster", "localhost", "UUCP", "REDIRECT", "LOCAL", "IPv6"})
        if (const auto at = form.find(word); at != form.npos)
            return spelled(form.substr(0, at), names) + std::string{word} +
                   spelled(form.substr(at + word.size()), names);
    return filled_in(form, names);
}

}  // namespace

std::vector<std::string> relay_forms(const Names& names) {
    std::vector<std::string> forms;
    for (const auto* form : kForms) {
        auto text = spelled(form, names);
        if (std::find(forms.begin(), forms.end(), text) == forms.end()) forms.push_back(std::move(text));
    }
    return forms;
}

std::vector<std::string> recipients_everywhere() {
    std::vector<std::string> recipients;
    for (const auto* domain :
         {"com", "net", "org",   "edu", "gov", "mil", "int", "info", "biz",    "io",   "ai",  "de",
          "fr",  "uk",  "co.uk", "nl",  "it",  "es",  "pl",  "ru",   "cn",     "jp",   "kr",  "in",
          "br",  "au",  "ca",    "us",  "za",  "eu",  "xyz", "top",  "online", "shop", "app", "dev"})
        recipients.push_back(fmt::format("<relaytest@example.{}>", domain));
    return recipients;
}

std::vector<std::string> addresses_everywhere() {
    std::vector<std::string> addresses;
    for (int net = 1; net < 224; ++net)
        if (net != 10 && net != 127) addresses.push_back(fmt::format("{}.{}.{}.{}", net, 37 + net % 60, 201, 77));
    for (const auto* net : {"2001:4860", "2003:ab", "2400:3200", "2600:1f00", "2800:3f0", "2a00:1450", "2c0f:fb50"})
        addresses.push_back(fmt::format("IPv6:{}::77", net));
    return addresses;
}

}  // namespace relay::selftest
