#include "milter/command_line.h"

#include <algorithm>
#include <sstream>

#include "policy/source/files/escaped.h"
#include "policy/source/files/similar_word.h"

namespace relay {
namespace {

constexpr std::size_t kColumns = 79, kDescription = 27;

/// Broken at blanks; what follows begins under the descriptions.
std::string wrapped(std::string line) {
    std::string text;
    while (line.size() > kColumns) {
        auto at = line.rfind(' ', kColumns);
        if (at == line.npos || at <= kDescription) break;
        text.append(line, 0, at).push_back('\n');
        line = std::string(kDescription, ' ') + line.substr(at + 1);
    }
    return text + line + '\n';
}

class ShortHelp : public CLI::Formatter {
public:
    ShortHelp() { column_width(kDescription); }

    std::string make_option_opts(const CLI::Option* option) const override {
        const auto type = option->get_option_text().empty() ? option->get_type_name() : option->get_option_text();
        const auto word = type.substr(0, type.find(':'));  // Without the range, which the description tells.
        return (word.empty() ? "" : " " + word) + (option->get_required() ? " (required)" : "");
    }

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
        std::istringstream lines{CLI::Formatter::make_help(app, std::move(name), mode)};
        std::string text;
        for (std::string line; std::getline(lines, line);)
            if (!line.empty()) text += wrapped(line);  // Screens are short.
        return text;
    }
};

const CLI::App& chosen(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? app : *commands.front();
}

/// The commands where none was said, or its options.
std::vector<std::string> known_words(const CLI::App& app, const CLI::App& command) {
    std::vector<std::string> words;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames()) words.push_back("--" + name);
    if (&command == &app)
        for (const auto* one : app.get_subcommands([](const CLI::App*) { return true; })) words.push_back(one->get_name());
    return words;
}

std::string unknown(const CLI::App& app, const CLI::App& command, const std::string& word) {
    const auto words = known_words(app, command);
    const bool is_option = word.starts_with('-');
    const char* what = is_option ? "no option \"" : &command == &app ? "no command \"" : "does not take \"";
    return what + escaped(word) + '"' +
           (is_option || &command == &app ? did_you_mean(word.substr(0, word.find('=')), {words.begin(), words.end()}) : "");
}

bool is_known(const CLI::App& app, const CLI::App& command, const std::string& word) {
    const auto words = known_words(app, command);
    return std::find(words.begin(), words.end(), word.substr(0, word.find('='))) != words.end();
}

}  // namespace

void use_short_help(CLI::App& app) {
    app.formatter(std::make_shared<ShortHelp>());
}

std::string usage_problem(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words) {
    const CLI::App& command = chosen(app);
    const bool has_command = &command != &app;
    std::string text{"milter-relay "};
    if (has_command) text.append(command.get_name()).append(": ");
    else text.pop_back(), text.append(": ");
    const auto extras = app.remaining(true);
    if (!has_command && !words.empty() && !is_known(app, app, words.front())) text += unknown(app, app, words.front());
    else if (!extras.empty()) text += unknown(app, command, extras.front());
    else text += escaped(error.what());
    return text + (text.ends_with('?') ? " See " : "; see ") + "milter-relay" + (has_command ? " " + command.get_name() : "") + " --help";
}

}  // namespace relay
