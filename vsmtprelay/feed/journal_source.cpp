#include "vsmtprelay/feed/journal_source.h"

#include <fmt/format.h>

#include <utility>

#include "vsmtprelay/feed/journal_line.h"
#include "vsmtprelay/feed/mail_log.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kPause{2};  ///< Before journalctl is started again.
constexpr std::size_t kLongestEntry = std::size_t{1} << 20;

}  // namespace

JournalSource::JournalSource(Options options, std::string cursor)
    : options_{std::move(options)}, cursor_{std::move(cursor)} {}

void JournalSource::start(std::chrono::sys_seconds now) {
    std::vector<std::string> words{"journalctl", "--output=json", "--no-tail", "--quiet",
                                   "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,_COMM,_UID,_PID"};
    if (!options_.once) words.emplace_back("--follow");
    if (!options_.file.empty()) words.push_back("--file=" + options_.file);
    // With it: --after-cursor leaves out another entry where that of the cursor is gone. Twice does no harm.
    if (!cursor_.empty()) words.push_back("--cursor=" + cursor_);
    else words.push_back(fmt::format("--since=@{}", (now - options_.window).time_since_epoch().count()));
    for (const std::string& program : options_.programs) words.push_back("SYSLOG_IDENTIFIER=" + program);
    started_ = now;
    took_ = false;
    unfinished_.clear();
    child_ = std::make_unique<ChildOutput>(words);
}

bool JournalSource::read(const Take& take, std::chrono::sys_seconds now) {
    if (ended_) return false;
    if (!child_) {
        if (now - started_ < kPause && now >= started_) return false;
        start(now);
    }
    const std::size_t before = unfinished_.size();
    const bool open = child_->read(unfinished_);
    const bool more = unfinished_.size() > before;
    take_lines(take, now);
    if (open) return more;
    child_.reset();
    ended_ = options_.once;
    if (options_.once) return false;
    log_error("journalctl ended; it is started again");
    if (!took_) cursor_.clear();  // It may be the cursor that journalctl does not take.
    return false;
}

void JournalSource::take_lines(const Take& take, std::chrono::sys_seconds now) {
    std::size_t begin = 0;
    for (std::size_t end; (end = unfinished_.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const auto entry = parse_journal_line(std::string_view{unfinished_}.substr(begin, end - begin), now);
        if (!entry) continue;
        if (entry->line) take(*entry->line);
        cursor_ = entry->cursor;
        took_ = true;
    }
    unfinished_.erase(0, begin);
    if (unfinished_.size() > kLongestEntry) unfinished_.clear();
}

}  // namespace relay
