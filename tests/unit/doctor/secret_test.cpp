#include "milter/doctor/secret.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "tests/support/catch.h"

namespace relay::doctor {
namespace {

/// Standard input holds this text as long as it lives.
class Input {
public:
    explicit Input(const std::string& text) : before_{::dup(STDIN_FILENO)} {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(ends[1]);
        ::dup2(ends[0], STDIN_FILENO);
        ::close(ends[0]);
    }
    ~Input() {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }

private:
    int before_;
};

TEST_CASE("the first line is the password, whatever bytes it has, and what follows is left") {
    const Input input{"Open \xff\tSesame\r\nnext\n"};
    Secret secret;
    REQUIRE(secret.read("never shown"));
    CHECK(secret.text() == "Open \xff\tSesame\r");
    REQUIRE(secret.read(""));
    CHECK(secret.text() == "next");
    CHECK_FALSE(secret.read(""));
}

TEST_CASE("a last line without its end counts, nothing and too much do not") {
    Secret secret;
    {
        const Input input{"abc"};
        CHECK(secret.read(""));
        CHECK(secret.text() == "abc");
    }
    {
        const Input input{""};
        CHECK_FALSE(secret.read(""));
    }
    {
        const Input input{std::string(Secret::kLongest, 'x') + "\n"};
        CHECK(secret.read(""));
    }
    {
        const Input input{std::string(Secret::kLongest + 1, 'x') + "\n"};
        CHECK_FALSE(secret.read(""));
    }
    CHECK(secret.text().empty());
}

TEST_CASE("a wiped password leaves no byte behind") {
    const Input input{"Sesame\n"};
    Secret secret;
    REQUIRE(secret.read(""));
    const auto* bytes = secret.text().data();
    secret.wipe();
    CHECK(std::string(bytes, 6) == std::string(6, '\0'));
}

}  // namespace
}  // namespace relay::doctor
