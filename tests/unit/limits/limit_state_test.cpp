#include "policy/source/limits/limit_state.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

LimitState some_state() {
    LimitState state;
    state.moment = {"boot", LimitTime{100s}.count(), 1'000'000};
    state.seed = {1, 2};
    state.limits.push_back({"hourly", {{77, 160s, "alice"}}});
    GuardRecord braked;
    braked.braked_until = 400s;
    braked.count = 6;
    GuardRecord seen;
    seen.seen.push_back({*Network::parse("192.0.2.0/24"), 90s});
    seen.refusals = 130s;
    state.logins = {{"bob", braked}, {"carol", seen}};
    return state;
}

std::string why(std::string_view bytes) { return std::get<std::string>(decode_limit_state(bytes)); }

}  // namespace

TEST_CASE("the bytes of the file are those of its contract") {
    LimitState state;
    state.moment = {"b", 1, 2};
    state.seed = {3, 4};
    state.limits.push_back({"n", {{5, LimitTime{7}, "k"}}});
    const auto u32 = [](char value) { return std::string{value, 0, 0, 0}; };
    const auto u64 = [](char value) { return std::string{value, 0, 0, 0, 0, 0, 0, 0}; };
    const auto str = [](char value) { return std::string{1, 0, value}; };
    const std::string expected = "MRLIMITS" + u32(2) + str('b') + u64(1) + u64(2) + u64(3) + u64(4) + u32(1) + str('n') + u32(1) +
                                 u64(5) + u64(6) + str('k') + u32(0);
    const std::string bytes = encode_limit_state(state);
    CHECK(bytes.substr(0, bytes.size() - 8) == expected);
}

TEST_CASE("what is no state says why") {
    const std::string bytes = encode_limit_state(some_state());
    CHECK(why("") == "it is no state of limits");
    CHECK(why("something else") == "it is no state of limits");
    CHECK(why(bytes.substr(0, bytes.size() - 1)) == "its checksum is wrong");
    CHECK(why(bytes.substr(0, 14)) == "it ends too early");
    std::string newer = bytes;
    newer[8] = 3;
    CHECK(why(newer) == "it is of version 3, and only 2 is known");
}

TEST_CASE("time that has passed makes it older, and a new start of the machine changes its clock") {
    const auto same_boot = aged(some_state(), {"boot", LimitTime{130s}.count(), 5});
    CHECK(same_boot.limits[0].keys[0].value == 160s);
    CHECK(same_boot.logins[0].record.braked_until == 400s);
    const auto rebooted = aged(some_state(), {"other", LimitTime{10s}.count(), 1'000'020});
    CHECK(rebooted.limits[0].keys[0].value == 50s);
    CHECK(rebooted.logins[0].record.braked_until == 290s);
    CHECK(rebooted.logins[1].record.seen[0].at == -20s);
    CHECK(rebooted.logins[1].record.refusals == 20s);
    const auto set_back = aged(some_state(), {"other", LimitTime{10s}.count(), 7});
    CHECK(set_back.limits[0].keys[0].value == 70s);
}
