#include "vsmtprelay/feed/format_file.h"

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

const std::string kGood = R"(programs = ["popd"]
lookalikes = ["login failed alice 198.51.100.7"]
[[message]]
kind = "login"
pattern = 'login {login} {client}'
samples = [["login alice 198.51.100.7", "198.51.100.7", "alice"]]
)";

std::string fault_of(const std::string& toml) {
    try {
        parse_login_format(toml, "x.toml");
        return "";
    } catch (const BadFormat& bad) {
        return bad.what();
    }
}

std::string with(std::string text, const std::string& before, const std::string& after) {
    return text.replace(text.find(before), before.size(), after);
}

}  // namespace

TEST_CASE("a format is read from its file") {
    const LoginFormat format = parse_login_format(kGood, "dir/popd.toml");
    CHECK(format.name == "popd");
    CHECK(format.programs == std::vector<std::string>{"popd"});
    CHECK(format.messages.size() == 1);
    CHECK_FALSE(format.session_is_process);
}

TEST_CASE("what is wrong in a format is told with its file and line") {
    CHECK(fault_of(with(kGood, "kind = \"login\"", "kind = \"log\""))
          == "x.toml:4: kind is login, connect, end or other");
    CHECK(fault_of(with(kGood, "{client}", ".*")).starts_with("x.toml:5: "));
    CHECK(fault_of(with(kGood, "\"198.51.100.7\", \"alice\"", "\"198.51.100.8\", \"alice\""))
              .starts_with("x.toml:6: this sample is read as"));
    CHECK(fault_of(with(kGood, "\"login alice 198", "\"logon alice 198"))
              .starts_with("x.toml:6: the pattern does not fit"));
    CHECK(fault_of(with(kGood, "login failed alice", "login alice")).find("look-alike") != std::string::npos);
    CHECK(fault_of(with(kGood, "programs", "program")) == "x.toml:1: program is unknown");
    CHECK(fault_of("[[message]]\nkind = \"other\"\npattern = \"x\"\n").find("programs is missing")
          != std::string::npos);
    CHECK(fault_of("programs = [\"x\"]\n").find("[[message]]") != std::string::npos);
    CHECK(fault_of("programs = [1]\n").starts_with("x.toml:1: "));
    CHECK(fault_of(kGood + "x = \n").starts_with("x.toml:7: "));
    CHECK(fault_of("session = \"unit\"\n" + kGood).starts_with("x.toml:1: session"));
    CHECK(fault_of(kGood + "[[message]]\nkind = \"other\"\npattern = \"login alice .*\"\n").find("another pattern")
          != std::string::npos);
}

TEST_CASE("an admin's format replaces the one of the same name, and adds others") {
    const Scratch scratch;
    std::filesystem::create_directory(scratch / "ours");
    std::filesystem::create_directory(scratch / "admin");
    write_file(scratch / "ours/a.toml", kGood);
    write_file(scratch / "ours/b.toml", kGood);
    write_file(scratch / "ours/README", "no format");
    write_file(scratch / "admin/b.toml", with(kGood, "popd", "otherd"));
    write_file(scratch / "admin/c.toml", kGood);
    const auto formats = read_login_formats({scratch / "ours", scratch / "admin", scratch / "missing"});
    REQUIRE(formats.size() == 3);
    CHECK(formats[1].programs == std::vector<std::string>{"otherd"});
    write_file(scratch / "admin/d.toml", "");
    CHECK_THROWS_AS(read_login_formats({scratch / "admin"}), BadFormat);
    CHECK_THROWS_AS(read_login_formats({scratch / "ours/a.toml"}), Fault);
}
