// milter-relay.toml: taken whole or not at all, each error in words; what was taken is told as a configuration.
#include "policy/source/config/config_file.h"
#include "policy/source/config/config_text.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto result = parse_config(fuzz::text_of(bytes, size), "f.toml");
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) {
        fuzz::expect(!errors->empty(), "what is not taken has an error");
        for (const auto& error : *errors)
            fuzz::expect(fuzz::is_printable_line(error.message()), "an error is printable");
        return 0;
    }
    const auto told = config_text(std::get<Settings>(result));
    const auto again = parse_config(told, "told.toml");
    const auto* settings = std::get_if<Settings>(&again);
    if (!settings) std::fprintf(stderr, "%s\n%s\n", told.c_str(), std::get<1>(again).front().message().c_str());
    fuzz::expect(settings != nullptr, "what check-config tells is a configuration");
    fuzz::expect(config_text(*settings) == told, "and means the same");
    return 0;
}
