// Entries and logins as JSON (RFC 8259), one object a line, ASCII: bytes of a login or a key that are no printable ASCII
// stand as the text \xHH, as everywhere.
#pragma once

#include <string>

#include "policy/source/relayers/relayers_entries.h"

namespace relay {

/// {"client","timestamp","time","logins":[{"timestamp","time","login"}]}, with a line break; "time" is RFC 3339, UTC. An
/// entry under another key than ours has "key" as well. What cannot be read is {"unreadable":true,"key","data"}.
std::string entry_json(const RelayersEntry& entry);
/// {"client","timestamp","time","login"}, with a line break; "login" is null where it is not known.
std::string login_json(const RelayersEntry& entry, const Login& login);

}  // namespace relay
