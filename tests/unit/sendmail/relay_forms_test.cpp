#include "milter/selftest/relay_forms.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace {

const relay::selftest::Names kNames{
    .own_domain = "ours.example", .own_literal = "[192.0.2.1]", .other_domain = "r.test"};

bool has(const std::vector<std::string>& forms, const std::string& form) {
    return std::find(forms.begin(), forms.end(), form) != forms.end();
}

TEST_CASE("every form that nmap's smtp-open-relay tries is among ours") {
    const auto forms = relay::selftest::relay_forms(kNames);
    for (const auto* form :
         {"<relaytest@r.test>", "<relaytest%r.test@[192.0.2.1]>", "<relaytest%r.test@ours.example>",
          "<\"relaytest@r.test\">", "<\"relaytest%r.test\">", "<relaytest@r.test@[192.0.2.1]>",
          "<\"relaytest@r.test\"@[192.0.2.1]>", "<relaytest@r.test@ours.example>",
          "<\"relaytest@r.test\"@ours.example>", "<@[192.0.2.1]:relaytest@r.test>", "<@ours.example:relaytest@r.test>",
          "<r.test!relaytest>", "<r.test!relaytest@[192.0.2.1]>", "<r.test!relaytest@ours.example>",
          "<relaytest%r.test>", "<relaytest@[192.0.2.1]%r.test>"}) {
        INFO(form);
        CHECK(has(forms, form));
    }
}

TEST_CASE("words in a form stay words") {
    const auto forms = relay::selftest::relay_forms(kNames);
    CHECK(has(forms, "<postmaster@r.test>"));
    CHECK(has(forms, "<relaytest%r.test@localhost>"));
    CHECK(has(forms, "<relaytest@r.test.UUCP>"));
    CHECK(has(forms, "<relaytest@[IPv6:2001:db8::25]>"));
    CHECK(has(forms, "<relaytest@r.test.REDIRECT>"));
}

TEST_CASE("no form has a line end in it, nor is one there twice") {
    auto forms = relay::selftest::relay_forms(kNames);
    CHECK(forms.size() > 120);
    for (const auto& form : forms) CHECK(form.find_first_of("\r\n") == std::string::npos);
    std::sort(forms.begin(), forms.end());
    CHECK(std::adjacent_find(forms.begin(), forms.end()) == forms.end());
}

TEST_CASE("every public /8 has an address, and loopback has none") {
    const auto addresses = relay::selftest::addresses_everywhere();
    CHECK(addresses.size() == 221 + 7);
    CHECK(std::none_of(addresses.begin(), addresses.end(), [](const auto& text) { return text.starts_with("127."); }));
}

}  // namespace
