#include "milter/doctor/bounded_run.h"

#include <unistd.h>

#include <csignal>

#include "tests/support/catch.h"

namespace relay::doctor {
namespace {

using namespace std::chrono_literals;

TEST_CASE("findings come back from the child as they were, also with bytes that are no text") {
    const Findings findings{ok("a"), warning("b \"", "why\n", "type \\"), error("c", "", "")};
    CHECK(run_bounded([&] { return findings; }, 10s) == findings);
    CHECK(run_bounded([] { return Findings{}; }, 10s).empty());
    CHECK(run_bounded([] { return Findings{ok("\xff")}; }, 10s).at(0).level == Level::ok);
}

TEST_CASE("more findings than a pipe holds come back") {
    const Findings findings(2000, ok(std::string(500, 'x')));
    CHECK(run_bounded([&] { return findings; }, 10s) == findings);
}

TEST_CASE("a check that hangs is an error, and the doctor goes on") {
    const auto begin = std::chrono::steady_clock::now();
    const auto findings = run_bounded(
        [] {
            for (;;) ::pause();
            return Findings{};
        },
        1s);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].level == Level::error);
    CHECK(findings[0].seen == "no answer in 1 s");
}

TEST_CASE("a check that crashes, ends or throws is an error, and the doctor goes on") {
    const auto seen = [](const std::function<Findings()>& work) {
        const auto findings = run_bounded(work, 10s);
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].level == Level::error);
        return findings[0].seen;
    };
    CHECK(seen([] {
              ::raise(SIGKILL);
              return Findings{};
          }) == "the check crashed: Killed");
    CHECK(seen([] {
              ::_exit(3);
              return Findings{};
          }) == "the check ended early");
    CHECK(seen([]() -> Findings { throw std::runtime_error{"no\nway"}; }) == "the check ended with: no\\x0away");
}

}  // namespace
}  // namespace relay::doctor
