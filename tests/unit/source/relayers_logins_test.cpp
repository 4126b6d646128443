// RelayersWriter::remove_logins: whose door shuts, and whose stays open.
#include <algorithm>
#include <map>

#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

using Texts = std::map<std::string, std::string>;

Texts texts_in(const std::string& path) {
    Texts texts;
    const auto entries = read_relayers(path, std::chrono::seconds{1});
    for (const RelayersEntry& entry : *entries) texts[entry.key] = entry.data;
    return texts;
}

std::vector<std::string> told(const std::vector<RelayersWriter::LoginRemoved>& removed) {
    std::vector<std::string> texts;
    for (const auto& each : removed)
        texts.push_back(each.client.text() + ' ' + each.login + (each.entry_stays ? " stays" : " goes"));
    std::sort(texts.begin(), texts.end());
    return texts;
}

}  // namespace

TEST_CASE("a login goes from every record, and a record goes with its last login") {
    for (const char* kind : {"hash", "btree"}) {
        const Scratch scratch;
        const std::string db = scratch / "relayers.db";
        makemap(kind, scratch / "relayers", "10.0.0.1 9 alice 8 bob 7 -\n10.0.0.2 9 alice\n10.0.0.3 9 bob 8 alice\n10.0.0.4 9\n"
                                                      "10.0.0.5 4102444800 - 9 alice\n10.0.0.6 9 Alice 8 alice2\nhome 5 alice\n10.0.0.7 x alice\n");
        RelayersWriter writer{db};
        CHECK(told(writer.remove_logins({"alice", "nobody"}))
              == std::vector<std::string>{"10.0.0.1 alice stays", "10.0.0.2 alice goes", "10.0.0.3 alice stays", "10.0.0.5 alice stays"});
        CHECK(texts_in(db)
              == Texts{{"10.0.0.1", "8 bob 7 -"}, {"10.0.0.3", "9 bob"}, {"10.0.0.4", "9"}, {"10.0.0.5", "4102444800"},
                       {"10.0.0.6", "9 Alice 8 alice2"}, {"home", "5 alice"}, {"10.0.0.7", "x alice"}});
        CHECK(told(writer.remove_logins({"bob", "alice"})) == std::vector<std::string>{"10.0.0.1 bob stays", "10.0.0.3 bob goes"});
        CHECK(writer.remove_logins({"bob"}).empty());
    }
}

TEST_CASE("each spelling of an address loses the login") {
    const Scratch scratch;
    const std::string db = scratch / "relayers.db";
    makemap("hash", scratch / "relayers", "10.0.0.1 9 alice\n::ffff:10.0.0.1 8 alice 7 bob\n");
    CHECK(RelayersWriter{db}.remove_logins({"alice"}).size() == 2);
    CHECK(texts_in(db) == Texts{{"::ffff:10.0.0.1", "7 bob"}});
}

TEST_CASE("names of any bytes are found, and several of one record leave nothing behind") {
    const Scratch scratch;
    RelayersWriter writer{scratch / "relayers.db"};
    CHECK(writer.remove_logins({"alice"}).empty());
    CHECK_FALSE(std::filesystem::exists(scratch / "relayers.db"));
    const Address client = *Address::parse("198.51.100.7");
    const std::chrono::sys_seconds at{std::chrono::seconds{1'795'000'000}};
    writer.record({{client, at, "a\n\xff b"}, {client, at, "-"}});
    CHECK(told(writer.remove_logins({"a\n\xff b", "-"})) == std::vector<std::string>{"198.51.100.7 - goes", "198.51.100.7 a\n\xff b goes"});
    CHECK(texts_in(scratch / "relayers.db").empty());
}
