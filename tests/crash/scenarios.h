// The operations that are stopped everywhere: each a database as it was before, and a command that changes it.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/process.h"

namespace relay::crash {

using Random = std::mt19937_64;

struct Scenario {
    const char* name;
    /// Makes the database `path`, in an empty directory, and answers what is to be done to it.
    std::function<Command(const std::string& path, Random& random)> prepare;
    bool replaces = false;  ///< By a rename: a trial where it is done in place says so, since it then shows something else.
};

const std::vector<Scenario>& scenarios();

/// How writers must not be: for the proof that the harness finds them. The names are words of unsafe_writer.cpp.
std::vector<Scenario> unsafe_scenarios();

/// The command line of vsmtprelay on the database `path`.
Command vsmtprelay(const std::string& path, std::vector<std::string> words);
/// record_logins.cpp on it; the input is still to be given.
Command record_logins(const std::string& path);
/// What the environment of a program has to hold that is to be stopped (trace.h).
std::map<std::string, std::string> with_boundaries();

}  // namespace relay::crash
