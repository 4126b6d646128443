// vsmtprelay(8): who may relay because of a login, by hand. The command line, the clock, and nothing else.
#include <fmt/format.h>
#include <sysexits.h>

#include <chrono>
#include <exception>

#include "vsmtprelay/arguments.h"
#include "vsmtprelay/commands.h"

int main(int argc, char** argv) try {
    const auto parsed = relay::parse_arguments(argc, argv);
    if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return relay::run_command(std::get<relay::Arguments>(parsed), now);
} catch (const std::exception& error) {
    fmt::print(stderr, "vsmtprelay: {}\n", error.what());
    return EX_SOFTWARE;
}
