// The report of a self-test: a table for a person, JSON for a program.
#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "milter/selftest/selftest.h"
#include "policy/source/files/escaped.h"

namespace relay::selftest {
namespace {

constexpr fmt::string_view kColumns = "{:<9} {:<64} {:<42} {:<26} {}\n";

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::closed: return "closed";
        case Outcome::unproven: return "UNPROVEN";
        case Outcome::open: return "OPEN";
        case Outcome::failed: return "FAILED";
        case Outcome::passed: return "passed";
        case Outcome::skipped: return "skipped";
    }
    return "";
}

std::string cut(const std::string& text, std::size_t most) {
    auto printable = escaped(text);
    if (printable.size() > most) printable.replace(most - 3, std::string::npos, "...");
    return printable;
}

void print_row(const Row& row, std::ostream& out) {
    out << fmt::format(fmt::runtime(kColumns), name_of(row.outcome), cut(row.subject, 64), cut(row.sendmail, 42),
                       cut(row.ours, 26), row.away);
    if (row.outcome != Outcome::closed && row.outcome != Outcome::passed)
        out << fmt::format(
            "          {}{}\n",
            row.client.empty() ? "" : fmt::format("client {} from {}: ", escaped(row.client), escaped(row.sender)),
            escaped(row.why));
}

nlohmann::json json_of(const std::vector<Row>& rows) {
    auto array = nlohmann::json::array();
    for (const auto& row : rows)
        array.push_back({{"subject", escaped(row.subject)},
                         {"client", row.client},
                         {"sender", row.sender},
                         {"sendmail", escaped(row.sendmail)},
                         {"milter", escaped(row.ours)},
                         {"away", row.away},
                         {"outcome", name_of(row.outcome)},
                         {"why", escaped(row.why)}});
    return array;
}

}  // namespace

std::size_t Report::count(Outcome outcome) const {
    const auto is = [outcome](const Row& row) { return row.outcome == outcome; };
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), is) +
                                    std::count_if(controls.begin(), controls.end(), is));
}

int Report::exit_code() const {
    if (count(Outcome::open) != 0 || count(Outcome::failed) != 0) return 1;
    return count(Outcome::unproven) != 0 ? EX_TEMPFAIL : EX_OK;
}

void print_text(const Report& report, bool all, std::ostream& out) {
    out << fmt::format(fmt::runtime(kColumns), "", "recipient", "sendmail's rules", "milter-relay", "milter away");
    for (const auto& row : report.rows)
        if (all || row.outcome != Outcome::closed) print_row(row, out);
    if (!all && report.count(Outcome::closed) == report.rows.size()) out << "(all closed; --all shows them)\n";
    out << "\nMust be permitted:\n";
    for (const auto& row : report.controls) print_row(row, out);
    out << fmt::format(
        "\n{} recipients, {} questions, domain {}, {} wiring: {} open, {} unproven, {} closed; controls: {} failed, {} "
        "passed, {} skipped\n",
        report.rows.size(), report.questions, escaped(report.domain), report.wiring, report.count(Outcome::open),
        report.count(Outcome::unproven), report.count(Outcome::closed), report.count(Outcome::failed),
        report.count(Outcome::passed), report.count(Outcome::skipped));
}

void print_json(const Report& report, std::ostream& out) {
    const nlohmann::json json = {{"wiring", report.wiring},
                                 {"domain", escaped(report.domain)},
                                 {"questions", report.questions},
                                 {"open", report.count(Outcome::open)},
                                 {"unproven", report.count(Outcome::unproven)},
                                 {"closed", report.count(Outcome::closed)},
                                 {"failed", report.count(Outcome::failed)},
                                 {"rows", json_of(report.rows)},
                                 {"controls", json_of(report.controls)}};
    out << json.dump(2) << '\n';
}

}  // namespace relay::selftest
