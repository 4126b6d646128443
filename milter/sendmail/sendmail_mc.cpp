#include "milter/sendmail/sendmail_mc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "milter/sendmail/m4_text.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr std::string_view kFeature = "milter_relay";
constexpr std::string_view kFilter = "milter-relay";
/// What ends the part of the file in which features stand. LOCAL_CONFIG and its like are followed by raw lines.
constexpr std::array<std::string_view, 4> kAfterFeatures = {"MAILER", "MAILER_DEFINITIONS", "LOCAL_CONFIG",
                                                            "LOCAL_RULESETS"};

bool calls(const M4Call& call, std::string_view name, std::string_view argument) {
    return call.name == name && !call.arguments.empty() && call.arguments[0] == argument;
}

bool is_feature(const M4Call& call) { return calls(call, "FEATURE", kFeature); }

bool ends_features(const M4Call& call) {
    return std::find(kAfterFeatures.begin(), kAfterFeatures.end(), call.name) != kAfterFeatures.end() ||
           call.name.starts_with("LOCAL_RULE_") || call.name == "LOCAL_NET_CONFIG" ||
           call.name.starts_with("LOCAL_SRV_") || call.name.starts_with("LOCAL_TRY_");
}

template <class... Parts>
[[noreturn]] void refuse(fmt::format_string<Parts...> format, Parts&&... parts) {
    throw McRefusal{fmt::format(format, std::forward<Parts>(parts)...)};
}

void refuse_words_in_quotes(const M4Text& m4) {
    for (const auto& call : m4.calls) {
        if (!call.closed) refuse("line {}: {}( is never closed; correct that first", call.line, call.name);
        if (call.name == "changequote" || call.name == "changecom")
            refuse("line {}: {} changes how the rest is read; put the line in by hand", call.line, call.name);
        if (call.name == "FEATURE" || call.name == "MAILER") continue;
        for (const auto& argument : call.arguments)
            if (argument.find("MAILER(") != argument.npos || argument.find(kFeature) != argument.npos)
                refuse(
                    "line {}: MAILER or {} stands inside {}(...), where it may or may not be in force; put the line in "
                    "by hand",
                    call.line, kFeature, call.name);
    }
    if (m4.ends_in_quotes) refuse("a ` has no ' to it; correct that first");
}

/// Read, and found to be of the kind that we understand.
M4Text understood(std::string_view mc) {
    auto m4 = read_m4(mc);
    refuse_words_in_quotes(m4);
    const auto has = [&](std::string_view name) {
        return std::any_of(m4.calls.begin(), m4.calls.end(), [&](const auto& call) { return call.name == name; });
    };
    if (!has("OSTYPE")) refuse("no OSTYPE line: this is no sendmail.mc that builds a sendmail.cf");
    if (!has("MAILER")) refuse("no MAILER line: such a host delivers nothing itself; put the line in by hand");
    for (const auto& call : m4.calls) {
        if (calls(call, "FEATURE", "promiscuous_relay"))
            refuse("line {}: promiscuous_relay makes this host an open relay; remove it first", call.line);
        if (calls(call, "FEATURE", "nullclient") || calls(call, "FEATURE", "msp"))
            refuse("line {}: {} hands all mail to another host; nobody can relay here", call.line, call.arguments[0]);
        if ((call.name == "INPUT_MAIL_FILTER" || call.name == "MAIL_FILTER") && !call.arguments.empty() &&
            call.arguments[0] == kFilter)
            refuse("line {}: {} wires milter-relay by hand; remove that line first, the feature takes its place",
                   call.line, call.name);
    }
    return m4;
}

const M4Call* the_feature(const M4Text& m4) {
    const M4Call* found = nullptr;
    for (const auto& call : m4.calls) {
        if (!is_feature(call)) continue;
        if (found) refuse("lines {} and {}: FEATURE(`{}') is there twice; keep one", found->line, call.line, kFeature);
        found = &call;
    }
    return found;
}

