// [domain."NAME"], [reply] and [sender] mode of milter-relay.toml(5), and what these tables need of each other.
#pragma once

#include "policy/source/config/config_keys.h"

namespace relay {

void read_domains(const ConfigValue& value, Settings& settings, const Complain& complain);
void read_replies(const ConfigValue& value, Settings& settings, const Complain& complain);
void read_sender_mode(const ConfigValue& value, Settings& settings, const Complain& complain);
void read_delimiter(const ConfigValue& value, Settings& settings, const Complain& complain);

/// Told what is wrong with a key, wherever it stands.
using ComplainOfKey = std::function<void(std::string_view key, const std::string& text)>;

/// After the last key: what only several keys together can say.
void complete_accounts(Settings& settings, const ComplainOfKey& complain);

}  // namespace relay
