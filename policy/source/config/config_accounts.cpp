#include "policy/source/config/config_accounts.h"

#include <algorithm>

#include "policy/reply_text.h"
#include "policy/source/config/config_names.h"
#include "policy/source/config/config_values.h"
#include "policy/source/files/similar_word.h"

namespace relay {
namespace {

using V = const ConfigValue&;
using C = const Complain&;

std::string unknown(const std::string& name, const std::vector<std::string_view>& known) {
    return quoted(name) + " is unknown" + did_you_mean(name, known);
}

// --- [domain."example.com"]

void read_domain_key(const std::string& key, V value, DomainSettings& domain, C complain) {
    if (key == "policy") {
        if (const auto methods = parse_element(value, complain, parse_methods)) domain.methods = *methods;
    } else if (key == "max_recipients") read_number(value, domain.max_recipients, complain, 0, 1'000'000);
    else if (key == "disabled") read_flag(value, domain.disabled, complain);
    else if (key == "mode") read_text(value, domain.mode, complain, parse_mode);
    else complain(value.line, unknown(key, {"policy", "max_recipients", "disabled", "mode"}));
}

void read_domain(const std::string& name, V table, Settings& settings, C complain) {
    if (!expect(ConfigValue::Type::table, R"(a table, [domain."example.com"])", table, complain)) return;
    auto parsed = parse_domain(name);
    if (const Problem* problem = std::get_if<Problem>(&parsed))
        return complain(table.line, quoted(name) + ' ' + problem->text);
    DomainSettings domain;
    domain.name = std::get<std::string>(std::move(parsed));
    for (const auto& other : settings.domains)
        if (other.name == domain.name) return complain(table.line, quoted(name) + " is there twice");
    for (const auto& [key, value] : table.members)
        read_domain_key(key, value, domain, [&, of = quoted(name) + '.' + key](unsigned line, const std::string& text) {
            complain(line, of + ": " + text);
        });
    settings.domains.push_back(std::move(domain));
}

// --- [reply]

std::vector<Reason> reasons_with_reply() {
    std::vector<Reason> reasons;
    for (int i = 0; !name_of(static_cast<Reason>(i)).empty(); ++i)
        if (has_reply(static_cast<Reason>(i))) reasons.push_back(static_cast<Reason>(i));
    return reasons;
}

Parsed<std::string> parse_url(const std::string& text) {
    for (const char c : text)
        if (c <= ' ' || c > '~' || c == '{' || c == '}') return Problem{"is no URL"};
    if (text.empty() || text.size() > 200) return Problem{"has to have 1 to 200 characters"};
    return text;
}

}  // namespace

void read_domains(const ConfigValue& value, Settings& settings, const Complain& complain) {
    if (!expect(ConfigValue::Type::table, R"(tables, [domain."example.com"])", value, complain)) return;
    for (const auto& [name, table] : value.members) read_domain(name, table, settings, complain);
}

void read_replies(const ConfigValue& value, Settings& settings, const Complain& complain) {
    if (!expect(ConfigValue::Type::table, "a table, [reply]", value, complain)) return;
    const auto reasons = reasons_with_reply();
    for (const ConfigMember& member : value.members) {
        const std::string& key = member.name;
        const ConfigValue& text = member.value;
        const auto complain_of_key = [&](unsigned line, const std::string& problem) { complain(line, key + ": " + problem); };
        const auto reason = std::find_if(reasons.begin(), reasons.end(), [&](Reason one) { return name_of(one) == key; });
        if (key == "url") read_text(text, settings.reply.url, complain_of_key, parse_url);
        else if (reason != reasons.end()) {
            if (expect(ConfigValue::Type::text, "a string in quotes", text, complain_of_key))
                settings.reply.texts[*reason] = text.text;
        } else {
            std::vector<std::string_view> known{"url"};
            for (const Reason one : reasons) known.push_back(name_of(one));
            complain(text.line, unknown(key, known));
        }
    }
}

void read_sender_mode(const ConfigValue& value, Settings& settings, const Complain& complain) {
    struct Word {
        std::string_view word;
        SenderCheck check;
        Mode mode;
    };
    static constexpr Word kWords[] = {
        {"off", SenderCheck::off, Mode::enforce},           {"known", SenderCheck::known, Mode::enforce},
        {"strict", SenderCheck::strict, Mode::enforce},     {"self", SenderCheck::self, Mode::enforce},
        {"monitor", SenderCheck::strict, Mode::monitor},    {"monitor-known", SenderCheck::known, Mode::monitor},
        {"monitor-self", SenderCheck::self, Mode::monitor},
    };
    if (!expect(ConfigValue::Type::text, "a string in quotes", value, complain)) return;
    for (const Word& known : kWords)
        if (known.word == value.text) {
            settings.sender.check = known.check;
            settings.sender.mode = known.mode;
            return;
        }
    std::vector<std::string_view> known;
    for (const Word& word : kWords) known.push_back(word.word);
    complain(value.line, quoted(value.text) + ' ' + unknown_word(value.text, known).text);
}

void read_delimiter(const ConfigValue& value, Settings& settings, const Complain& complain) {
    if (!expect(ConfigValue::Type::text, "a string in quotes", value, complain)) return;
    const std::string& text = value.text;
    constexpr std::string_view taken = "+-=_.~#";
    if (text.size() > 1 || (text.size() == 1 && taken.find(text.front()) == std::string_view::npos))
        return complain(value.line, quoted(text) + " is no delimiter; use one of + - = _ . ~ # or nothing");
    settings.sender.recipient_delimiter = text.empty() ? '\0' : text.front();
}

void complete_accounts(Settings& settings, const ComplainOfKey& complain) {
    SenderSettings& sender = settings.sender;
    const bool needs_map = sender.check == SenderCheck::known || sender.check == SenderCheck::strict;
    if (needs_map && sender.map.empty() && sender.check == SenderCheck::strict && sender.mode == Mode::monitor)
        sender.check = SenderCheck::self;  // "monitor" alone: what can be checked without a map.
    else if (needs_map && sender.map.empty())
        complain("sender.mode", R"(needs sender.map; only "off" and "self" go without)");
    for (const auto& [reason, text] : settings.reply.texts)
        if (const auto problem = reply_text_problem(text, reason, settings.reply.url); !problem.empty())
            complain("reply." + std::string{name_of(reason)}, quoted(text) + ' ' + problem);
}

}  // namespace relay
