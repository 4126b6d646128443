#include "vsmtprelay/follow_command.h"
#include "paths.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/queue/queued_logins.h"
#include "vsmtprelay/feed/follower.h"
#include "vsmtprelay/feed/format_file.h"
#include "vsmtprelay/feed/mail_log.h"
#include "vsmtprelay/input.h"

namespace relay {
namespace {

/// Short, so that a signal to end is not kept waiting: the follower tries again.
constexpr std::chrono::milliseconds kLockWait{50};

/// So often what waits is tried to be sent.
constexpr std::chrono::seconds kSendAgain{10};

/// Into a file.
class Recorder : public LoginStore {
public:
    explicit Recorder(const LoginDatabase& database) : writer_{open_login_writer(database, kLockWait)} {}
    ~Recorder() override { writer_->leave_touch_behind(); }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    void record(const std::vector<LoginEvent>& events) override { writer_->record(events); }
    void tend(std::chrono::sys_seconds now) override {
        if (const auto due = writer_->touch_due(); due && *due <= now) writer_->touch();
    }

private:
    std::unique_ptr<LoginWriter> writer_;
};

/// On a server, or into the queue where it does not take them.
class QueueingRecorder : public LoginStore {
public:
    explicit QueueingRecorder(const LoginDatabase& database)
        : writer_{open_login_writer(database, std::max(kLockWait, database.redis.deadline))}, queue_{database.redis.queue} {}

    void record(const std::vector<LoginEvent>& events) override {
        const auto why = logins_.record(events);
        if (why && !away_) log_error(fmt::format("{}; logins wait in {}", *why, escaped(queue_.path())));
        if (!why && away_) log_notice("the server takes logins again");
        away_ = why.has_value();
    }
    void tend(std::chrono::sys_seconds now) override {
        if ((now - sent_at_ < kSendAgain && now >= sent_at_) || queue_.bytes() == 0) return;
        sent_at_ = now;
        try {
            const auto sent = logins_.send();
            if (sent.logins == 0) return;
            log_notice(fmt::format("{} logins that waited in {} are recorded", sent.logins, escaped(queue_.path())));
        } catch (const Fault&) {
            // They wait on; why was told when they began to.
        }
    }

private:
    std::unique_ptr<LoginWriter> writer_;
    LoginQueue queue_;
    QueuedLogins logins_{*writer_, queue_};
    bool away_ = false;
    std::chrono::sys_seconds sent_at_{};
};

std::unique_ptr<LoginStore> open_store(const LoginDatabase& database) {
    if (database.on_server()) return std::make_unique<QueueingRecorder>(database);
    return std::make_unique<Recorder>(database);
}

struct Words {
    FollowOptions options;
    std::string window;
    std::string session;
    std::string who;
    std::string log = "syslog";
};

/// Nothing when a usage error was told.
bool parse(const std::vector<std::string>& words, Words& parsed) {
    CLI::App app;
    app.set_help_flag();
    FollowOptions& options = parsed.options;
    app.add_flag("--journal", options.journal);
    app.add_option("--journal-file", options.journal_file)->take_last();
    app.add_option("--formats", options.formats)->allow_extra_args(false);  // what follows is a log
    app.add_option("--state", options.state)->take_last();
    app.add_option("--window", parsed.window)->take_last();
    app.add_option("--session", parsed.session)->take_last();
    app.add_option("--who", parsed.who)->take_last();
    app.add_option("--log", parsed.log)->take_last()->check(CLI::IsMember({"syslog", "stderr"}));
    app.add_flag("--once", options.once);
    app.add_option("files", options.files);
    try {
        app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
        return true;
    } catch (const CLI::ParseError& error) {
        usage_error("follow: " + unexpected_word(app, error));
        return false;
    }
}

void set_minutes(const std::string& word, std::chrono::seconds& value) {
    if (!word.empty()) value = minutes_in(word);
}

}  // namespace

int follow_command(const Arguments& arguments) {
    Words words;
    if (!parse(arguments.words, words)) return EX_USAGE;
    FollowOptions& options = words.options;
    set_minutes(words.window, options.limits.window);
    set_minutes(words.session, options.limits.session);
    set_minutes(words.who, options.who);
    options.config = arguments.config;
    options.journal = options.journal || !options.journal_file.empty() || options.files.empty();
    if (options.formats.empty()) options.formats = {LOGIN_FORMATS, MILTER_RELAY_MAIL_DIR "/login-formats"};
    open_mail_log(words.log == "stderr" ? MailLog::standard_error : MailLog::syslog);
    if (const std::string& doubt = arguments.database.doubt; !doubt.empty()) {
        log_error(doubt + "; it does not say where logins are kept, and nothing is recorded until it does");
        return EX_CONFIG;
    }
    const auto store = open_store(arguments.database);
    try {
        Follower follower{std::move(options), *store};
        return follow(follower);
    } catch (const BadFormat& bad) {
        throw BadInput{bad.what()};
    }
}

}  // namespace relay
