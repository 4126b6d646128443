#include "milter/in_flight.h"

#include <optional>
#include <thread>

#include "tests/support/catch.h"

using relay::InFlight;
using namespace std::chrono_literals;

TEST_CASE("it is quiet at once when nothing was ever in flight") {
    const InFlight none;
    const auto begin = std::chrono::steady_clock::now();
    CHECK(none.wait_until_quiet(5s));
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
}

TEST_CASE("a token that stays makes the wait fail after its time") {
    InFlight one;
    const InFlight::Token token{one};
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(one.wait_until_quiet(30ms));
    CHECK(std::chrono::steady_clock::now() - begin >= 30ms);
    CHECK(one.count() == 1);
}

TEST_CASE("the wait ends after the last token, and leaves its answer the time to be sent") {
    InFlight one;
    std::optional<InFlight::Token> token{std::in_place, one};
    std::chrono::steady_clock::time_point ended;
    std::thread other{[&] {
        std::this_thread::sleep_for(20ms);
        ended = std::chrono::steady_clock::now();
        token.reset();
    }};
    CHECK(one.wait_until_quiet(10s));
    const auto quiet = std::chrono::steady_clock::now();
    other.join();
    CHECK(quiet - ended >= InFlight::kSending);
}

TEST_CASE("a token that was moved counts once") {
    InFlight one;
    {
        InFlight::Token first{one};
        const InFlight::Token second{std::move(first)};
        CHECK(one.count() == 1);
    }
    CHECK(one.count() == 0);
}
