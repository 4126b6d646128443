// A line of a mail log, taken apart: which are the daemon's verdicts (milter/verdict_line.h), and what they say.
//
// Only a line whose tag is milter-relay[PID] counts, at the place where syslog writes the tag; what other programs
// quote of ours does not. Every view points into the line; values are still escaped as the daemon wrote them.
#pragma once

#include <optional>
#include <string_view>

namespace relay::report {

/// A line that the daemon wrote, verdict or not.
struct OurLine {
    std::string_view stamp;  ///< "Nov 22 06:56:47" or "2026-11-22T06:56:47.123456+01:00"
    std::string_view text;   ///< Behind the tag.
};

std::optional<OurLine> our_line(std::string_view line);

/// Empty where the line does not have the key.
struct VerdictWords {
    std::string_view queue_id, verdict, via, reason, client, user, mode;
};

/// Nothing when the text is no verdict. Unknown keys are passed over; of a key that comes twice the first counts.
std::optional<VerdictWords> verdict_words(std::string_view text);

}  // namespace relay::report
