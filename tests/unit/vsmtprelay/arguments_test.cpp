#include "vsmtprelay/arguments.h"

#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

Arguments parsed(std::vector<std::string> words) {
    words.insert(words.begin(), "vsmtprelay");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return std::get<Arguments>(parse_arguments(static_cast<int>(words.size()), argv.data()));
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("what follows -- is handed on as it is") {
    CHECK(parsed({"login", "--", "/bin/x", "-f", "y", "--", "dump"}).words == Words{"/bin/x", "-f", "y", "--", "dump"});
    CHECK(parsed({"login", "/bin/x", "--", "-f"}).words == Words{"/bin/x", "--", "-f"});
    CHECK(parsed({"-f", "z", "login", "--", "/bin/x"}).database.name == "z");
    CHECK(parsed({"delete", "-5"}).words == Words{"-5"});
}

TEST_CASE("the home and the environment of a login do not say which file root writes") {
    const Scratch home;
    std::filesystem::create_directory(home / "etc");
    write_file(home / "etc/relayers.db", "");
    const std::string old = ::getenv("HOME") ? ::getenv("HOME") : "";
    ::setenv("HOME", home.path().c_str(), 1);
    CHECK(parsed({"dump"}).database.name == home / "etc/relayers.db");
    CHECK(parsed({"login", "--", "x"}).database.name == "/etc/mail/relayers.db");
    ::setenv("RELAYERS_DB", "/tmp/x", 1);
    CHECK(parsed({"dump"}).database.name == "/tmp/x");
    CHECK(parsed({"login", "--", "x"}).database.name == "/etc/mail/relayers.db");
    ::unsetenv("RELAYERS_DB");
    ::setenv("HOME", old.c_str(), 1);
}
