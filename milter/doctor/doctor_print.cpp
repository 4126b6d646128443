// What was found, for people and for programs.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "milter/doctor/doctor.h"

namespace relay::doctor {
namespace {

using nlohmann::ordered_json;

const char* name_of(Level level) {
    switch (level) {
        case Level::ok: return "ok";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "";
}

const char* colour_of(Level level) {
    switch (level) {
        case Level::ok: return "\x1b[32m";
        case Level::warning: return "\x1b[33m";
        case Level::error: return "\x1b[31m";
    }
    return "";
}

std::size_t count_of(const std::vector<Examined>& all, Level level) {
    std::size_t count = 0;
    for (const auto& part : all)
        for (const auto& one : part.findings) count += one.level == level ? 1 : 0;
    return count;
}

std::string finding_text(const Finding& one, bool in_colour) {
    const auto word = fmt::format("{:<7}", name_of(one.level));
    auto text = fmt::format("  {}  {}\n", in_colour ? colour_of(one.level) + word + "\x1b[0m" : word, one.seen);
    if (!one.why.empty()) text += fmt::format("           why:  {}\n", one.why);
    if (!one.type.empty()) text += fmt::format("           type: {}\n", one.type);
    return text;
}

}  // namespace

std::string text_of(const Examined& part, bool in_colour) {
    if (part.findings.empty()) return {};
    std::string text{part.group};
    text.push_back('\n');
    for (const auto& one : part.findings) text += finding_text(one, in_colour);
    return text;
}

std::string summary_of(const std::vector<Examined>& all) {
    const auto counted = [](std::size_t count, const char* what) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    return counted(count_of(all, Level::error), "error") + ", " + counted(count_of(all, Level::warning), "warning") +
           "\n";
}

std::string json_of(const std::vector<Examined>& all) {
    ordered_json rows = ordered_json::array();
    for (const auto& part : all)
        for (const auto& one : part.findings)
            rows.push_back({{"group", part.group},
                            {"level", name_of(one.level)},
                            {"seen", one.seen},
                            {"why", one.why},
                            {"type", one.type}});
    const ordered_json whole{
        {"errors", count_of(all, Level::error)}, {"warnings", count_of(all, Level::warning)}, {"findings", rows}};
    return whole.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace relay::doctor
