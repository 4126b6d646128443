#include "vsmtprelay/login_command.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <filesystem>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/queue/queued_logins.h"
#include "vsmtprelay/feed/mail_log.h"
#include "vsmtprelay/feed/never_recorded.h"
#include "vsmtprelay/feed/post_login.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kLockWait{2};
constexpr std::chrono::seconds kAnswerWait{1};  // of a server: twice, where the client is known already
/// More than all waits together, so that one whose server hangs has the time to have it wait: two answers, the lock of the
/// queue, that of the count of lost ones.
constexpr std::chrono::seconds kPatience{7};
constexpr std::uintmax_t kMostSent = 65536;   // bytes of the queue: some thousand logins, in a moment; more is the timer's
constexpr std::size_t kMostShown = 300;  // bytes of a name in the log

/// What kept it from waiting is told; that it cannot even be counted adds nothing.
void count_lost(const LoginQueue& queue) {
    try {
        queue.count_lost(1);
    } catch (const Fault&) {
    }
}

/// True when the server has it, false when it waits.
bool record_or_queue(QueuedLogins& logins, const LoginQueue& queue, const LoginEvent& event) {
    try {
        const auto why = logins.record({event});
        if (why) log_notice(fmt::format("{}; a login waits in {}", *why, escaped(queue.path())));
        return !why;
    } catch (const Fault&) {
        count_lost(queue);
        throw;
    }
}

void write_on_server(const LoginDatabase& database, const LoginEvent& event) {
    const auto writer = open_login_writer(database, kAnswerWait);
    const LoginQueue queue{database.redis.queue};
    QueuedLogins logins{*writer, queue};
    if (!record_or_queue(logins, queue, event) || queue.bytes() > kMostSent) return;
    try {
        logins.send();
    } catch (const Fault&) {
        // They wait on; this login has nothing to do with it.
    }
}

void write_in_file(const LoginDatabase& database, const LoginEvent& event) {
    const auto writer = open_login_writer(database, kLockWait);
    writer->record({event});
    writer->leave_touch_behind();
}

/// Nobody knows whether the database is the file or a server: it waits, and a file that is there gets it at once.
void write_in_doubt(const LoginDatabase& database, const LoginEvent& event) {
    log_error(fmt::format("{}; it does not say where logins are kept: one waits in {}", database.doubt, escaped(database.redis.queue)));
    LoginQueue{database.redis.queue}.put({event});
    std::error_code error;
    if (std::filesystem::exists(database.name, error)) write_in_file(database, event);
}

void write_login(const Arguments& arguments, const PostLogin& login, std::chrono::sys_seconds now) {
    std::string fault;
    NeverRecorded never{log_debug, pop_settings(arguments.config, fault)};
    if (!fault.empty()) log_error(fault + "; [pop] never is as if it were not there");
    const LoginEvent event = login_event(login, now);
    if (never.drops(event, Address::parse(login.local))) return;
    if (!arguments.database.doubt.empty()) write_in_doubt(arguments.database, event);
    else if (arguments.database.on_server()) write_on_server(arguments.database, event);
    else write_in_file(arguments.database, event);
}

void record(const Arguments& arguments, std::chrono::sys_seconds now) {
    const PostLogin login = post_login_environment();
    const std::string fault = record_aside([&] { write_login(arguments, login, now); }, kPatience);
    if (fault.empty()) return;
    const std::string user = escaped(login.user.substr(0, kMostShown));
    const std::string client = escaped(login.client.substr(0, kMostShown));
    log_error(fmt::format("login of {} from {} is not recorded: {}", user, client, fault));
}

}  // namespace

int login_command(const Arguments& arguments, std::chrono::sys_seconds now) {
    if (arguments.words.empty()) return usage_error("login: says no next program");
    open_mail_log(MailLog::syslog);
    record(arguments, now);
    const std::string why = run_next(arguments.words);
    const std::string fault = fmt::format("login: run {}: {}", escaped(arguments.words.front()), why);
    log_error(fault);
    fmt::print(stderr, "vsmtprelay: {}\n", fault);  // Who tries it by hand does not look into the mail log.
    return EX_UNAVAILABLE;
}

}  // namespace relay
