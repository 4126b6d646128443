#include "vsmtprelay/feed/follower.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "vsmtprelay/feed/format_file.h"
#include "vsmtprelay/feed/mail_log.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kMostEvents = 10'000;  // of one commit
constexpr int kMostReads = 4;                // of 256 KiB in one step, so that a signal to end is seen in between
constexpr std::chrono::seconds kTellAgain{60};
constexpr std::chrono::seconds kLookAgain{60};  // at the configuration, and at this host's addresses
constexpr std::size_t kSessionsASecond = 1000;  // are saved: the more are open, the more seldom

FollowState state_of(const FollowOptions& options) {
    try {
        return read_follow_state(options.state).value_or(FollowState{});
    } catch (const Fault& fault) {
        if (fault.trouble != Trouble::damaged) throw;
        log_error(std::string{fault.what()} + "; the logs are read from their beginning");
        return {};
    }
}

}  // namespace

Follower::Follower(FollowOptions options, LoginStore& store)
    : options_{std::move(options)},
      store_{store},
      drift_{log_error},
      never_{log_notice},
      feed_{read_login_formats(options_.formats), options_.limits, never_, drift_},
      connections_{options_.who, options_.limits.session} {
    FollowState state = state_of(options_);
    for (const std::string& file : options_.files) {
        files_.emplace_back(file, state.files[file], log_error);
        std::error_code error;
        if (!std::filesystem::exists(file, error)) log_notice(escaped(file) + ": does not exist; it is waited for");
    }
    if (options_.journal)
        journal_ = std::make_unique<JournalSource>(
            JournalSource::Options{feed_.programs(), options_.journal_file, options_.limits.window, options_.once},
            state.cursor);
    resume(state);
}

void Follower::resume(const FollowState& state) {
    for (const auto& [key, session] : state.sessions) feed_.sessions().open(key, session);
    connections_.resume(state.connected);
}

Follower::Step Follower::step(sys_seconds now) {
    drift_.tick(now);
    store_.tend(now);
    refresh_never(now);
    if (!events_.empty() && !record(now)) return Step::failed;
    bool more = false;
    for (int reads = 0; reads < kMostReads && events_.size() < kMostEvents && read(now); ++reads) more = true;
    look_for_open(now);
    if (!record(now)) return Step::failed;
    const std::chrono::seconds pause{1 + static_cast<std::int64_t>(feed_.sessions().size() / kSessionsASecond)};
    if (now - saved_at_ >= pause || now < saved_at_) save(now);
    return more ? Step::busy : Step::idle;
}

void Follower::look_for_open(sys_seconds now) {
    std::vector<LoginEvent> open;
    unsaved_ = connections_.tick(now, open) || unsaved_;
    for (LoginEvent& event : open)
        if (!never_.drops(event)) events_.push_back(std::move(event));
}

void Follower::refresh_never(sys_seconds now) {
    if (options_.config.empty() || (now - looked_at_config_ < kLookAgain && now >= looked_at_config_)) return;
    looked_at_config_ = now;
    std::string fault;
    never_.set(pop_settings(options_.config, fault));
    if (!fault.empty()) tell(fault + "; [pop] never is as if it were not there", now);
}

bool Follower::read(sys_seconds now) {
    bool more = false;
    const auto take = [&](const LogLine& line) { feed_.take(line, now, events_); };
    const auto take_text = [&](std::string_view text) {
        if (const auto line = parse_log_line(text, stamps_, now)) take(*line);
    };
    for (FollowedFile& file : files_) {
        try {
            more = file.read(take_text, now) || more;
        } catch (const Fault& fault) {
            tell(fmt::format("{}; it is tried again", fault.what()), now);
        }
    }
    if (journal_) more = journal_->read(take, now) || more;
    unsaved_ = unsaved_ || more;
    return more;
}

bool Follower::record(sys_seconds now) {
    if (events_.empty()) return true;
    try {
        store_.record(events_);
    } catch (const Fault& fault) {
        tell(fmt::format("{}; {} logins wait to be recorded, it is tried again", fault.what(), events_.size()), now);
        if (!failing_since_) failing_since_ = now;
        return false;
    }
    if (failing_since_)
        log_notice(fmt::format("{} logins are recorded after {} s", events_.size(), (now - *failing_since_).count()));
    failing_since_.reset();
    events_.clear();
    return true;
}

void Follower::save(sys_seconds now) {
    saved_at_ = now;
    if (!events_.empty() || !unsaved_) return;
    FollowState state;
    for (const FollowedFile& file : files_) state.files[file.path()] = file.positions();
    if (journal_) state.cursor = journal_->cursor();
    const sys_seconds useless = now - options_.limits.session - options_.limits.window;
    for (const auto& each : feed_.sessions().all())
        if (each.second.since >= useless) state.sessions.push_back(each);
    state.connected = connections_.first_seen();
    try {
        write_follow_state(options_.state, state);
        unsaved_ = false;
    } catch (const Fault& fault) {
        tell(fmt::format("{}; after a restart the last lines would be read again", fault.what()), now);
    }
}

void Follower::tell(const std::string& text, sys_seconds now) {
    if (text == told_ && now - told_at_ < kTellAgain && now >= told_at_) return;
    log_error(text);
    told_ = text;
    told_at_ = now;
}

std::vector<int> Follower::descriptors() const {
    std::vector<int> found;
    if (!events_.empty()) return found;
    if (journal_ && journal_->descriptor() >= 0) found.push_back(journal_->descriptor());
    if (connections_.descriptor() >= 0) found.push_back(connections_.descriptor());
    return found;
}

bool Follower::ended() const {
    return options_.once && events_.empty() && (!journal_ || journal_->ended());
}

}  // namespace relay
