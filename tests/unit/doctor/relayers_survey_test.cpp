#include "milter/doctor/relayers_survey.h"

#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace relay::doctor {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr sys_seconds kNow{seconds{1'795'330'607}};

void add(const PopSettings& settings, const std::string& client, sys_seconds at) {
    RelayersWriter{settings.database}.add({*Address::parse(client)}, LoginRecord{Layout::timestamp, at, {}});
}

TEST_CASE("every entry is counted once, under what it is") {
    const test::TemporaryDirectory directory;
    PopSettings settings;
    settings.database = directory.path("relayers.db");
    CHECK_FALSE(survey(settings, kNow));
    add(settings, "198.51.100.1", kNow);
    add(settings, "198.51.100.2", kNow - settings.window);
    add(settings, "198.51.100.3", kNow - settings.window - 1s);
    add(settings, "198.51.100.4", kNow + 1s);
    add(settings, "198.51.100.5", sys_seconds{5s});
    const auto found = survey(settings, kNow);
    REQUIRE(found);
    CHECK(found->all == 5);
    CHECK(found->fresh == 2);
    CHECK(found->old == 2);
    CHECK(found->too_early == 1);
    CHECK(found->standing.keys == "198.51.100.4");
    CHECK(found->unreadable.count == 0);
    CHECK(found->newest == kNow);
}

TEST_CASE("an entry in a network that never counts is named, unless it has expired") {
    const test::TemporaryDirectory directory;
    PopSettings settings;
    settings.database = directory.path("relayers.db");
    add(settings, "127.0.0.1", kNow);
    add(settings, "192.0.2.1", kNow);
    add(settings, "192.0.2.2", kNow + 24h);
    add(settings, "192.0.2.3", kNow - settings.window - 1s);
    add(settings, "198.51.100.1", kNow);
    auto found = survey(settings, kNow);
    CHECK(found->never.keys.find("127.0.0.1") != std::string::npos);  // Where nothing is configured: loopback and this host.
    settings.never.emplace().push_back(*Network::parse("192.0.2.0/24"));
    found = survey(settings, kNow);
    CHECK(found->never.count == 2);
    CHECK(found->never.keys.find("192.0.2.3") == std::string::npos);
    CHECK(found->fresh == 2);
    CHECK(found->standing.count == 0);
    CHECK(found->old == 1);
}

TEST_CASE("of many keys the first are shown, escaped") {
    Some some;
    for (const char* key : {"a", "b\n", "c", "d", "e"}) some.add(key);
    CHECK(some.count == 5);
    CHECK(some.keys == "a b\\x0a c ...");
}

}  // namespace
}  // namespace relay::doctor
