// One command on one database, stopped at every boundary: by kill -9, by a power cut, by a full and by a broken disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/disk.h"
#include "tests/crash/judge.h"
#include "tests/crash/process.h"
#include "tests/crash/scenarios.h"
#include "tests/crash/trace.h"

namespace relay::crash {

/// How a scenario fared, over all its trials.
struct Tally {
    std::size_t trials = 0;
    std::size_t boundaries = 0;
    std::size_t kills = 0;
    std::size_t power_cuts = 0;
    std::size_t faults = 0;  ///< ENOSPC, EIO and short writes.
    std::size_t states = 0;  ///< Different files that were found afterwards.
    std::vector<std::string> failures;  ///< Where the command was stopped, and what was wrong then.

    [[nodiscard]] std::size_t points() const { return kills + power_cuts + faults; }
};

class Trial {
public:
    struct Scope {
        std::uint64_t seed = 1;            ///< Of the database, and of what a power cut leaves.
        std::size_t most = 0;              ///< The boundaries that are tried; 0: all.
        std::uint64_t unit = Image::kPage;  ///< Of a write, in a power cut (Disk).
    };
    /// In the directory `work`, which is emptied, and beside it. Adds to `tally`.
    Trial(const Scenario& scenario, const Scope& scope, std::string work, Tally& tally)
        : scenario_{scenario}, scope_{scope}, random_{scope.seed}, work_{std::move(work)}, tally_{tally} {}

    /// Throws std::runtime_error when the command does not work at all, or does what its trace does not show.
    void run();

private:
    struct Run {
        Ended ended;
        std::vector<Operation> trace;
        std::map<std::string, std::uint64_t> inodes;  ///< Of the files before the run.
    };
    using Environment = std::map<std::string, std::string>;

    void record();
    void kill_everywhere();
    void cut_power_everywhere();
    void cut_power(const Disk& disk, const Acknowledged& acknowledged, const std::string& where);
    void fail_everywhere();
    void fail_at(std::size_t boundary, const Environment& how, const std::string& where);

    static Acknowledged said(const Run& run);
    Run run_on(const Tree& tree, Environment environment);
    [[nodiscard]] std::vector<std::size_t> chosen_boundaries();
    void judge(const Tree& tree, const Acknowledged& acknowledged, const std::string& where);
    void fail(const std::string& where, const std::string& what);

    const Scenario& scenario_;
    Scope scope_;
    Random random_;
    std::string work_;
    Tally& tally_;

    Command command_;
    Tree before_;
    std::vector<Operation> trace_;
    std::map<std::string, std::uint64_t> inodes_;
    std::optional<Judge> judge_;
};

}  // namespace relay::crash
