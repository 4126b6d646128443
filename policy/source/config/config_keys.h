// The keys of milter-relay.toml(5): one line of the table in config_keys.cpp each. Adding a key is adding a line there,
// a member to policy/settings.h, an entry to the man page and a case to the test.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "policy/settings.h"

namespace relay {

struct ConfigMember;

/// The value of one key, or of one element of its list, as the file gives it.
struct ConfigValue {
    enum class Type { text, integer, boolean, date, list, table, other };

    Type type = Type::other;
    unsigned line = 0;
    std::string text;             ///< text
    std::int64_t integer = 0;     ///< integer
    bool boolean = false;         ///< boolean
    std::chrono::sys_days date{};  ///< date
    std::vector<ConfigValue> list;  ///< list
    std::vector<ConfigMember> members;  ///< table
    std::string_view type_name;   ///< For messages: "a string", "a date" ...
};

struct ConfigMember {
    std::string name;
    ConfigValue value;
};

/// Told what is wrong, in which line.
using Complain = std::function<void(unsigned line, const std::string& text)>;

struct ConfigKey {
    std::string_view name;  ///< "pop.window"
    void (*read)(const ConfigValue& value, Settings& settings, const Complain& complain);
};

std::span<const ConfigKey> config_keys();

}  // namespace relay
