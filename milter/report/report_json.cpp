// The report for programs. Values are the bytes that the daemon saw; what is not UTF-8 becomes U+FFFD.
#include <nlohmann/json.hpp>

#include "milter/report/report.h"
#include "milter/report/report_words.h"

namespace relay::report {
namespace {

using nlohmann::ordered_json;

ordered_json sightings(const Sightings& seen) {
    ordered_json addresses = ordered_json::array();
    for (const auto& [address, at] : seen.addresses)
        addresses.push_back({{"address", unescaped(address)}, {"last", utc_text(at)}});
    return {{"messages", seen.messages},   {"recipients", seen.recipients}, {"first", utc_text(seen.first)},
            {"last", utc_text(seen.last)}, {"addresses", addresses},        {"more_addresses", seen.more_addresses}};
}

ordered_json people(const Table& table) {
    ordered_json rows = ordered_json::array();
    for (const auto& [who, seen] : ranked(table)) {
        ordered_json row{{"login", unescaped(who)}};
        row.update(sightings(*seen));
        rows.push_back(std::move(row));
    }
    return {{"rows", rows}, {"left_out", table.left_out}};
}

ordered_json clients(Class which, const Table& table) {
    ordered_json rows = ordered_json::array();
    for (const auto& [key, seen] : ranked(table)) {
        std::string_view rest = key;
        ordered_json row{{"client", unescaped(take_key_word(rest))}};
        if (which == Class::trusted) {
            row["via"] = unescaped(rest);
        } else {
            row["user"] = unescaped(take_key_word(rest));
            row["reason"] = unescaped(rest);
        }
        row.update({{"messages", seen->messages},
                    {"recipients", seen->recipients},
                    {"first", utc_text(seen->first)},
                    {"last", utc_text(seen->last)}});
        rows.push_back(std::move(row));
    }
    return {{"rows", rows}, {"left_out", table.left_out}};
}

ordered_json cut_off(const Tally& tally) {
    const auto found = transition(tally);
    ordered_json rows = ordered_json::array();
    for (const auto& cut : found.cut_off) {
        ordered_json row{{"login", unescaped(cut.who)}};
        row.update(sightings(*cut.pop));
        row["auth_before"] = cut.earlier_auth ? ordered_json(utc_text(cut.earlier_auth->last)) : ordered_json();
        row["auth_perhaps_as"] = cut.similar_auth.empty() ? ordered_json() : ordered_json(unescaped(cut.similar_auth));
        rows.push_back(std::move(row));
    }
    return {{"rows", rows}, {"left_out", tally.pop.left_out}, {"moved", found.moved}};
}

ordered_json totals(const std::array<std::uint64_t, kClasses>& recipients) {
    ordered_json counts;
    for (std::size_t i = 0; i < kClasses; ++i) counts[std::string{name_of(static_cast<Class>(i))}] = recipients[i];
    return counts;
}

ordered_json by_week(const Tally& tally) {
    ordered_json rows = ordered_json::array();
    for (const auto& [monday, week] : tally.weeks) {
        ordered_json row{{"week", date_text(monday)}};
        row.update(totals(week.recipients));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

std::string json_of(const Tally& tally, const Reading& reading) {
    ordered_json all{{"sources", reading.sources}, {"lines", reading.lines},       {"verdicts", tally.verdicts},
                     {"undated", reading.undated}, {"too_long", reading.too_long}, {"faults", reading.faults}};
    all["first"] = tally.verdicts > 0 ? ordered_json(utc_text(tally.first)) : ordered_json();
    all["last"] = tally.verdicts > 0 ? ordered_json(utc_text(tally.last)) : ordered_json();
    all["recipients"] = totals(tally.recipients);
    all["cut_off"] = cut_off(tally);
    all["auth"] = people(tally.auth);
    all["pop"] = people(tally.pop);
    all["trusted"] = clients(Class::trusted, tally.trusted);
    all["refused"] = clients(Class::refused, tally.refused);
    all["deferred"] = clients(Class::deferred, tally.deferred);
    all["monitor"] = clients(Class::monitor, tally.monitor);
    all["weeks"] = by_week(tally);
    return all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace relay::report
