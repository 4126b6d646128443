// A log is whatever somebody wrote into it: no bytes may stop the report, or reach the terminal as they are.
#include <algorithm>
#include <random>

#include "milter/report/log_clock.h"
#include "milter/report/report.h"
#include "tests/support/catch.h"

namespace relay::report {
namespace {

const std::string kLine =
    "Nov 22 06:56:47 mx milter-relay[9]: 6AM0gX2i016059: verdict=permit via=pop reason=fresh_login client=198.51.100.7 "
    "user=al\\x20ice age=213 mech= from=<a@b.example> to=<c@d.example> listener=MTA policy=auth+pop mode=enforce";

/// The line with a few bytes changed, taken out or doubled.
std::string spoiled(std::mt19937& random) {
    std::string line = kLine;
    const auto below = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>{0, most - 1}(random);
    };
    for (auto changes = below(6); changes > 0 && !line.empty(); --changes) {
        const auto at = below(line.size());
        switch (below(4)) {
            case 0: line[at] = static_cast<char>(below(256)); break;
            case 1: line.erase(at, below(20)); break;
            case 2: line.insert(at, line.substr(below(line.size()), below(40))); break;
            default: line.resize(at); break;
        }
    }
    return line;
}

bool is_plain(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); });
}

TEST_CASE("a spoiled line neither stops the report nor reaches the terminal as it is") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random{seed};
    Tally tally;
    LogClock clock{std::chrono::sys_seconds{std::chrono::seconds{1'795'330'607}}};
    for (int i = 0; i < 50'000; ++i) {
        const auto line = spoiled(random);
        const auto ours = our_line(line);
        const auto words = ours ? verdict_words(ours->text) : std::nullopt;
        const auto at = ours ? clock.time_of(ours->stamp) : std::nullopt;
        if (words && at) tally.add(*words, *at);
    }
    CHECK(tally.verdicts > 1000);
    CHECK(is_plain(text_of(tally, {}, 0)));
    CHECK_FALSE(json_of(tally, {}).empty());
    CHECK_FALSE(csv_of(tally).empty());
}

}  // namespace
}  // namespace relay::report
