// RelayersWriter::record() and import(): logins merged into what is there.
#include <sys/stat.h>

#include "policy/source/relayers/relayers_entries.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

LoginEvent login(const char* client, std::int64_t when, std::string name) {
    return {Address::parse(client).value(), sys_seconds{seconds{when}}, std::move(name)};
}

std::string recorded(std::vector<LoginEvent> events, const std::string& before = "") {
    const Scratch dir;
    if (!before.empty()) put_raw(dir / "r.db", "10.0.0.1", before);
    RelayersWriter{dir / "r.db"}.record(events);
    return get_raw(dir / "r.db", "10.0.0.1");
}

}  // namespace

TEST_CASE("a login is recorded with its own time and name, in a file that is made for it") {
    CHECK(recorded({login("10.0.0.1", 100, "alice")}) == "100 alice");
    CHECK(recorded({login("::ffff:10.0.0.1", 100, "a b")}) == "100 a\\x20b");
    CHECK(recorded({login("10.0.0.1", 100, "")}) == "100");
}

TEST_CASE("logins of several users stand newest first, each once, whatever their order") {
    CHECK(recorded({login("10.0.0.1", 100, "alice"), login("10.0.0.1", 300, "bob"), login("10.0.0.1", 200, "alice")})
          == "300 bob 200 alice");
    CHECK(recorded({login("10.0.0.1", 200, "bob")}, "100 alice") == "200 bob 100 alice");
    CHECK(recorded({login("10.0.0.1", 50, "bob")}, "100 alice") == "100 alice 50 bob");
}

TEST_CASE("an older event never overwrites a newer one, nor a permission in the future") {
    CHECK(recorded({login("10.0.0.1", 50, "alice")}, "100 alice") == "100 alice");
    CHECK(recorded({login("10.0.0.1", 100, "alice")}, "4102444800") == "4102444800 - 100 alice");
}

TEST_CASE("an event that tells nothing new changes not one byte, nor the time of the file") {
    const Scratch dir;
    RelayersWriter{dir / "r.db"}.record({login("10.0.0.1", 100, "alice"), login("10.0.0.1", 90, "bob")});
    struct stat before {};
    REQUIRE(::stat((dir / "r.db").c_str(), &before) == 0);
    RelayersWriter{dir / "r.db"}.record({login("10.0.0.1", 90, "bob"), login("10.0.0.1", 100, "alice"), login("10.0.0.1", 3, "bob")});
    struct stat after {};
    REQUIRE(::stat((dir / "r.db").c_str(), &after) == 0);
    CHECK(FileStamp{before} == FileStamp{after});
}

TEST_CASE("a login takes the place of every other spelling, with their logins") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1\0"s, "50 carol");
    put_raw(dir / "r.db", "::ffff:10.0.0.1", "60 bob");
    put_raw(dir / "r.db", "ipv6:::ffff:10.0.0.1", "junk");
    RelayersWriter{dir / "r.db"}.record({login("10.0.0.1", 55, "alice")});
    const auto entries = read_relayers(dir / "r.db", seconds{1});
    REQUIRE(entries->size() == 1);
    CHECK(entries->front().key == "10.0.0.1");
    CHECK(entries->front().data == "60 bob 55 alice 50 carol");
}

TEST_CASE("what cannot be read gives way to a login") {
    CHECK(recorded({login("10.0.0.1", 55, "alice")}, "junk") == "55 alice");
}

TEST_CASE("no events make no file") {
    const Scratch dir;
    RelayersWriter{dir / "r.db"}.record({});
    CHECK_FALSE(std::filesystem::exists(dir / "r.db"));
}

TEST_CASE("a thousand logins are one commit, each found afterwards") {
    const Scratch dir;
    std::vector<LoginEvent> events;
    for (std::uint8_t i = 0; i < 250; ++i)
        for (std::uint8_t j = 0; j < 4; ++j) events.push_back({Address::v4({10, 0, j, i}), sys_seconds{seconds{i}}, "u" + std::to_string(j)});
    RelayersWriter writer{dir / "r.db"};
    writer.record(events);
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == events.size());
    CHECK(get_raw(dir / "r.db", "10.0.3.77") == "77 u3");
    CHECK_FALSE(writer.touch_due());
}

TEST_CASE("many logins at once find every other spelling as few do") {
    const Scratch dir;
    std::vector<LoginEvent> events;
    for (std::uint8_t i = 0; i < 250; ++i) {
        events.push_back({Address::v4({10, 0, 0, i}), sys_seconds{seconds{50}}, "alice"});
        if (i % 25 == 0) put_raw(dir / "r.db", "::ffff:10.0.0." + std::to_string(i) + '\0', "60 bob");
    }
    put_raw(dir / "r.db", "what.ever", "5");
    RelayersWriter{dir / "r.db"}.record(events);
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == 251);
    CHECK(get_raw(dir / "r.db", "10.0.0.25") == "60 bob 50 alice");
    CHECK(get_raw(dir / "r.db", "10.0.0.26") == "50 alice");
}

TEST_CASE("a writer that knows the file to hold our spellings alone sees what others write into it later") {
    const Scratch dir;
    RelayersWriter writer{dir / "r.db"};
    std::vector<LoginEvent> events;
    for (std::uint8_t i = 0; i < 250; ++i) events.push_back({Address::v4({10, 0, 0, i}), sys_seconds{seconds{50}}, "alice"});
    writer.record(events);
    for (LoginEvent& event : events) event.at += seconds{1};
    writer.record(events);
    put_raw(dir / "r.db", "::ffff:10.0.0.25", "60 bob");
    for (LoginEvent& event : events) event.at += seconds{1};
    writer.record(events);
    CHECK(get_raw(dir / "r.db", "10.0.0.25") == "60 bob 52 alice");
    CHECK(read_relayers(dir / "r.db", seconds{1})->size() == 250);
}

TEST_CASE("importing what is there already changes nothing, and older times overwrite no newer ones") {
    const Scratch dir;
    RelayersWriter writer{dir / "r.db"};
    writer.record({login("10.0.0.1", 100, "alice"), login("10.0.0.2", 200, "bob")});
    const auto record = [](const char* data) { return decode_login_record(data, Layout::timestamp).value(); };
    const Address one = Address::parse("10.0.0.1").value();
    const Address two = Address::parse("10.0.0.2").value();
    const std::string before = read_file(dir / "r.db");
    writer.import({{one, record("100 alice")}, {two, record("200 bob")}});
    CHECK(read_file(dir / "r.db") == before);
    writer.import({{one, record("90")}, {two, record("300 carol")}, {Address::parse("::1").value(), record("7")}});
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "100 alice 90 -");
    CHECK(get_raw(dir / "r.db", "10.0.0.2") == "300 carol 200 bob");
    CHECK(get_raw(dir / "r.db", "::1") == "7");
}

TEST_CASE("a writer that lives on is told when its touch is due; doing it moves the file's second on") {
    const Scratch dir;
    RelayersWriter writer{dir / "r.db"};
    std::optional<sys_seconds> due;
    for (int i = 0; i < 400 && !due; ++i) {
        writer.record({login("10.0.0.1", 100 + i, "alice")});
        due = writer.touch_due();
    }
    REQUIRE(due);
    const auto second = std::filesystem::last_write_time(dir / "r.db");
    writer.touch();
    CHECK_FALSE(writer.touch_due());
    CHECK(std::filesystem::last_write_time(dir / "r.db") > second);
}
