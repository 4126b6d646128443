// Judges what a stopped command left behind.
//
// Each entry is as it was before or as the command was to make it, no address is lost in between, an acknowledged
// change is there, the file is sound and of the right mode; makemap and vsmtprelay read it and agree; and the next
// vsmtprelay works and clears away what the stopped one left.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/crash/contents.h"
#include "tests/crash/disk.h"

namespace relay::crash {

/// The database in each tree that is judged.
inline constexpr const char* kDatabase = "relayers.db";

/// What the command had said when it was stopped.
struct Acknowledged {
    bool all = false;             ///< It ended, and well.
    std::set<std::string> keys = {};  ///< It named these on standard output.

    [[nodiscard]] bool nothing() const { return !all && keys.empty(); }
    [[nodiscard]] bool has(const std::string& key) const { return all || keys.contains(key); }
};

class Judge {
public:
    /// What the command found and what it made of it when nothing stopped it. `work` is a directory for the judge,
    /// `started` the time (seconds since 1970) before the command ran: what it wrote as the present is that or later.
    Judge(Tree before, Tree after, std::string work, std::int64_t started);

    /// What is wrong; empty: nothing.
    std::string verdict(const Tree& tree, const Acknowledged& acknowledged);
    [[nodiscard]] const Contents& before() const { return before_; }
    [[nodiscard]] const Contents& after() const { return after_; }
    /// How many different files were judged.
    [[nodiscard]] std::size_t states() const { return known_.size(); }

private:
    const Contents& contents_of(const Tree& tree);
    Contents read(const Tree& tree);
    std::string mode_verdict(const Tree& tree) const;
    std::string damage_verdict(const Tree& tree, const Contents& seen, const Acknowledged& acknowledged) const;
    std::string entries_verdict(const Entries& seen, const Acknowledged& acknowledged) const;
    std::string others_verdict(const Tree& tree, const Contents& seen);
    std::string next_command_verdict(const Contents& seen);

    Tree before_tree_;
    Tree after_tree_;
    std::string work_;
    std::int64_t started_;
    std::map<std::uint64_t, Contents> known_;  ///< By fingerprint of the file.
    std::set<std::pair<std::uint64_t, std::size_t>> tried_;  ///< By others_verdict(): fingerprint, number of files.
    Contents before_;
    Contents after_;
};

}  // namespace relay::crash
