#include "policy/source/config/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "policy/source/config/config_accounts.h"
#include "policy/source/config/config_keys.h"
#include "policy/source/config/config_redis.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/similar_word.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;
constexpr int kMostSyntaxErrors = 20;

class Parser {
public:
    Parser(std::string text, const std::string& file) : text_{std::move(text)}, file_{file} {}

    ConfigResult parse() {
        if (const auto nul = text_.find('\0'); nul != std::string::npos)
            complain(line_of(nul), {}, "has a NUL byte, so it is no text");
        else if (const auto table = parse_toml()) {
            read(*table);
            const auto complain_of = [&](std::string_view key, const std::string& text) { complain(line_of_key(*table, key), key, text); };
            complete_accounts(settings_, complain_of);
            complete_redis(settings_, complain_of);
        }
        std::stable_sort(errors_.begin(), errors_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
        if (errors_.empty()) return settings_;
        return errors_;
    }

private:
    void complain(unsigned line, std::string_view key, std::string text) {
        errors_.push_back({file_, line, std::string{key}, std::move(text)});
    }

    static unsigned line_of_key(const toml::table& table, std::string_view key) {
        const auto node = table.at_path(key);
        return node ? node.node()->source().begin.line : 0;
    }

    [[nodiscard]] unsigned line_of(std::size_t offset) const {
        return 1U + static_cast<unsigned>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    }

    /// toml++ stops at its first error. Where that is one assignment on a line of its own the line is blanked, so that
    /// the errors behind it are told as well; elsewhere the rest would be misunderstood.
    std::optional<toml::table> parse_toml() {
        unsigned blanked = 0;
        for (int tries = 0; tries < kMostSyntaxErrors; ++tries) {
            try {
                return toml::parse(text_, file_);
            } catch (const toml::parse_error& error) {
                const unsigned line = error.source().begin.line;
                if (line == blanked) break;
                complain(line, {}, escaped(error.description()));
                if (!blank_assignment(line)) break;
                blanked = line;
            }
        }
        return std::nullopt;
    }

    bool blank_assignment(unsigned line) {
        std::size_t begin = 0;
        for (unsigned i = 1; i < line && begin != std::string::npos; ++i) {
            begin = text_.find('\n', begin);
            if (begin != std::string::npos) ++begin;
        }
        if (begin == std::string::npos) return false;
        const std::size_t end = std::min(text_.find('\n', begin), text_.size());
        const std::string_view content = std::string_view{text_}.substr(begin, end - begin);
        const std::size_t equals = content.find('=');
        if (equals == std::string_view::npos || content.find_first_of("[{") != std::string_view::npos
            || content.find("\"\"\"") != std::string_view::npos || content.find("'''") != std::string_view::npos)
            return false;
        text_.replace(begin, end - begin, end - begin, ' ');
        return true;
    }

    static std::string_view type_name(toml::node_type type) {
        switch (type) {
            case toml::node_type::none: return "nothing";
            case toml::node_type::table: return "a table";
            case toml::node_type::array: return "a list";
            case toml::node_type::string: return "a string";
            case toml::node_type::integer: return "an integer";
            case toml::node_type::floating_point: return "a number with a point";
            case toml::node_type::boolean: return "true or false";
            case toml::node_type::date: return "a date";
            case toml::node_type::time: return "a time of day";
            case toml::node_type::date_time: return "a date and time";
        }
        return "something else";
    }

    static ConfigValue value_of(const toml::node& node) {
        ConfigValue value;
        value.line = node.source().begin.line;
        value.type_name = type_name(node.type());
        if (const auto* text = node.as_string()) {
            value.type = ConfigValue::Type::text;
            value.text = text->get();
        } else if (const auto* integer = node.as_integer()) {
            value.type = ConfigValue::Type::integer;
            value.integer = integer->get();
        } else if (const auto* boolean = node.as_boolean()) {
            value.type = ConfigValue::Type::boolean;
            value.boolean = boolean->get();
        } else if (const auto* list = node.as_array()) {
            value.type = ConfigValue::Type::list;
            for (const toml::node& element : *list) value.list.push_back(value_of(element));
        } else if (const auto* table = node.as_table()) {
            value.type = ConfigValue::Type::table;
            for (const auto& [key, member] : *table) value.members.push_back({std::string{key.str()}, value_of(member)});
        } else if (const auto* date = node.as_date()) {
            value.type = ConfigValue::Type::date;
            const auto [year, month, day] = date->get();
            value.date = std::chrono::sys_days{std::chrono::year{year} / month / day};
        }
        return value;
    }

    static bool is_table(std::string_view name) {
        const auto keys = config_keys();
        return std::any_of(keys.begin(), keys.end(), [name](const ConfigKey& key) {
            return key.name.size() > name.size() && key.name.starts_with(name) && key.name[name.size()] == '.';
        });
    }

    void read(const toml::table& table, const std::string& prefix = {}) {
        for (const auto& [key, node] : table) {
            const std::string name = prefix + std::string{key.str()};
            if (is_table(name))
                read_table(name, node);
            else
                read_key(name, key.source().begin.line, node);
        }
    }

    void read_table(const std::string& name, const toml::node& node) {
        if (name == "guard") settings_.guard.on = true;  // The table itself turns it on.
        if (const toml::table* table = node.as_table())
            read(*table, name + '.');
        else
            complain(node.source().begin.line, name,
                     fmt::format("has to be a table, [{}], not {}", name, type_name(node.type())));
    }

    void read_key(const std::string& name, unsigned line, const toml::node& node) {
        const auto keys = config_keys();
        const auto known = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& key) { return key.name == name; });
        if (known == keys.end()) return complain(line, name, "is unknown" + suggestion(name, node.is_table()));
        known->read(value_of(node), settings_,
                    [&](unsigned where, const std::string& text) { complain(where, name, text); });
    }

    static std::string suggestion(const std::string& name, bool table) {
        std::vector<std::string_view> names;
        for (const ConfigKey& key : config_keys())
            names.push_back(table ? key.name.substr(0, key.name.find('.')) : key.name);
        return did_you_mean(name, names);
    }

    std::string text_;
    const std::string& file_;
    Settings settings_;
    std::vector<ConfigError> errors_;
};

}  // namespace

std::string ConfigError::message() const {
    std::string where = escaped(file) + ':';
    if (line != 0) where += std::to_string(line) + ':';
    if (!key.empty()) where += ' ' + escaped(key) + ':';
    return where + ' ' + text;
}

ConfigResult parse_config(std::string_view toml, const std::string& file) {
    return Parser{std::string{toml}, file}.parse();
}

std::optional<std::string> database_in_spite_of_errors(const std::string& path) try {
    const auto file = read_small_file(path, kLargest);
    if (!file) return std::nullopt;
    const auto table = toml::parse(std::string_view{file->text});
    const auto database = table["pop"]["database"];
    return database ? database.value<std::string>() : std::string{};
} catch (const std::exception&) {
    return std::nullopt;
}

ConfigResult read_config_file(const std::string& path, bool missing_is_default) {
    try {
        const auto file = read_small_file(path, kLargest);
        if (file) return parse_config(file->text, path);
        if (missing_is_default) return Settings{};
        throw system_fault(path, "open", ENOENT);
    } catch (const Fault& fault) {
        std::string why = fault.what();
        if (const std::string name = escaped(path) + ": "; why.starts_with(name)) why.erase(0, name.size());
        return std::vector{ConfigError{path, 0, {}, why}};
    }
}

}  // namespace relay
