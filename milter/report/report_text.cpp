// The report for a terminal.
#include <fmt/format.h>

#include <algorithm>

#include "milter/report/report.h"
#include "milter/report/report_words.h"
#include "milter/report/text_table.h"
#include "policy/source/files/escaped.h"

namespace relay::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kMostWeeks = 26;
constexpr std::size_t kBarWidth = 40;

const char* title_of(Class which) {
    switch (which) {
        case Class::auth: return "relayed by SMTP AUTH";
        case Class::pop: return "relayed by POP before SMTP";
        case Class::trusted: return "relayed for trusted clients";
        case Class::ours: return "for this host, not relayed";
        case Class::monitor: return "let through by monitor mode";
        case Class::refused: return "refused";
        case Class::deferred: return "deferred";
    }
    return "";
}

std::string addresses_text(const Sightings& seen) {
    const auto shown = std::min<std::size_t>(seen.addresses.size(), 3);
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) text.append(i > 0 ? ", " : "").append(printable(seen.addresses[i].first));
    return text + (shown < seen.addresses.size() || seen.more_addresses ? ", ..." : "");
}

std::string head_text(const Tally& tally, const Reading& reading) {
    auto text = fmt::format("{} verdicts in {} lines of {}", grouped(tally.verdicts), grouped(reading.lines),
                            reading.sources.size() == 1 ? escaped(reading.sources.front())
                                                        : std::to_string(reading.sources.size()) + " files");
    if (tally.verdicts > 0) text += fmt::format(", {} to {}", local_text(tally.first), local_text(tally.last));
    text += '\n';
    if (tally.verdicts == 0)
        text +=
            "no verdict of milter-relay in this time; is it the right log? (try other files, --journal or --since)\n";
    if (reading.undated > 0)
        text += fmt::format("{} verdicts have a time stamp that cannot be read\n", reading.undated);
    if (reading.too_long > 0) text += fmt::format("{} lines were too long and are not counted\n", reading.too_long);
    return text + '\n';
}

std::string totals_text(const Tally& tally) {
    Rows rows;
    for (std::size_t i = 0; i < kClasses; ++i)
        rows.push_back({title_of(static_cast<Class>(i)), grouped(tally.recipients[i])});
    return text_table({"", "recipients"}, rows, {1}) + '\n';
}

std::string remark_on(const CutOff& row) {
    if (!row.similar_auth.empty()) return "perhaps moved: SMTP AUTH as " + printable(row.similar_auth);
    if (row.earlier_auth) return "SMTP AUTH last on " + local_text(row.earlier_auth->last);
    return {};
}

std::string cut_note(std::size_t shown, std::size_t all, std::uint64_t left_out) {
    std::string text;
    if (shown < all) text += fmt::format("  ... and {} more (--top 0 shows all)\n", grouped(all - shown));
    if (left_out > 0)
        text += fmt::format("  ... and others, for whom there was no room: {} recipients\n", grouped(left_out));
    return text;
}

std::string cut_off_text(const Tally& tally, std::size_t top) {
    const auto found = transition(tally);
    auto text = fmt::format("Would be cut off if POP before SMTP ended today: {}\n", grouped(found.cut_off.size()));
    Rows rows;
    for (const auto& row : found.cut_off) {
        if (rows.size() == top) break;
        rows.push_back({printable(row.who), grouped(row.pop->messages), local_text(row.pop->last),
                        addresses_text(*row.pop), remark_on(row)});
    }
    if (!rows.empty()) text += text_table({"login", "messages", "last seen", "addresses", ""}, rows, {1});
    text += cut_note(rows.size(), found.cut_off.size(), tally.pop.left_out);
    if (found.moved > 0)
        text += fmt::format("  {} have used SMTP AUTH since their last POP before SMTP\n", grouped(found.moved));
    return text + '\n';
}

std::string people_text(Class which, const Table& table, std::size_t top) {
    const auto all = ranked(table);
    if (all.empty()) return {};
    Rows rows;
    for (const auto& [who, seen] : all) {
        if (rows.size() == top) break;
        rows.push_back({printable(who), grouped(seen->messages), grouped(seen->recipients), local_text(seen->last),
                        addresses_text(*seen)});
    }
    return fmt::format("{}: {}\n", title_of(which), grouped(all.size())) +
           text_table({"login", "messages", "recipients", "last seen", "addresses"}, rows, {1, 2}) +
           cut_note(rows.size(), all.size(), table.left_out) + '\n';
}

std::string clients_text(Class which, const Table& table, std::size_t top) {
    const auto all = ranked(table);
    if (all.empty()) return {};
    Rows rows;
    for (const auto& [key, seen] : all) {
        if (rows.size() == top) break;
        std::string_view rest = key;
        const auto client = take_key_word(rest);
        const auto user = which == Class::trusted ? std::string_view{} : take_key_word(rest);
        rows.push_back(
            {printable(client), printable(rest), grouped(seen->recipients), local_text(seen->last), printable(user)});
    }
    return fmt::format("{}: {}\n", title_of(which), grouped(all.size())) +
           text_table({"client", "why", "recipients", "last seen", "login"}, rows, {2}) +
           cut_note(rows.size(), all.size(), table.left_out) + '\n';
}

std::uint64_t relayed_in(const Week& week) { return week.recipients[0] + week.recipients[1] + week.recipients[2]; }

std::string bar_of(const Week& week, std::uint64_t most) {
    std::string bar;
    constexpr std::string_view kMarks = "#o.";
    for (std::size_t i = 0; i < kMarks.size(); ++i) {
        // a method that was used at all is seen
        const auto share = (week.recipients[i] * kBarWidth + most - 1) / most;
        bar.append(share, kMarks[i]);
    }
    return bar;
}

std::string weeks_text(const Tally& tally) {
    if (tally.weeks.empty()) return {};
    const auto skipped = tally.weeks.size() - std::min(tally.weeks.size(), kMostWeeks);
    const auto begin = std::next(tally.weeks.begin(), static_cast<std::ptrdiff_t>(skipped));
    std::uint64_t most = 1;
    for (auto week = begin; week != tally.weeks.end(); ++week) most = std::max(most, relayed_in(week->second));
    Rows rows;
    for (auto week = begin; week != tally.weeks.end(); ++week) {
        const auto& counts = week->second.recipients;
        rows.push_back({date_text(week->first), grouped(counts[0]), grouped(counts[1]), grouped(counts[2]),
                        grouped(counts[static_cast<std::size_t>(Class::refused)]), bar_of(week->second, most)});
    }
    return "recipients by week\n" +
           text_table({"week of", "# AUTH", "o POP", ". trusted", "refused", ""}, rows, {1, 2, 3, 4}) +
           (skipped > 0 ? fmt::format("  {} weeks before are not shown\n", skipped) : "");
}

}  // namespace

std::string text_of(const Tally& tally, const Reading& reading, std::size_t top) {
    if (top == 0) top = SIZE_MAX;
    return head_text(tally, reading) + totals_text(tally) + cut_off_text(tally, top) +
           people_text(Class::auth, tally.auth, top) + people_text(Class::pop, tally.pop, top) +
           clients_text(Class::trusted, tally.trusted, top) + clients_text(Class::refused, tally.refused, top) +
           clients_text(Class::deferred, tally.deferred, top) + clients_text(Class::monitor, tally.monitor, top) +
           weeks_text(tally);
}

}  // namespace relay::report
