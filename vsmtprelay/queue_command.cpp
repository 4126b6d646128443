#include "vsmtprelay/queue_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sysexits.h>

#include "policy/source/files/escaped.h"
#include "policy/source/queue/queued_logins.h"
#include "vsmtprelay/end_of_change.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kAnswerWait{10};

std::string logins(std::uint64_t count) {
    return fmt::format("{} {}", count, count == 1 ? "login" : "logins");
}

int tell(const LoginQueue& queue) {
    const auto state = queue.state();
    const std::string name = escaped(queue.path());
    if (state.waiting == 0) fmt::print("{}: no login waits\n", name);
    else fmt::print("{}: {} waiting, the oldest of {:%Y-%m-%d %H:%M:%S} UTC\n", name, logins(state.waiting), *state.oldest);
    if (state.lost != 0) fmt::print("{}.lost: {} lost; remove it when that is seen to\n", name, logins(state.lost));
    return std::fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int send(const Arguments& arguments, const LoginQueue& queue) {
    if (!arguments.database.doubt.empty()) {
        fmt::print(stderr, "vsmtprelay: {}: waits on, until the configuration says where logins are kept\n", escaped(queue.path()));
        return EX_CONFIG;
    }
    TerminalWatch watch{"queue"};
    const auto writer = open_login_writer(arguments.database, kAnswerWait);
    const auto sent = QueuedLogins{*writer, queue}.send();
    end_change(*writer, watch);
    const std::string name = escaped(queue.path());
    if (sent.busy) {
        fmt::print(stderr, "vsmtprelay: {}: another process sends it at the moment\n", name);
        return EX_TEMPFAIL;
    }
    if (sent.unreadable != 0)
        fmt::print(stderr, "vsmtprelay: {}: {} lines were no login, and are left out\n", name, sent.unreadable);
    fmt::print("{}: {} recorded\n", name, logins(sent.logins));
    return std::fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

}  // namespace

int queue_command(const Arguments& arguments, std::chrono::sys_seconds /*now*/) {
    const LoginQueue queue{arguments.database.redis.queue};
    if (arguments.words.empty()) return tell(queue);
    const std::string& word = arguments.words.front();
    if (word != "--send") return usage_error("queue: " + unknown_option(word, {"--send"}));
    return send(arguments, queue);
}

}  // namespace relay
