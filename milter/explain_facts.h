// explain's options as the macros that sendmail would have sent. Pure.
#pragma once

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "milter/explain.h"
#include "milter/macros.h"

namespace relay {

/// A value that makes no sense: the text names the option and quotes the value, escaped.
struct BadOption : std::runtime_error {
    using runtime_error::runtime_error;
};

struct ExplainFacts {
    std::map<std::string, std::string> macros;
    Client client;
    std::vector<std::string> notes;  ///< What was assumed.
};

/// Throws BadOption. `this_host` is $j where the options do not say it; empty: not known.
ExplainFacts facts_of(const ExplainOptions& options, const std::string& this_host = {});

/// Seconds since the epoch, or "2026-01-31T12:00:00Z" (the Z may be left out). Years 1970 to 9999; throws BadOption.
std::chrono::sys_seconds parse_time(const std::string& text);

/// A getter that reads from `macros`, which must outlive it.
MacroGetter getter_of(const std::map<std::string, std::string>& macros);

}  // namespace relay
