#include "policy/source/source_health.h"

#include <memory>
#include <set>

#include "policy/source/service.h"

#include "tests/support/catch.h"
#include "tests/unit/source/service_settings.h"

using namespace relay;

namespace {

void judge_stranger(const Settings& settings, const std::shared_ptr<SourceHealth>& health) {
    Findings findings;
    Service{settings, nullptr, health}.judge(stranger(), findings, kNow);
}

}  // namespace

TEST_CASE("each source has a name of its own") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kSources; ++i) names.insert(name_of(static_cast<Source>(i)));
    CHECK(names.size() == kSources);
    CHECK_FALSE(names.contains(""));
}

TEST_CASE("a look-up is timed once, under its source, and one that was not asked is not") {
    const Scratch dir;
    const auto health = std::make_shared<SourceHealth>();
    put_raw(dir / "relayers.db", "198.51.100.7", "1700000000");
    for (int i = 0; i < 3; ++i) judge_stranger(settings(dir), health);
    CHECK(health->times(Source::relayers).count == 3);
    CHECK(health->times(Source::sender_map).count == 0);
    CHECK(health->times(Source::counts).count == 0);
    CHECK_FALSE(health->last_error(Source::relayers));
}

TEST_CASE("the last error of a source stays, with its time and how many there were") {
    const Scratch dir;
    const auto health = std::make_shared<SourceHealth>();
    write_file(dir / "relayers.db", "garbage");
    judge_stranger(settings(dir), health);
    judge_stranger(settings(dir), health);
    const auto error = health->last_error(Source::relayers);
    REQUIRE(error);
    CHECK(error->errors == 2);
    CHECK(error->at == kNow);
    CHECK_THAT(error->text, Catch::Contains(dir / "relayers.db"));
    CHECK_FALSE(health->last_error(Source::sender_map));
}

TEST_CASE("a slip in a list is the last error of the list") {
    const Scratch dir;
    const auto health = std::make_shared<SourceHealth>();
    Settings s = settings(dir);
    s.account.disabled = dir / "disabled";
    write_file(dir / "disabled", "two words\n");
    write_file(dir / "relayers.db", "");
    Envelope envelope = stranger();
    envelope.auth.emplace();
    envelope.auth->identity = "alice";
    Findings findings;
    Service{s, nullptr, health}.judge(envelope, findings, kNow);
    CHECK(health->times(Source::disabled).count == 1);
    REQUIRE(health->last_error(Source::disabled));
    CHECK_THAT(health->last_error(Source::disabled)->text, Catch::Contains(":1:"));
}

TEST_CASE("a brake and a limit count as one source, a question of POP logins as the list's") {
    CHECK(source_of(Question::brake) == Source::counts);
    CHECK(source_of(Question::limits) == Source::counts);
    CHECK(source_of(Question::pop_disabled) == Source::disabled);
    CHECK(source_of(Question::pop_retired) == Source::not_for);
    CHECK(source_of(Question::sender_domain) == Source::destinations);
}
