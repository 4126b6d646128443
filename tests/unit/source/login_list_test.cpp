#include "policy/source/accounts/login_list.h"

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

std::vector<std::string> notes;

bool lists(const LoginList& list, const std::string& login) { return list.find({login}, notes).found(); }

}  // namespace

TEST_CASE("a login is on the list as it is, by its address in either spelling, or by its domain; without case") {
    const Scratch dir;
    write_file(dir / "list", "# gone\n\n  alice\t# since May\nDave@Customers.Example\nerin%pop.example\n@Closed.example\r\n");
    const LoginList list{dir / "list"};
    notes.clear();
    for (const char* login : {"alice", "Alice", "dave@customers.example", "dave%customers.example", "DAVE@CUSTOMERS.EXAMPLE",
                              "erin%pop.example", "erin@pop.example", "erin%pop.example@mx.example", "x@closed.example",
                              "x%closed.example"})
        CHECK(lists(list, login));
    for (const char* login : {"", "bob", "alice@ours.example", "alicex", "dave", "dave@other.example", "@closed.example.org",
                              "x@sub.closed.example", "# gone", "since"})
        CHECK_FALSE(lists(list, login));
    CHECK(notes.empty());
}

TEST_CASE("of several logins those on the list are found") {
    const Scratch dir;
    write_file(dir / "list", "alice\ncarol\n");
    const LoginList list{dir / "list"};
    const auto found = list.find({"alice", "bob", "CAROL"}, notes);
    REQUIRE(found.found());
    CHECK(found.value().names == std::vector<std::string>{"alice", "CAROL"});
    CHECK(list.find({"bob"}, notes).absent());
    CHECK(list.find({}, notes).absent());
}

TEST_CASE("a change holds from the next look-up on, as fast as it comes") {
    const Scratch dir;
    write_file(dir / "list", "");
    const LoginList list{dir / "list"};
    for (int i = 0; i < 50; ++i) {
        write_file(dir / "list", i % 2 == 0 ? "alice\n" : "bob\n");
        REQUIRE(lists(list, "alice") == (i % 2 == 0));
        REQUIRE(lists(list, "bob") == (i % 2 == 1));
    }
}

TEST_CASE("a bad line is told once and undoes nothing") {
    const Scratch dir;
    write_file(dir / "list", "alice\ntwo words\n@\n\x1b[2J\nbob\n");
    const LoginList list{dir / "list"};
    notes.clear();
    CHECK(lists(list, "bob"));
    CHECK(notes == std::vector<std::string>{
                       (dir / "list") + ":2: \"two words\" is no login, address or @domain; passed over",
                       (dir / "list") + ":3: \"@\" is no login, address or @domain; passed over",
                       (dir / "list") + ":4: \"\\x1b[2J\" is no login, address or @domain; passed over"});
    write_file(dir / "many", std::string(64 * 1024, ' ') + "\n" + [] {
        std::string lines;
        for (int i = 0; i < 100; ++i) lines += "a b\n";
        return lines;
    }());
    notes.clear();
    CHECK_FALSE(lists(LoginList{dir / "many"}, "a"));
    CHECK(notes.size() == 11);
    CHECK(notes.back() == (dir / "many") + ": 90 more such lines");
}

TEST_CASE("a list that cannot be read is failed; a missing one is empty, and told") {
    const Scratch dir;
    ::chmod(dir.path().c_str(), 0755);
    write_file(dir / "list", "alice\n");
    ::chmod((dir / "list").c_str(), 0600);
    const LoginList list{dir / "list"};
    {
        const AsNobody nobody;
        CHECK(list.find({"alice"}, notes).failed());
    }
    CHECK(lists(list, "alice"));
    notes.clear();
    CHECK(LoginList{dir / "none"}.find({"alice"}, notes).absent());
    CHECK(notes == std::vector{(dir / "none") + ": is missing; it counts as empty"});
    CHECK(LoginList{dir.path()}.find({"alice"}, notes).failed());
}
