#include "milter/report/report.h"

#include <glob.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "milter/report/journal.h"
#include "milter/report/line_reader.h"
#include "milter/report/log_clock.h"
#include "milter/report/progress.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay::report {
namespace {

using Instant = std::optional<std::chrono::sys_seconds>;

struct Period {
    Instant since, until;

    [[nodiscard]] bool has(std::chrono::sys_seconds at) const {
        return (!since || at >= *since) && (!until || at < *until);
    }
};

class Run {
public:
    explicit Run(Period period) : period_{period} {}

    void read(LineReader reader) {
        LogClock clock{reader.last_write()};
        while (const auto line = reader.next()) {
            if (++reading.lines % 8192 == 0) progress_.show(reader.position(), reader.size(), reading.lines);
            if (const auto ours = our_line(*line)) add(*ours, clock);
        }
        reading.too_long += reader.too_long();
    }

    Tally tally;
    Reading reading;

private:
    void add(const OurLine& ours, LogClock& clock) {
        const auto words = verdict_words(ours.text);
        if (!words) return;
        const auto at = clock.time_of(ours.stamp);
        if (!at) ++reading.undated;
        else if (period_.has(*at)) tally.add(*words, *at);
    }

    Period period_;
    Progress progress_;
};

void read_journal(Run& run, const Instant& since) {
    run.reading.sources.emplace_back("the journal");
    Journal journal{since};
    run.read(LineReader{journal.output(), "journalctl"});
    journal.finish();
}

void read_file(Run& run, const std::string& file) {
    run.reading.sources.push_back(file == "-" ? "standard input" : file);
    if (file == "-") run.read(LineReader{Descriptor{::dup(STDIN_FILENO)}, "standard input"});
    else run.read(LineReader::open(file));
}

/// Where syslog keeps the mail log, with the older ones beside it: Debian, then BSD and Red Hat.
std::vector<std::string> system_logs() {
    for (const char* pattern : {"/var/log/mail.log*", "/var/log/maillog*"}) {
        glob_t found{};
        const std::unique_ptr<glob_t, decltype(&globfree)> owner{&found, globfree};
        if (glob(pattern, 0, nullptr, &found) == 0) return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
    }
    return {};
}

/// One source that cannot be read does not stop the others.
template <class Read>
void guarded(Run& run, const Read& read) {
    try {
        read();
    } catch (const Fault& fault) {
        run.reading.faults.emplace_back(fault.what());
    }
}

void read_all(Run& run, const ReportOptions& options, const Instant& since) {
    if (options.journal) return guarded(run, [&] { read_journal(run, since); });
    const auto files = options.files.empty() ? system_logs() : options.files;
    if (files.empty()) run.reading.faults.emplace_back("no mail log in /var/log; name the files, or give --journal");
    for (const auto& file : files) guarded(run, [&] { read_file(run, file); });
}

/// Nothing after a complaint.
std::optional<Period> period_of(const ReportOptions& options, std::ostream& errors) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto instant = [&](const char* name, const std::optional<std::string>& text, Instant& to) {
        if (text) to = parse_instant(*text, now);
        if (!text || to) return true;
        errors << "milter-relay report: " << name << " \"" << escaped(*text)
               << "\": give a date as 2026-11-01, a time as 2026-11-01T12:00, or days before now as 30d\n";
        return false;
    };
    Period period;
    if (!instant("--since", options.since, period.since) || !instant("--until", options.until, period.until))
        return std::nullopt;
    return period;
}

}  // namespace

std::vector<std::pair<std::string, const Sightings*>> ranked(const Table& table) {
    std::vector<std::pair<std::string, const Sightings*>> rows;
    rows.reserve(table.rows.size());
    for (const auto& [who, seen] : table.rows) rows.emplace_back(who, &seen);
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        if (a.second->messages != b.second->messages) return a.second->messages > b.second->messages;
        if (a.second->recipients != b.second->recipients) return a.second->recipients > b.second->recipients;
        return a.first < b.first;
    });
    return rows;
}

int report(const ReportOptions& options, std::ostream& out, std::ostream& errors) {
    const auto period = period_of(options, errors);
    if (!period) return EX_USAGE;
    auto run = std::make_unique<Run>(*period);
    read_all(*run, options, period->since);
    for (const auto& fault : run->reading.faults) errors << "milter-relay report: " << fault << '\n';
    if (run->reading.lines == 0 && !run->reading.faults.empty()) return EX_NOINPUT;
    if (options.json) out << json_of(run->tally, run->reading);
    else if (options.csv) out << csv_of(run->tally);
    else out << text_of(run->tally, run->reading, options.top);
    return run->reading.faults.empty() ? EX_OK : EX_DATAERR;
}

}  // namespace relay::report
