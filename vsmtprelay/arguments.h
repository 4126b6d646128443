// The command line of vsmtprelay(8), taken apart.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/source/login_database.h"

namespace CLI {
class App;
class ParseError;
}

namespace relay {

struct Arguments {
    LoginDatabase database;  ///< -f, or the usual one.
    std::string config;      ///< -c, or the usual configuration.
    std::string command;
    std::vector<std::string> words;  ///< What follows the command, unjudged; without a -- right behind it.
};

extern const char kUsage[];

/// The exit code where there is nothing to run: --help and --version were answered, or the usage was printed.
std::variant<Arguments, int> parse_arguments(int all, char** argv);

/// What CLI11 did not take, and the option or command of `app` that was probably meant; escaped.
std::string unexpected_word(const CLI::App& app, const CLI::ParseError& error);
/// "no option "--jsno"; did you mean "--json"?", escaped.
std::string unknown_option(const std::string& word, const std::vector<std::string_view>& known);

/// Prints the usage on standard error; returns EX_USAGE.
int usage_error(const std::string& problem);

}  // namespace relay
