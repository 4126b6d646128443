#include "milter/doctor/relayers_survey.h"

#include <algorithm>

#include "policy/login_record.h"
#include "policy/source/files/escaped.h"
#include "policy/source/own_networks.h"
#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_walk.h"

namespace relay::doctor {
namespace {

using namespace std::chrono;

constexpr milliseconds kLockWait{5000};
constexpr sys_seconds kEarliest{seconds{946'684'800}};  // 2000: before, nobody wrote this file
constexpr std::size_t kShownKeys = 3;
constexpr std::size_t kShownBytes = 64;

void count(RelayersSurvey& survey, std::string_view key, const LoginRecord& record, bool never_counts, const PopSettings& settings,
           sys_seconds now) {
    if (settings.layout == Layout::timestamp && record.at < kEarliest) ++survey.too_early;
    if (record.at <= now) survey.newest = std::max(survey.newest.value_or(record.at), record.at);
    const auto fresh = freshness(record, now, settings.window);
    if (never_counts && fresh != Freshness::expired) return survey.never.add(key);
    switch (fresh) {
        case Freshness::fresh: ++survey.fresh; break;
        case Freshness::standing: survey.standing.add(key); break;
        case Freshness::expired: ++survey.old; break;
    }
}

}  // namespace

void Some::add(std::string_view key) {
    ++count;
    if (count <= kShownKeys) keys.append(keys.empty() ? "" : " ").append(escaped(key.substr(0, kShownBytes)));
    else if (count == kShownKeys + 1) keys.append(" ...");
}

std::optional<RelayersSurvey> survey(const PopSettings& settings, sys_seconds now) {
    auto walk = RelayersWalk::open(settings.database, kLockWait);
    if (!walk) return std::nullopt;
    RelayersSurvey survey;
    const auto never = never_networks(settings);
    const auto use = [&](std::string_view key, std::string_view data) {
        ++survey.all;
        const auto record = decode_login_record(data, settings.layout);
        const auto client = address_of_key(key);
        if (record && client) count(survey, without_nul(key), *record, in_any(never, client), settings, now);
        else survey.unreadable.add(without_nul(key));
    };
    while (walk->next(use)) {}
    return survey;
}

}  // namespace relay::doctor
