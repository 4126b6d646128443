// vsmtprelay follow: reads the logs, records the logins, and remembers how far it came, in this order. A login is lost
// by no restart: what was not recorded is read again, and recording twice changes nothing. One owner, one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/login_record.h"
#include "vsmtprelay/feed/follow_state.h"
#include "vsmtprelay/feed/followed_file.h"
#include "vsmtprelay/feed/format_drift.h"
#include "vsmtprelay/feed/journal_source.h"
#include "vsmtprelay/feed/login_feed.h"
#include "vsmtprelay/feed/never_recorded.h"
#include "vsmtprelay/feed/open_connections.h"

namespace relay {

struct FollowOptions {
    std::vector<std::string> files;
    bool journal = false;
    std::string journal_file;
    std::string state = "/var/lib/vsmtprelay/follow.json";
    std::string config;  ///< milter-relay.toml(5), for [pop] never; empty: the defaults.
    std::vector<std::string> formats;  ///< Directories.
    LoginFeed::Limits limits;
    std::chrono::seconds who{0};
    bool once = false;  ///< Read what is there, record it, and end.
};

/// Where the logins go.
class LoginStore {
public:
    LoginStore() = default;
    LoginStore(const LoginStore&) = delete;
    LoginStore& operator=(const LoginStore&) = delete;
    virtual ~LoginStore() = default;
    /// They are on disk when it returns; throws Fault. None is given again after that.
    virtual void record(const std::vector<LoginEvent>& events) = 0;
    /// Called at each step, for what is to be done later.
    virtual void tend(std::chrono::sys_seconds now) = 0;
};

class Follower {
public:
    /// `store` outlives this. Throws BadFormat, or Fault where a state that exists cannot be read.
    Follower(FollowOptions options, LoginStore& store);

    enum class Step {
        busy,    ///< There is more at once.
        idle,    ///< Nothing to read now.
        failed,  ///< The logins could not be recorded; they are kept, and nothing is read before they are.
    };
    Step step(std::chrono::sys_seconds now);
    /// Saves the state where it has changed; what goes wrong is logged. It is of one moment: what came after it is read
    /// again by the next run.
    void save(std::chrono::sys_seconds now);

    /// Those that may make step() busy.
    [[nodiscard]] std::vector<int> descriptors() const;
    [[nodiscard]] bool ended() const;
    [[nodiscard]] const FollowOptions& options() const { return options_; }

private:
    bool read(std::chrono::sys_seconds now);
    void look_for_open(std::chrono::sys_seconds now);
    void refresh_never(std::chrono::sys_seconds now);
    void resume(const FollowState& state);
    bool record(std::chrono::sys_seconds now);
    void tell(const std::string& text, std::chrono::sys_seconds now);

    FollowOptions options_;
    LoginStore& store_;
    FormatDrift drift_;
    NeverRecorded never_;
    LoginFeed feed_;
    StampReader stamps_;
    std::vector<FollowedFile> files_;
    std::unique_ptr<JournalSource> journal_;
    OpenConnections connections_;
    std::vector<LoginEvent> events_;  ///< Read, and not yet recorded.
    std::string told_;  ///< The last trouble, so that it is told once a minute.
    std::chrono::sys_seconds told_at_{};
    std::chrono::sys_seconds saved_at_{};
    std::optional<std::chrono::sys_seconds> failing_since_;
    std::chrono::sys_seconds looked_at_config_{};
    bool unsaved_ = false;
};

/// Steps until SIGTERM or SIGINT, or the end of what there is with `once`. Returns the exit code (sysexits(3)).
int follow(Follower& follower);

}  // namespace relay
