#include "vsmtprelay/login_command.h"

#include <fmt/format.h>
#include <sysexits.h>

#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_writer.h"
#include "vsmtprelay/feed/mail_log.h"
#include "vsmtprelay/feed/post_login.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kLockWait{2};
constexpr std::chrono::seconds kPatience{3};

void write_login(const std::string& file, const LoginEvent& event) {
    RelayersWriter writer{file, kLockWait};
    writer.record({event});
    writer.leave_touch_behind();
}

void record(const Arguments& arguments, std::chrono::sys_seconds now) {
    std::string fault;
    const PostLogin login = post_login_environment();
    const auto event = login_event(login, now, fault);
    if (event)
        fault = record_aside([&] { write_login(arguments.file, *event); }, kPatience);
    if (!fault.empty())
        log_error(
            fmt::format("login of {} from {} is not recorded: {}", escaped(login.user), escaped(login.client), fault));
}

}  // namespace

int login_command(const Arguments& arguments, std::chrono::sys_seconds now) {
    if (arguments.words.empty()) return usage_error("login: says no next program");
    open_mail_log(MailLog::syslog);
    record(arguments, now);
    const std::string why = run_next(arguments.words);
    log_error(fmt::format("login: run {}: {}", escaped(arguments.words.front()), why));
    return EX_UNAVAILABLE;
}

}  // namespace relay
