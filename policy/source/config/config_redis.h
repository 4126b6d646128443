// [redis], [limits] and the URL in [pop] of milter-relay.toml(5): where logins and counts are that several hosts share.
#pragma once

#include "policy/source/config/config_accounts.h"
#include "policy/source/config/config_keys.h"

namespace relay {

/// A path, or the URL of a server.
void read_database(const ConfigValue& value, Settings& settings, const Complain& complain);
/// "local", or the URL of a server.
void read_limit_store(const ConfigValue& value, Settings& settings, const Complain& complain);
void read_on_failure(const ConfigValue& value, Settings& settings, const Complain& complain);
void read_redis_user(const ConfigValue& value, std::string& member, const Complain& complain);
void read_deadline(const ConfigValue& value, Settings& settings, const Complain& complain);

/// After the last key: what only several keys together can say.
void complete_redis(Settings& settings, const ComplainOfKey& complain);

}  // namespace relay
