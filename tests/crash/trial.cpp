#include "tests/crash/trial.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace relay::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSubsets = 5;  // Of what was not synced, for each power cut.

struct FaultKind {
    const char* name;
    std::map<std::string, std::string> how;
};

const std::vector<FaultKind>& fault_kinds() {
    static const std::string full = std::to_string(ENOSPC);
    static const std::string broken = std::to_string(EIO);
    static const std::vector<FaultKind> all{
        {"ENOSPC at ", {{kError, full}}},
        {"ENOSPC from ", {{kError, full}, {kLasting, "1"}}},
        {"EIO at ", {{kError, broken}}},
        {"EIO from ", {{kError, broken}, {kLasting, "1"}}},
        {"short write at ", {{kError, full}, {kShort, "1"}}},
        {"short write, then ENOSPC from ", {{kError, full}, {kShort, "1"}, {kLasting, "1"}}},
    };
    return all;
}

bool applies(const FaultKind& fault, const Operation& operation) {
    if (operation.kind == Kind::say) return false;
    if (fault.how.contains(kShort)) return operation.kind == Kind::write;
    return fault.how.at(kError) != std::to_string(ENOSPC) || takes_room(operation.kind);
}

/// Nothing of what was not synced survives, all of it, or some.
Survives survivors(std::size_t subset, Random& random) {
    if (subset == 0) return [] { return false; };
    if (subset == 1) return [] { return true; };
    static constexpr unsigned kPercent[] = {50, 10, 90};
    return [&random, percent = kPercent[subset % 3]] { return random() % 100 < percent; };
}

std::map<std::string, std::uint64_t> inodes_in(const std::string& directory) {
    std::map<std::string, std::uint64_t> found;
    for (const auto& entry : fs::recursive_directory_iterator{directory}) {
        struct stat status {};
        if (::stat(entry.path().c_str(), &status) == 0) found[fs::relative(entry.path(), directory)] = status.st_ino;
    }
    return found;
}

bool same_files(const Tree& one, const Tree& other) {
    return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.fingerprint() == b.second.fingerprint();
    });
}

void take_said(const Operation& operation, Acknowledged& acknowledged) {
    if (operation.kind != Kind::say) return;
    std::istringstream words{operation.bytes};
    for (std::string word; words >> word;) acknowledged.keys.insert(word);
}

}  // namespace

void Trial::run() {
    record();
    ++tally_.trials;
    tally_.boundaries += trace_.size();
    kill_everywhere();
    cut_power_everywhere();
    fail_everywhere();
    tally_.states += judge_->states();
}

void Trial::record() {
    fs::remove_all(work_);
    fs::create_directory(work_);
    command_ = scenario_.prepare(work_ + "/" + kDatabase, random_);
    before_ = load_tree(work_);
    const std::int64_t started = std::time(nullptr);
    Run run = run_on(before_, {});
    if (run.ended.code != 0) throw std::runtime_error{"failed without any fault: " + run.ended.error};
    const Tree after = load_tree(work_);
    trace_ = std::move(run.trace);
    inodes_ = std::move(run.inodes);
    const bool replaced = std::ranges::find(trace_, Kind::rename, &Operation::kind) != trace_.end();
    if (scenario_.replaces && !replaced) throw std::runtime_error{"changed the file in place"};
    judge_.emplace(before_, after, work_ + ".judge", started);
    const Contents& found = judge_->after();
    if (found.state != Contents::State::sound) throw std::runtime_error{"left no sound file: " + found.fault};
    if (found == judge_->before()) throw std::runtime_error{"changed nothing"};
    Disk disk{before_, inodes_};
    for (const Operation& operation : trace_) disk.apply(operation);
    if (!same_files(disk.now(), after)) throw std::runtime_error{"did what its trace does not show"};
}

void Trial::kill_everywhere() {
    for (const std::size_t boundary : chosen_boundaries()) {
        const Run run = run_on(before_, {{kKillAt, std::to_string(boundary)}});
        const std::string where = "kill -9 before " + std::to_string(boundary);
        if (run.ended.signal != SIGKILL && run.ended.code != 0) fail(where, "it failed by itself: " + run.ended.error);
        ++tally_.kills;
        judge(load_tree(work_), said(run), where);
    }
}

