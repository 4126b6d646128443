// How the program speaks of its own command line: help that fits a screen, and what is wrong in one line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace relay {

/// Help within 80 columns; for every sub-command that is added afterwards.
void use_short_help(CLI::App& app);

/// What is wrong with the words, which command it is, the word that was probably meant, and where to read on; escaped, one
/// line. `words`: all after the program's name.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words);

}  // namespace relay
