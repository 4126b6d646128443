#include "tests/crash/scenarios.h"

#include <cstdlib>
#include <filesystem>

#include "tests/crash/contents.h"
#include "tests/crash/databases.h"

namespace relay::crash {
namespace {

constexpr bool kReplaces = true;
constexpr const char* kNew = "1700000000";  // When the new logins were; later than all of an old database.

Command add(const std::string& path, const std::string& address) {
    return vsmtprelay(path, {"add", address, kNew});
}

/// By RelayersWriter, with a login for each client: what the login programs will do.
Command record(const std::string& path, const Entries& entries) {
    Command command = record_logins(path);
    for (const auto& [address, datum] : entries) command.input.append(address).append(" ").append(datum).append("\n");
    return command;
}

Command delete_some(const std::string& path, const Entries& entries, std::size_t count) {
    Command command = vsmtprelay(path, {"delete"});
    for (const auto& [address, datum] : entries)
        if (count-- != 0) command.words.push_back(address);
        else break;
    return command;
}

Command add_from_input(const std::string& path, const Entries& entries) {
    Command command = vsmtprelay(path, {"add", "-"});
    for (const auto& [address, datum] : entries) command.input.append(address).append("\n");
    return command;
}

Command import(const std::string& path, const Entries& entries) {
    const std::string text = path + ".txt";
    write_makemap_text(text, entries);
    return vsmtprelay(path, {"import", text});
}

Command add_to_nearly_full(const std::string& path, Random& random, const Maker& make) {
    const Entries last = make_nearly_full(path, random, make);
    if (last.begin()->second.find(' ') != std::string::npos) return record(path, last);
    return add(path, last.begin()->first);
}

/// As the database of another program: the same address in a spelling that is not ours.
Command refresh_foreign(const std::string& path, Random& random) {
    Entries entries = some(v6, random, 40);
    const std::string address = entries.begin()->first;
    entries["IPv6:" + address] = entries.extract(address).mapped();
    put_entries(path, entries, kSmall);
    return add(path, address);
}

Command through_a_link(const std::string& path, Random& random) {
    put_entries(path, some(v4, random, 60), kSmall);
    const std::string elsewhere = std::filesystem::path{path}.parent_path().string() + "-link";
    std::filesystem::remove_all(elsewhere);
    std::filesystem::create_directory(elsewhere);
    const std::string link = elsewhere + "/relayers.db";
    std::filesystem::create_symlink(path, link);
    return add(link, v4(random).first);
}

/// Old and fresh ones; what is older than a day goes.
Command expire(const std::string& path, Random& random, std::size_t old, std::size_t fresh) {
    Entries entries = some(any, random, old);
    for (auto [address, datum] : some(any, random, fresh)) entries[address] = "4102444800";
    put_entries(path, entries, kMiddle);
    return vsmtprelay(path, {"expire"});
}

Command repair(const std::string& path, Random& random) {
    put_entries(path, some(any, random, 200), kSmall);
    spoil_a_page(path, random);
    return vsmtprelay(path, {"repair"});
}

template <class Change>
auto small(std::size_t most, Change change) {
    return [=](const std::string& path, Random& random) {
        const Entries entries = some(any, random, 1 + random() % most);
        put_entries(path, entries, kSmall);
        return change(path, random, entries);
    };
}

std::vector<Scenario> make_scenarios() {
    return {
        {"add IPv4", small(200, [](auto& p, auto& r, auto&) { return add(p, v4(r).first); })},
        {"add IPv6", small(200, [](auto& p, auto& r, auto&) { return add(p, v6(r).first); })},
        {"add to an empty file", [](auto& p, auto& r) { put_entries(p, {}, kLarge); return add(p, any(r).first); }},
        {"add to a missing file", [](auto& p, auto& r) { return add(p, any(r).first); }},
        {"add to makemap's file",
         [](auto& p, auto& r) { makemap(p, some(any, r, 1 + r() % 400)); return add(p, any(r).first); }},
        {"add to a nearly full bucket", [](auto& p, auto& r) { return add_to_nearly_full(p, r, any); }},
        {"add to 10,000",
         [](auto& p, auto& r) { put_entries(p, some(any, r, 10'000), kLarge); return add(p, any(r).first); }},
        {"add to a huge file", [](auto& p, auto& r) { put_entries(p, some(any, r, 3000), kHuge); return add(p, any(r).first); }},
        {"delete from a huge file",
         [](auto& p, auto& r) { const auto e = some(any, r, 3000); put_entries(p, e, kHuge); return delete_some(p, e, 5); }},
        {"add through a link", through_a_link},
        {"add 40 at once", small(100, [](auto& p, auto& r, auto&) { return add_from_input(p, some(any, r, 40)); })},
        {"add 3,000, growing", small(60, [](auto& p, auto& r, auto&) { return add_from_input(p, some(any, r, 3000)); }),
         kReplaces},
        {"add 3,000 to makemap's file",
         [](auto& p, auto& r) { makemap(p, some(any, r, 300)); return add_from_input(p, some(any, r, 3000)); }, kReplaces},
        {"record new logins", small(60, [](auto& p, auto& r, auto&) { return record(p, some(with_logins, r, 5)); })},
        {"record more logins", small(60, [](auto& p, auto& r, auto& e) { return record(p, relogin(r, e, 5)); })},
        {"record to a nearly full bucket", [](auto& p, auto& r) { return add_to_nearly_full(p, r, with_logins); }},
        {"refresh", small(200, [](auto& p, auto&, auto& e) { return add(p, e.begin()->first); })},
        {"refresh a foreign spelling", refresh_foreign},
        {"delete one", small(200, [](auto& p, auto&, auto& e) { return delete_some(p, e, 1); })},
        {"delete many", small(200, [](auto& p, auto&, auto& e) { return delete_some(p, e, e.size() / 2 + 1); })},
        {"delete from makemap's file",
         [](auto& p, auto& r) { const auto e = some(any, r, 300); makemap(p, e); return delete_some(p, e, 20); }},
        {"expire some", [](auto& p, auto& r) { return expire(p, r, 1 + r() % 30, 150); }},
        {"expire most", [](auto& p, auto& r) { return expire(p, r, 2500, 20); }, kReplaces},
        {"import", small(60, [](auto& p, auto& r, auto&) { return import(p, some(any, r, 50)); })},
        {"import 6,000", small(60, [](auto& p, auto& r, auto&) { return import(p, some(any, r, 6000)); }), kReplaces},
        {"import to a missing file", [](auto& p, auto& r) { return import(p, some(any, r, 50)); }},
        {"repair", repair, kReplaces},
    };
}

}  // namespace

Command vsmtprelay(const std::string& path, std::vector<std::string> words) {
    words.insert(words.begin(), {VSMTPRELAY_PROGRAM, "-f", path});
    return {std::move(words), {}};
}

Command record_logins(const std::string& path) {
    return {{RECORD_LOGINS_PROGRAM, path}, {}};
}

std::map<std::string, std::string> with_boundaries() {
    // The address sanitizer wants to be the first library, which the preloaded one is; that does no harm.
    const char* options = std::getenv("ASAN_OPTIONS");
    const std::string asan = std::string{options ? options : ""} + ":verify_asan_link_order=0";
    return {{"LD_PRELOAD", BOUNDARIES_LIBRARY}, {"ASAN_OPTIONS", asan}};
}

const std::vector<Scenario>& scenarios() {
    static const std::vector<Scenario> all = make_scenarios();
    return all;
}

std::vector<Scenario> unsafe_scenarios() {
    std::vector<Scenario> all;
    for (const char* name :
         {"splits", "syncs-nothing", "renames-unsynced", "forgets-directory", "rewrites-in-place", "unseen"})
        all.push_back({name, [name](auto& path, auto& random) {
            put_entries(path, some(v4, random, 300));
            Command command{{UNSAFE_WRITER_PROGRAM, name, path}, {}};
            for (const auto& [address, datum] : some(v4, random, 300)) command.input.append(address).append("\n");
            return command;
        }});
    return all;
}

}  // namespace relay::crash
