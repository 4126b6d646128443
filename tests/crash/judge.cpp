#include "tests/crash/judge.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "policy/address.h"
#include "tests/crash/scenarios.h"

namespace relay::crash {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNext = "203.0.113.254";  // In none of the databases.

std::uint64_t fingerprint_of(const Tree& tree) {
    const auto file = tree.find(kDatabase);
    return file == tree.end() ? 0 : file->second.fingerprint();
}

/// Random letters and times in names differ from run to run.
std::set<std::string> kinds_of_names(const Tree& tree) {
    std::set<std::string> kinds;
    for (const auto& [exact, image] : tree) {
        std::string name = exact;
        std::ranges::replace_if(name, [](char c) { return c >= '0' && c <= '9'; }, '#');
        kinds.insert(name);
    }
    return kinds;
}

const std::string* find(const Entries& entries, const std::string& key) {
    const auto entry = entries.find(key);
    return entry == entries.end() ? nullptr : &entry->second;
}

bool equal(const std::string* a, const std::string* b) {
    return a && b ? *a == *b : a == b;
}

/// The clients that have an entry, under whatever spelling.
std::set<Address> clients_of(const Entries& entries) {
    std::set<Address> clients;
    for (const auto& [key, datum] : entries)
        if (const auto client = Address::parse(key)) clients.insert(*client);
    return clients;
}

/// What was written as the present differs from run to run.
void forget_present(Entries& entries, std::int64_t started) {
    for (auto& [key, datum] : entries) {
        std::int64_t at = 0;
        const auto parsed = std::from_chars(datum.data(), datum.data() + datum.size(), at);
        if (parsed.ptr == datum.data() + datum.size() && at >= started && at < started + 3600) datum = "now";
    }
}

Entries parsed_dump(const std::string& text) {
    Entries entries;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        const std::size_t blank = line.find(' ');
        if (!line.starts_with('#') && blank != line.npos) entries[line.substr(0, blank)] = line.substr(blank + 1);
        at = end + 1;
    }
    return entries;
}

/// A dump has the newest of the entries that one client has under several spellings, the others as comments.
bool tells_all(const Entries& dump, const Entries& entries) {
    const bool true_ones = std::ranges::all_of(dump, [&](const auto& entry) {
        return equal(find(entries, entry.first), &entry.second);
    });
    return true_ones && clients_of(dump) == clients_of(entries);
}

}  // namespace

Judge::Judge(Tree before, Tree after, std::string work, std::int64_t started)
    : before_tree_{std::move(before)}, after_tree_{std::move(after)}, work_{std::move(work)}, started_{started},
      before_{contents_of(before_tree_)}, after_{contents_of(after_tree_)} {}

std::string Judge::verdict(const Tree& tree, const Acknowledged& acknowledged) {
    const Contents& seen = contents_of(tree);
    if (seen.state == Contents::State::missing)
        return before_.state == seen.state && acknowledged.nothing() ? "" : "the file is missing";
    if (seen.state == Contents::State::damaged) return damage_verdict(tree, seen, acknowledged);
    std::string wrong = mode_verdict(tree);
    if (wrong.empty()) wrong = entries_verdict(seen.entries, acknowledged);
    if (wrong.empty() && tried_.emplace(fingerprint_of(tree), tree.size()).second) wrong = others_verdict(tree, seen);
    return wrong;
}

const Contents& Judge::contents_of(const Tree& tree) {
    const auto [place, fresh] = known_.try_emplace(fingerprint_of(tree));
    if (fresh) place->second = read(tree);
    return place->second;
}

Contents Judge::read(const Tree& tree) {
    fs::remove_all(work_);
    fs::create_directories(work_);
    store_tree(tree, work_);
    Contents contents = read_contents(work_ + "/" + kDatabase);
    forget_present(contents.entries, started_);
    return contents;
}

std::string Judge::mode_verdict(const Tree& tree) const {
    const auto same_mode = [&](const Tree& other) {
        return other.contains(kDatabase) && other.at(kDatabase).mode == tree.at(kDatabase).mode;
    };
    return same_mode(before_tree_) || same_mode(after_tree_) ? "" : "the file has another mode";
}

/// A repair may be stopped before it replaced the damaged file, and never throws that away.
std::string Judge::damage_verdict(const Tree& tree, const Contents& seen, const Acknowledged& acknowledged) const {
    const bool untouched = fingerprint_of(tree) == fingerprint_of(before_tree_);
    return untouched && !acknowledged.all ? "" : "the file is damaged: " + seen.fault;
}

std::string Judge::entries_verdict(const Entries& seen, const Acknowledged& acknowledged) const {
    Entries all = seen;
    all.insert(before_.entries.begin(), before_.entries.end());
    all.insert(after_.entries.begin(), after_.entries.end());
    for (const auto& [key, datum] : all) {
        const std::string* const here = find(seen, key);
        const bool old = equal(here, find(before_.entries, key));
        const bool changed = equal(here, find(after_.entries, key));
        if (!changed && acknowledged.has(key)) return key + " is not as was acknowledged";
        if (!old && !changed) return key + (here ? " has data of nobody: " + *here : " is lost");
    }
    const std::set<Address> clients = clients_of(seen);
    const std::set<Address> kept = clients_of(after_.entries);
    for (const Address& client : clients_of(before_.entries))
        if (kept.contains(client) && !clients.contains(client)) return client.text() + " is lost under every spelling";
    return {};
}

std::string Judge::others_verdict(const Tree& tree, const Contents& seen) {
    fs::remove_all(work_);
    fs::create_directories(work_);
    store_tree(tree, work_);
    const std::string path = work_ + "/" + kDatabase;
    Entries by_makemap = unmakemap(path);
    forget_present(by_makemap, started_);
    if (by_makemap != seen.entries) return "makemap -u reads something else";
    const Ended dump = run(vsmtprelay(path, {"dump"}));
    Entries by_dump = parsed_dump(dump.output);
    forget_present(by_dump, started_);
    if (dump.code != 0 || !tells_all(by_dump, seen.entries))
        return "vsmtprelay dump prints something else: " + dump.error;
    if (const Ended verify = run(vsmtprelay(path, {"verify"})); verify.code != 0)
        return "vsmtprelay verify: " + verify.error;
    return next_command_verdict(seen);
}

std::string Judge::next_command_verdict(const Contents& seen) {
    const std::string path = work_ + "/" + kDatabase;
    const Ended next = run(vsmtprelay(path, {"add", kNext, "4102444800"}));
    if (next.code != 0) return "the next add fails: " + next.error;
    Contents expected = seen;
    expected.entries[kNext] = "4102444800";
    Contents found = read_contents(path);
    forget_present(found.entries, started_);
    if (found != expected) return "the next add leaves something else: " + found.fault;
    std::set<std::string> allowed = kinds_of_names(before_tree_);
    allowed.merge(kinds_of_names(after_tree_));
    for (const std::string& name : kinds_of_names(load_tree(work_)))
        if (!allowed.contains(name)) return "the next add leaves a file of the stopped command: " + name;
    return {};
}

}  // namespace relay::crash
