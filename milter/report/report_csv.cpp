// The report for a spreadsheet: one table (RFC 4180), whose first column says which part a row belongs to.
#include <fmt/format.h>

#include "milter/report/report.h"
#include "milter/report/report_words.h"

namespace relay::report {
namespace {

/// Always in quotes. What a spreadsheet would take for a formula gets a ' before it, since names come from peers.
std::string cell(std::string_view value) {
    std::string text = "\"";
    const auto shown = printable(value);
    if (!shown.empty() && std::string_view{"=+-@"}.find(shown.front()) != std::string_view::npos) text += '\'';
    for (const char c : shown) {
        if (c == '"') text += c;
        text += c;
    }
    text += '"';
    return text;
}

std::string row_text(std::string_view part, std::string_view login, std::string_view client, std::string_view why,
                     const Sightings& seen) {
    return fmt::format("{},{},{},{},{},{},{},{}\r\n", part, cell(login), cell(client), cell(why), seen.messages,
                       seen.recipients, utc_text(seen.first), utc_text(seen.last));
}

std::string addresses_text(const Sightings& seen) {
    std::string text;
    for (const auto& [address, at] : seen.addresses) {
        if (!text.empty()) text += ' ';
        text += address;
    }
    return text;
}

std::string people_rows(Class which, const Table& table) {
    std::string text;
    for (const auto& [who, seen] : ranked(table))
        text += row_text(name_of(which), who, addresses_text(*seen), {}, *seen);
    return text;
}

std::string client_rows(Class which, const Table& table) {
    std::string text;
    for (const auto& [key, seen] : ranked(table)) {
        std::string_view rest = key;
        const auto client = take_key_word(rest);
        const auto user = which == Class::trusted ? std::string_view{} : take_key_word(rest);
        text += row_text(name_of(which), user, client, rest, *seen);
    }
    return text;
}

}  // namespace

std::string csv_of(const Tally& tally) {
    std::string text = "part,login,client,why,messages,recipients,first,last\r\n";
    for (const auto& row : transition(tally).cut_off)
        text += row_text("cut_off", row.who, addresses_text(*row.pop), row.similar_auth, *row.pop);
    return text + people_rows(Class::auth, tally.auth) + people_rows(Class::pop, tally.pop) +
           client_rows(Class::trusted, tally.trusted) + client_rows(Class::refused, tally.refused) +
           client_rows(Class::deferred, tally.deferred) + client_rows(Class::monitor, tally.monitor);
}

}  // namespace relay::report
