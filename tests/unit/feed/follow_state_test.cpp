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
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all)
          == std::filesystem::perms::none);
}

TEST_CASE("a damaged state is a fault that says so, never an empty one") {
    const Scratch scratch;
    const std::string path = scratch / "state";
    for (const char* text :
         {"", "{", "[]", "{\"cursor\": 5, \"files\": {}}", "{\"cursor\": \"\", \"files\": {\"a\": [{}]}}",
          R"({"cursor":"","files":{"a":[{"device":1,"inode":1,"offset":1,"before":"zz"}]}})"}) {
        write_file(path, text);
        CAPTURE(text);
        CHECK_THROWS_AS(read_follow_state(path), Fault);
    }
    CHECK_THROWS_AS(write_follow_state(scratch / "missing/state", {}), Fault);
}
