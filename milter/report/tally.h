// What the verdicts of a log come to: who relayed and by which method, who was refused and why, week by week.
//
// Values stay escaped as the daemon wrote them. Memory is bounded: totals are exact always, and who comes first is
// counted exactly; further names beyond the bound are left out and their recipients counted (Table::left_out).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "milter/report/bounded_map.h"
#include "milter/report/log_line.h"

namespace relay::report {

/// What became of a recipient, as the report parts them.
enum class Class { auth, pop, trusted, ours, monitor, refused, deferred };
inline constexpr std::size_t kClasses = 7;
std::string_view name_of(Class which);

/// One sender under one heading.
struct Sightings {
    static constexpr std::size_t kMostAddresses = 8;

    std::uint64_t recipients = 0;
    std::uint64_t messages = 0;  ///< By queue id; each recipient without one is a message.
    std::chrono::sys_seconds first = std::chrono::sys_seconds::max(), last = std::chrono::sys_seconds::min();
    std::vector<std::pair<std::string, std::chrono::sys_seconds>> addresses;  ///< The last that were seen, last first.
    bool more_addresses = false;                                              ///< There were others before.

    void add(const VerdictWords& words, std::chrono::sys_seconds at);

private:
    [[nodiscard]] bool is_new_message(std::string_view queue_id);
    void add_address(std::string_view client, std::chrono::sys_seconds at);

    std::array<std::uint64_t, 8> open_messages_{};  ///< Hashes of the last queue ids: sessions run beside each other.
    unsigned next_open_ = 0;
};

/// By who: a login, or a client's address where no login is known.
struct Table {
    explicit Table(std::size_t most = 50'000) : rows{most} {}
    BoundedMap<Sightings> rows;
    std::uint64_t left_out = 0;  ///< Recipients of those for whom there was no room.
};

struct Week {
    std::array<std::uint64_t, kClasses> recipients{};
};

class Tally {
public:
    void add(const VerdictWords& words, std::chrono::sys_seconds at);

    std::uint64_t verdicts = 0;
    std::array<std::uint64_t, kClasses> recipients{};
    Table auth, pop;  ///< By login, or address.
    Table trusted;    ///< By "ADDRESS VIA".
    Table refused;    ///< By "ADDRESS USER REASON"; USER is empty where there is none. So also deferred and monitor.
    Table monitor, deferred;
    std::map<std::chrono::sys_days, Week> weeks;  ///< By its Monday, local time; at most kMostWeeks.
    std::chrono::sys_seconds first = std::chrono::sys_seconds::max(), last = std::chrono::sys_seconds::min();

private:
    static constexpr std::size_t kMostWeeks = 2000;

    Table* table_of(Class which);
    void add_to_week(Class which, std::chrono::sys_seconds at);

    std::string key_;                                                  ///< Kept for its memory.
    std::chrono::sys_seconds hour_ = std::chrono::sys_seconds::min();  ///< The hour that week_ was found for.
    Week* week_ = nullptr;
};

/// A login that POP before SMTP lets relay, and that SMTP AUTH has not let since: cut off if the former ended.
struct CutOff {
    std::string who;
    const Sightings* pop = nullptr;
    const Sightings* earlier_auth = nullptr;  ///< It has used SMTP AUTH, but before.
    std::string similar_auth;  ///< A login of SMTP AUTH since that may be the same person: a@host for a, or
                               ///< where the login is not known, one from the same address.
};

struct Transition {
    std::vector<CutOff> cut_off;  ///< Most messages first.
    std::uint64_t moved = 0;      ///< Logins with POP before SMTP that have used SMTP AUTH since.
};

Transition transition(const Tally& tally);

}  // namespace relay::report