void Trial::cut_power_everywhere() {
    const std::vector<std::size_t> chosen = chosen_boundaries();
    Disk disk{before_, inodes_, scope_.unit};
    Acknowledged acknowledged;
    for (std::size_t boundary = 1; boundary <= trace_.size(); ++boundary) {
        if (std::ranges::binary_search(chosen, boundary))
            cut_power(disk, acknowledged, " before " + std::to_string(boundary));
        disk.apply(trace_[boundary - 1]);
        take_said(trace_[boundary - 1], acknowledged);
    }
    acknowledged.all = true;
    cut_power(disk, acknowledged, " after the end");
}

void Trial::cut_power(const Disk& disk, const Acknowledged& acknowledged, const std::string& where) {
    for (std::size_t subset = 0; subset < kSubsets; ++subset) {
        ++tally_.power_cuts;
        judge(disk.after_power_cut(survivors(subset, random_)), acknowledged,
              "power cut " + std::to_string(subset) + where);
    }
}

void Trial::fail_everywhere() {
    for (const std::size_t boundary : chosen_boundaries())
        for (const FaultKind& fault : fault_kinds())
            if (applies(fault, trace_[boundary - 1]))
                fail_at(boundary, fault.how, fault.name + std::to_string(boundary));
}

/// A failed command names the file, and what it acknowledged in spite of the fault outlives a power cut.
void Trial::fail_at(std::size_t boundary, const Environment& how, const std::string& where) {
    Environment environment = how;
    environment[kFailAt] = std::to_string(boundary);
    const Run run = run_on(before_, std::move(environment));
    ++tally_.faults;
    const Acknowledged acknowledged = said(run);
    if (run.ended.signal != 0) return fail(where, "signal " + std::to_string(run.ended.signal));
    if (!acknowledged.all && run.ended.error.find(kDatabase) == std::string::npos)
        fail(where, "the message does not name the file: " + run.ended.error);
    judge(load_tree(work_), acknowledged, where);
    Disk disk{before_, run.inodes, scope_.unit};
    for (const Operation& operation : run.trace) disk.apply(operation);
    for (const std::size_t subset : {0U, 2U})
        judge(disk.after_power_cut(survivors(subset, random_)), acknowledged, where + ", then a power cut");
}

Acknowledged Trial::said(const Run& run) {
    Acknowledged acknowledged{run.ended.code == 0};
    for (const Operation& operation : run.trace) take_said(operation, acknowledged);
    return acknowledged;
}

Trial::Run Trial::run_on(const Tree& tree, Environment environment) {
    const std::string trace = work_ + ".trace";
    fs::remove_all(work_);
    fs::create_directory(work_);
    fs::remove(trace);
    store_tree(tree, work_);
    Run run;
    run.inodes = inodes_in(work_);
    environment.merge(with_boundaries());
    environment.insert({{kRoot, work_}, {kTrace, trace}});
    run.ended = crash::run(command_, environment);
    run.trace = read_trace(trace);
    return run;
}

/// In their order: all, or a random `most` of them. Of a long trace nearly all are writes; half of the sample is not.
std::vector<std::size_t> Trial::chosen_boundaries() {
    std::vector<std::size_t> chosen(trace_.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{1});
    if (scope_.most == 0 || chosen.size() <= scope_.most) return chosen;
    std::ranges::shuffle(chosen, random_);
    const auto writes = std::ranges::partition(chosen, [this](std::size_t boundary) { return trace_[boundary - 1].kind != Kind::write; });
    const auto others = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(scope_.most / 2), writes.begin() - chosen.begin());
    std::ranges::rotate(chosen.begin() + others, writes.begin(), chosen.end());
    chosen.resize(scope_.most);
    std::ranges::sort(chosen);
    return chosen;
}

void Trial::judge(const Tree& tree, const Acknowledged& acknowledged, const std::string& where) {
    std::string wrong;
    try {
        wrong = judge_->verdict(tree, acknowledged);
    } catch (const std::runtime_error& error) {
        wrong = error.what();
    }
    if (!wrong.empty()) fail(where, wrong);
}

void Trial::fail(const std::string& where, const std::string& what) {
    tally_.failures.push_back(where + " of " + std::to_string(trace_.size()) + ": " + what);
}

}  // namespace relay::crash
