#include "vsmtprelay/feed/follow_state.h"

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

TEST_CASE("a state comes back as it was saved") {
    const Scratch scratch;
    const std::string path = scratch / "state";
    CHECK_FALSE(read_follow_state(path));
    FollowState state;
    state.cursor = "s=5;i=6";
    state.files["/var/log/\xff.log"] = {};
    state.files["/var/log/mail.log"] = {
        {1, 2, 3, std::string{"\x00\xff\n\"", 4}, std::chrono::sys_seconds{std::chrono::seconds{5}}},
        {1, ~std::uint64_t{0}, 0, "", {}}};
    const std::chrono::sys_seconds since{std::chrono::seconds{1'795'000'000}};
    const Address client = *Address::parse("2001:db8::7");
    state.sessions.push_back({"dovecot \xff\\\"\n", {client, since, "a\xff\\x41 ", true}});
    state.sessions.push_back({"popa3d 5", {client, since, "", false}});
    state.connected.push_back({client, since, "-"});
    write_follow_state(path, state);
    const auto back = read_follow_state(path);
    REQUIRE(back);
    CHECK(back->cursor == state.cursor);
    const auto& positions = back->files.at("/var/log/mail.log");
    REQUIRE(positions.size() == 2);
    CHECK(positions[0].offset == 3);
    CHECK(positions[0].at == std::chrono::sys_seconds{std::chrono::seconds{5}});
    CHECK(positions[0].before == std::string{"\x00\xff\n\"", 4});
    CHECK(positions[1].inode == ~std::uint64_t{0});
    REQUIRE(back->sessions.size() == 2);
    CHECK(back->sessions.front().first == "dovecot \xff\\\"\n");
    CHECK(back->sessions.front().second.login == "a\xff\\x41 ");
    CHECK(back->sessions.front().second.logged_in);
    CHECK(back->sessions.back().second.client == client);
    CHECK_FALSE(back->sessions.back().second.logged_in);
    REQUIRE(back->connected.size() == 1);
    CHECK(back->connected[0].at == since);
    CHECK(back->connected[0].login == "-");
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all)
          == std::filesystem::perms::none);
}

TEST_CASE("a damaged state is a fault that says so, never an empty one") {
    const Scratch scratch;
    const std::string path = scratch / "state";
    for (const char* text :
         {"", "{", "[]", "{\"cursor\": 5, \"files\": {}}", "{\"cursor\": \"\", \"files\": {\"a\": [{}]}}",
          R"({"cursor":"","files":{},"sessions":[{"key":"","client":"x","since":1,"login":"","logged_in":true}],"connected":[]})",
          R"({"cursor":"","files":{},"sessions":[],"connected":[5]})",
          R"({"cursor":"","files":{"a":[{"device":1,"inode":1,"offset":1,"before":"zz"}]}})",
          R"({"cursor":"","files":{"a":[{"device":1e27,"inode":1,"offset":1,"before":"","at":1}]},"sessions":[],"connected":[]})",
          R"({"cursor":"","files":{"a":[{"device":1,"inode":1,"offset":-1,"before":"","at":1}]},"sessions":[],"connected":[]})",
          R"({"cursor":"","files":{},"sessions":[],"connected":[{"client":"::1","since":253402300800,"login":""}]})"}) {
        write_file(path, text);
        CAPTURE(text);
        CHECK_THROWS_AS(read_follow_state(path), Fault);
    }
    CHECK_THROWS_AS(write_follow_state(scratch / "missing/state", {}), Fault);
}
