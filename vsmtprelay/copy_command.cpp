#include "vsmtprelay/copy_command.h"

#include <fmt/format.h>
#include <sysexits.h>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/tried_again.h"
#include "vsmtprelay/database_choice.h"
#include "vsmtprelay/end_of_change.h"
#include "vsmtprelay/login_copy.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds kWait{10};
/// The last one only takes back: where the source changes all the time, there is always more to copy.
constexpr int kMostPasses = 5;

void say(const std::string& text) {
    fmt::print(stderr, "vsmtprelay: {}\n", text);
}

std::string entries(std::size_t count) {
    return fmt::format("{} {}", count, count == 1 ? "entry" : "entries");
}

struct Copying {
    const LoginDatabase source;
    const LoginDatabase target;
    const std::optional<sys_seconds> since = complete_since(source, kWait);
    TerminalWatch watch{"copy"};
    const std::string mark = begin_bringing(target, kWait);
    std::unique_ptr<LoginWriter> writer = open_login_writer(target, kWait);
    LoginCopy copy{*writer};

    /// False where there is no source.
    bool look() {
        return tried_again([&] {
            const auto walk = open_login_walk(source, kWait);
            if (walk) copy.look(*walk, watch);
            return walk != nullptr;
        });
    }
    /// Throws Fault where the source has lost its entries, which must not be taken for deletions.
    void check_that_it_is_whole() const {
        const auto still = complete_since(source, kWait);
        if (!still || *still > *since) throw Fault{Trouble::refused, escaped(source.name) + ": was emptied while it was copied"};
    }
    bool run() {
        writer->watch(watch);
        if (!look()) return false;
        bool more = copy.carry();
        for (int pass = 2; since && more && pass <= kMostPasses; ++pass) {
            if (!look()) throw Fault{Trouble::system, escaped(source.name) + ": was removed while it was copied"};
            check_that_it_is_whole();
            more = copy.carry(pass == kMostPasses);
        }
        end_change(*writer, watch);
        return true;
    }
};

/// Says in the target since when it holds all logins, which a copy that left nothing out brought with it.
void hand_on_since(const Copying& done, sys_seconds now) {
    const auto& outcome = done.copy.outcome();
    const auto& since = done.since;
    if (outcome.unreadable.count > 0 || outcome.behind > 0) {
        if (done.target.on_server()) say(escaped(done.target.name) + ": is not said to hold all logins, since not all were copied");
    } else if (since) {
        say_complete_since(done.target, *since, done.mark, kWait);
    }
    if (!done.target.on_server() && (!since || now < *since + done.source.window))
        say(escaped(done.source.name) + ": may have lost older logins, which a file cannot say: their users are refused");
}

int tell(const Copying& done) {
    const auto& outcome = done.copy.outcome();
    for (const std::string& fault : outcome.unreadable.told) say(fault);
    if (outcome.unreadable.count > 0)
        say(fmt::format("{}: {} cannot be read and {} left out", escaped(done.source.name), entries(outcome.unreadable.count),
                        outcome.unreadable.count == 1 ? "was" : "were"));
    if (outcome.behind > 0)
        say(fmt::format("{}: {} changed at the end and may be missing; copy again", escaped(done.source.name), entries(outcome.behind)));
    fmt::print("{}: {}; {}: {} changed, {} taken back\n", escaped(done.source.name), entries(outcome.entries), escaped(done.target.name),
               outcome.changed, outcome.taken_back);
    if (std::fflush(stdout) != 0) return EX_IOERR;
    return outcome.unreadable.count > 0 ? EX_DATAERR : outcome.behind > 0 ? EX_TEMPFAIL : EX_OK;
}

}  // namespace

int copy_logins(const Arguments& arguments, sys_seconds now) {
    for (const std::string& name : arguments.words)
        if (const auto wrong = name.empty() ? "the name of a file is empty" : bad_database_name(name); !wrong.empty())
            return usage_error("copy: " + wrong);
    if (arguments.words[0] == arguments.words[1]) return usage_error("copy: both are the same");
    Copying copying{choose_database(arguments.words[0], arguments.config), choose_database(arguments.words[1], arguments.config)};
    if (!copying.run()) {
        say(escaped(copying.source.name) + ": does not exist");
        return EX_NOINPUT;
    }
    hand_on_since(copying, now);
    return tell(copying);
}

}  // namespace relay
