// One question to the control socket of the running daemon.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "policy/settings.h"

namespace relay {

/// Why there is no answer; the text is for standard error, the code of sysexits(3).
struct NoAnswer {
    int exit_code;
    std::string text;
};

/// What the daemon of this configuration answers. Throws NoAnswer, or nlohmann::json::exception for what is no JSON.
nlohmann::json ask_daemon(const Settings& settings, const char* path, const httplib::Params& parameters, bool changes);

}  // namespace relay
