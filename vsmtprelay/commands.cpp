#include "vsmtprelay/commands.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <limits>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "vsmtprelay/copy_command.h"
#include "vsmtprelay/end_of_change.h"
#include "vsmtprelay/follow_command.h"
#include "vsmtprelay/input.h"
#include "vsmtprelay/list_command.h"
#include "vsmtprelay/login_command.h"
#include "vsmtprelay/maintenance.h"
#include "vsmtprelay/queue_command.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds kLockWait{10};

void say(const std::string& text) {
    fmt::print(stderr, "vsmtprelay: {}\n", text);
}

int add(const Arguments& arguments, sys_seconds now) {
    const bool from_input = arguments.words[0] == "-";
    if (from_input && arguments.words.size() > 1) return usage_error("add -: takes no TICKS");
    TerminalWatch watch{"add"};
    if (from_input) watch.hide();
    const auto clients = from_input ? addresses_from(stdin, watch) : addresses_in({arguments.words[0]});
    const auto at = arguments.words.size() > 1 ? ticks_in(arguments.words[1]) : now;
    const auto writer = open_login_writer(arguments.database, kLockWait);
    writer->watch(watch);
    if (!clients.empty()) writer->add(clients, LoginRecord{Layout::timestamp, at, {}});
    end_change(*writer, watch);
    return EX_OK;
}

int erase_logins(const Arguments& arguments) {
    if (arguments.words.size() == 1) return usage_error("delete --login: says no name");
    const auto names = login_names_in({arguments.words.begin() + 1, arguments.words.end()});
    TerminalWatch watch{"delete"};
    const auto writer = open_login_writer(arguments.database, kLockWait);
    writer->watch(watch);
    const auto removed = writer->remove_logins(names);
    end_change(*writer, watch);
    for (const auto& each : removed)
        fmt::print("{} {}: {}\n", each.client.text(), login_word(each.login),
                   each.entry_stays ? "login removed, others of this address stay" : "entry removed");
    for (const std::string& name : names)
        if (std::ranges::find(removed, name, &LoginWriter::LoginRemoved::login) == removed.end())
            say(login_word(name) + ": had no entry");
    return std::fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int erase(const Arguments& arguments, sys_seconds /*now*/) {
    if (arguments.words.front() == "--login") return erase_logins(arguments);
    const auto clients = addresses_in(arguments.words);
    TerminalWatch watch{"delete"};
    const auto writer = open_login_writer(arguments.database, kLockWait);
    writer->watch(watch);
    const auto missing = writer->remove(clients);
    end_change(*writer, watch);
    for (const Address& client : missing) say(client.text() + ": had no entry");
    return EX_OK;
}

/// Whatever ends the change, what was changed by then is to be seen.
struct EndOfChange {
    LoginWriter& writer;
    TerminalWatch& watch;
    ~EndOfChange() { end_change(writer, watch); }
};

int expire(const Arguments& arguments, sys_seconds now) {
    TerminalWatch watch{"expire"};
    const auto writer = open_login_writer(arguments.database, kLockWait);
    writer->watch(watch);
    const auto expired = [&] {
        const EndOfChange end{*writer, watch};
        return writer->expire(oldest_fresh(arguments.words, now));
    }();
    return tell_unreadable(arguments.database.name, expired.unreadable, " and stayed");
}

int follow_logs(const Arguments& arguments, sys_seconds /*now*/) {
    return follow_command(arguments);
}

struct Command {
    const char* name;
    std::size_t least_words;
    std::size_t most_words;
    int (*run)(const Arguments&, sys_seconds now);
};

constexpr Command kCommands[] = {
    {"add", 1, 2, add},
    {"delete", 1, std::numeric_limits<std::size_t>::max(), erase},
    {"expire", 0, 1, expire},
    {"list", 0, 3, list_entries},
    {"dump", 0, 2, dump_entries},
    {"follow", 0, std::numeric_limits<std::size_t>::max(), follow_logs},
    {"login", 1, std::numeric_limits<std::size_t>::max(), login_command},
    {"import", 1, 1, import_text},
    {"copy", 2, 2, copy_logins},
    {"queue", 0, 1, queue_command},
    {"verify", 0, 0, verify},
    {"repair", 0, 0, repair},
};

int exit_code(Trouble trouble) {
    switch (trouble) {
        case Trouble::locked: return EX_TEMPFAIL;
        case Trouble::replaced: return EX_TEMPFAIL;
        case Trouble::forbidden: return EX_NOPERM;
        case Trouble::damaged: return EX_DATAERR;
        case Trouble::unreachable: return EX_TEMPFAIL;
        case Trouble::refused: return EX_UNAVAILABLE;
        case Trouble::system: return EX_IOERR;
    }
    return EX_SOFTWARE;
}

const char* what_to_do(const Fault& fault) {
    if (fault.partly_done) return "";
    switch (fault.trouble) {
        case Trouble::locked: return "; nothing was changed, try again when it is done";
        case Trouble::replaced: return "; nothing was changed, try again";
        case Trouble::forbidden: return "; nothing was changed, become root or the owner of the file";
        case Trouble::damaged: return "; \"vsmtprelay repair\" saves what can be read";
        case Trouble::unreachable:
        case Trouble::refused: return "; what was done by then stays, try again";
        case Trouble::system: return "";
    }
    return "";
}

const char* what_is_left(const Arguments& ended) {
    if (ended.command == "copy" || ended.database.on_server()) return "what was done by then stays, do it again";
    return "the file is as it was";
}

}  // namespace

int run_command(const Arguments& arguments, sys_seconds now) {
    const auto* command = std::find_if(std::begin(kCommands), std::end(kCommands),
                                       [&](const Command& c) { return arguments.command == c.name; });
    const std::size_t words = arguments.words.size();
    if (command == std::end(kCommands)) return usage_error("say what to do");
    if (words < command->least_words || words > command->most_words)
        return usage_error(arguments.command + (words < command->least_words ? ": says too little" : ": says too much"));
    try {
        return command->run(arguments, now);
    } catch (const BadInput& bad) {
        say(arguments.command + ": " + bad.what() + "; nothing was changed");
        return EX_DATAERR;
    } catch (const Interrupted& interrupted) {
        say(arguments.command + ": ended by a signal; " + what_is_left(arguments));
        return 128 + interrupted.signal;
    } catch (const Fault& fault) {
        say(std::string{fault.what()} + what_to_do(fault));
        return exit_code(fault.trouble);
    }
}

}  // namespace relay
