// [[limit]] of milter-relay.toml(5): a list of tables, each with keys of its own.
#pragma once

#include "policy/source/config/config_keys.h"

namespace relay {

void read_limits(const ConfigValue& value, Settings& settings, const Complain& complain);

}  // namespace relay
