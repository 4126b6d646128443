// A login name and its domain: "user", "user@domain" and "user%domain" as people type them, "user@realm" as SASL adds it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace relay {

/// Of a login's local part; domains never have upper case.
enum class LetterCase { ignored, counts };

/// The domains that a login belongs to as they stand in it, the one that the user typed first; empty where there is none.
std::array<std::string_view, 2> typed_domains(std::string_view login);

/// The domains that a login belongs to, lower case, the one that the user typed first: "d" for "user@d" and "user%d",
/// "d" and "realm" for "user%d@realm". Empty for a login without one.
std::vector<std::string> login_domains(std::string_view login);

/// The spellings under which a list may have a login: as it is, and "user@d" for "user%d" and "user%d@realm".
std::vector<std::string> login_spellings(std::string_view login, LetterCase letters = LetterCase::ignored);

/// The one key that an account is counted by, whichever way its user types it: lower case, "user@d" for "user%d" and for
/// "user%d@realm".
std::string login_key(std::string_view login);

/// SASL adds its realm to a login that has none: "user" for "user@REALM", any other login as it is. Without case.
std::string_view without_realm(std::string_view login, std::string_view realm);

}  // namespace relay