/// The whole lines of the call, which must have them to itself.
std::pair<std::size_t, std::size_t> lines_of(std::string_view mc, const M4Call& call) {
    const auto begin = line_begin(mc, call.begin), end = line_end(mc, call.end);
    const auto before = mc.substr(begin, call.begin - begin);
    auto after = mc.substr(call.end, end - call.end);
    after.remove_prefix(std::min(after.find_first_not_of(" \t"), after.size()));
    if (before.find_first_not_of(" \t") != before.npos ||
        !(after.empty() || after.starts_with("dnl") || after.starts_with('\n') || after.starts_with("\r\n")))
        refuse("line {}: FEATURE(`{}') shares its line with something else; part them first", call.line, kFeature);
    return {begin, end};
}

/// Above the first call that ends the features, and above the dnl lines that explain it.
std::size_t place_for_feature(std::string_view mc, const M4Text& m4) {
    const auto first = std::find_if(m4.calls.begin(), m4.calls.end(), ends_features);
    auto place = line_begin(mc, first->begin);
    if (mc.substr(place, first->begin - place).find_first_not_of(" \t") != mc.npos)
        refuse("line {}: {} does not begin its line; put the feature's line above it by hand", first->line,
               first->name);
    if (std::any_of(m4.calls.begin(), m4.calls.end(),
                    [&](const auto& call) { return call.begin < place && call.end > place; }))
        refuse("line {}: {} stands inside another macro; put the feature's line above that by hand", first->line,
               first->name);
    while (place > 0) {
        const auto above = line_begin(mc, place - 1);
        const auto line = mc.substr(above, place - above);
        const bool explains = line.starts_with("dnl") && line.find_first_of("`'(") == line.npos;
        if (!explains) break;
        place = above;
    }
    return place;
}

}  // namespace

std::string FeatureArguments::line() const {
    std::string text = fmt::format("FEATURE(`{}'", kFeature);
    if (!socket.empty() || !policy.empty()) text.append(fmt::format(", `{}'", socket));
    if (!policy.empty()) text.append(fmt::format(", `{}'", policy));
    return text.append(")dnl\n");
}

void require_plain(const FeatureArguments& arguments) {
    for (const auto& text : {arguments.socket, arguments.policy})
        if (std::any_of(text.begin(), text.end(), [](char c) {
                return c <= ' ' || c > '~' || std::string_view{"`'(),#$\\\""}.find(c) != std::string_view::npos;
            }))
            refuse(
                "\"{}\": quotes, commas, blanks, parentheses, #, $ and \\ have a meaning of their own for m4 and "
                "sendmail",
                escaped(text));
}

std::optional<FeatureArguments> feature_in(std::string_view mc) {
    const auto m4 = understood(mc);
    const auto* call = the_feature(m4);
    if (!call) return {};
    const auto argument = [&](std::size_t i) { return call->arguments.size() > i ? call->arguments[i] : ""; };
    return FeatureArguments{argument(1), argument(2)};
}

std::string with_feature(std::string_view mc, const FeatureArguments& arguments) {
    require_plain(arguments);
    const auto m4 = understood(mc);
    std::pair<std::size_t, std::size_t> place;
    if (const auto* call = the_feature(m4)) place = lines_of(mc, *call);
    else place.first = place.second = place_for_feature(mc, m4);
    std::string text{mc};
    return text.replace(place.first, place.second - place.first, arguments.line());
}

std::string without_feature(std::string_view mc) {
    const auto m4 = understood(mc);
    std::string text{mc};
    const auto* call = the_feature(m4);
    if (!call) return text;
    const auto [begin, end] = lines_of(mc, *call);
    return text.erase(begin, end - begin);
}

std::string included_cf_m4(std::string_view mc) {
    for (const auto& call : read_m4(mc).calls)
        if (call.name == "include" && !call.arguments.empty() && call.arguments[0].ends_with("m4/cf.m4"))
            return call.arguments[0];
    return {};
}

}  // namespace relay
