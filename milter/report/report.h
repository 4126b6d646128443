// `milter-relay report`: who relayed by which method, who was refused, and who would be cut off without POP before
// SMTP.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "milter/report/tally.h"

namespace relay::report {

struct ReportOptions {
    bool journal = false;
    std::vector<std::string> files;  ///< "-": standard input. Empty without journal: the system's mail logs.
    std::optional<std::string> since, until;
    std::size_t top = 20;  ///< Rows of each table of the text; 0: all.
    bool json = false;
    bool csv = false;
};

/// What was read to come to a tally.
struct Reading {
    std::vector<std::string> sources;
    std::uint64_t lines = 0;
    std::uint64_t too_long = 0;  ///< Lines passed over for their length.
    std::uint64_t undated = 0;   ///< Lines of ours whose stamp cannot be read.
    std::vector<std::string> faults;
};

/// Prints the report, and to `errors` what could not be read. A sysexits(3) code: EX_OK, EX_NOINPUT, EX_DATAERR or
/// EX_USAGE.
int report(const ReportOptions& options, std::ostream& out, std::ostream& errors);

/// Each a whole report.
std::string text_of(const Tally& tally, const Reading& reading, std::size_t top);
std::string json_of(const Tally& tally, const Reading& reading);
std::string csv_of(const Tally& tally);

/// The rows of a table, most messages first.
std::vector<std::pair<std::string, const Sightings*>> ranked(const Table& table);

}  // namespace relay::report
