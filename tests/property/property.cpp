#include "tests/property/property.h"

#include <cstdlib>
#include <iostream>
#include <random>

namespace property {
namespace {

/// Adds KEY=VALUE to `params` unless KEY is there.
void add_default(std::string& params, const std::string& key, std::uint64_t value) {
    if (params.find(key + '=') != std::string::npos) return;
    params += (params.empty() ? "" : " ") + key + '=' + std::to_string(value);
}

bool choose_seed() {
    const char* given = std::getenv("RC_PARAMS");
    std::string params = given ? given : "";
    std::random_device random;
    add_default(params, "seed", (std::uint64_t{random()} << 32) | random());
    add_default(params, "max_success", 2000);  // Some rows are met by one envelope in a hundred.
    setenv("RC_PARAMS", params.c_str(), 1);    // RapidCheck reads it at its first use.
    std::cout << "To repeat these tests: RC_PARAMS='" << params << "'" << std::endl;
    return true;
}

}  // namespace

void log_seed() { [[maybe_unused]] static const bool chosen = choose_seed(); }

}  // namespace property
