#include "vsmtprelay/commands.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_entries.h"
#include "policy/source/relayers/relayers_walk.h"
#include "policy/source/relayers/relayers_writer.h"
#include "vsmtprelay/follow_command.h"
#include "vsmtprelay/input.h"
#include "vsmtprelay/login_command.h"
#include "vsmtprelay/maintenance.h"
#include "vsmtprelay/print.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::minutes kOld{1440};
constexpr std::chrono::seconds kLockWait{10};

void say(const std::string& text) {
    fmt::print(stderr, "vsmtprelay: {}\n", text);
}

int print(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return EX_OK;
    throw system_fault("standard output", "write", errno);
}

/// Entries that cannot be read stay, and somebody has to look at them: the exit code of a cron job tells.
int tell_unreadable(const Arguments& arguments, std::size_t count, const char* what_follows) {
    if (count == 0) return EX_OK;
    say(fmt::format("{}: {} {} cannot be read{}; dump shows them as comments, look at them and rebuild the file without",
                    escaped(arguments.file), count, count == 1 ? "entry" : "entries", what_follows));
    return EX_DATAERR;
}

/// An entry that is exactly N minutes old is still fresh, as it is for the milter.
sys_seconds oldest_fresh(const Arguments& arguments, sys_seconds now) {
    return now - (arguments.words.empty() ? kOld : minutes_in(arguments.words[0]));
}

int add(const Arguments& arguments, sys_seconds now) {
    const bool from_input = arguments.words[0] == "-";
    if (from_input && arguments.words.size() > 1) return usage_error("add -: takes no TICKS");
    const auto clients = from_input ? addresses_from(stdin) : addresses_in({arguments.words[0]});
    const auto at = arguments.words.size() > 1 ? ticks_in(arguments.words[1]) : now;
    RelayersWriter writer{arguments.file, kLockWait};
    if (!clients.empty()) writer.add(clients, LoginRecord{Layout::timestamp, at, {}});
    writer.leave_touch_behind();
    return EX_OK;
}

int erase(const Arguments& arguments, sys_seconds /*now*/) {
    const auto clients = addresses_in(arguments.words);
    RelayersWriter writer{arguments.file, kLockWait};
    for (const Address& missing : writer.remove(clients)) say(missing.text() + ": had no entry");
    writer.leave_touch_behind();
    return EX_OK;
}

int expire(const Arguments& arguments, sys_seconds now) {
    TerminalWatch watch{"expire"};
    RelayersWriter writer{arguments.file, kLockWait};
    writer.watch(watch);
    const auto expired = writer.expire(oldest_fresh(arguments, now));
    writer.leave_touch_behind();
    return tell_unreadable(arguments, expired.unreadable, " and stayed");
}

template <class Use>
void each_record(RelayersWalk& walk, Use use) {
    walk.rewind();
    while (walk.next(use)) {
    }
}

template <class Wanted>
SeveralKeys several_keys_in(RelayersWalk& walk, Wanted wanted) {
    SeveralKeys several;
    each_record(walk, [&](std::string_view key, std::string_view) { several.note_key(key); });
    if (several.need())
        each_record(walk, [&](std::string_view key, std::string_view data) {
            if (const RelayersEntry entry{key, data}; wanted(entry)) several.note_entry(entry);
        });
    return several;
}

/// Prints batch by batch, without the lock.
template <class Wanted>
int print_entries(const Arguments& arguments, Wanted wanted) {
    auto walk = RelayersWalk::open(arguments.file, kLockWait);
    if (!walk) {
        say(escaped(arguments.file) + ": does not exist; name another file with -f");
        return EX_NOINPUT;
    }
    const SeveralKeys several = several_keys_in(*walk, wanted);
    std::size_t unreadable = 0;
    std::string text;
    const auto take = [&](std::string_view key, std::string_view data) {
        const RelayersEntry entry{key, data};
        if (!entry.readable()) ++unreadable;
        if (wanted(entry)) text += entry_text(entry, several);
    };
    for (walk->rewind(); walk->next(take); text.clear()) print(text);
    return tell_unreadable(arguments, unreadable, "");
}

int list(const Arguments& arguments, sys_seconds now) {
    const sys_seconds oldest = oldest_fresh(arguments, now);
    return print_entries(arguments, [oldest](const RelayersEntry& e) { return e.readable() && e.record->at < oldest; });
}

int dump(const Arguments& arguments, sys_seconds /*now*/) {
    return print_entries(arguments, [](const RelayersEntry&) { return true; });
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
    {"list", 0, 1, list},
    {"dump", 0, 0, dump},
    {"follow", 0, std::numeric_limits<std::size_t>::max(), follow_logs},
    {"login", 1, std::numeric_limits<std::size_t>::max(), login_command},
    {"import", 1, 1, import_text},
    {"verify", 0, 0, verify},
    {"repair", 0, 0, repair},
};

int exit_code(Trouble trouble) {
    switch (trouble) {
        case Trouble::locked: return EX_TEMPFAIL;
        case Trouble::replaced: return EX_TEMPFAIL;
        case Trouble::forbidden: return EX_NOPERM;
        case Trouble::damaged: return EX_DATAERR;
        case Trouble::system: return EX_IOERR;
    }
    return EX_SOFTWARE;
}

const char* what_to_do(Trouble trouble) {
    switch (trouble) {
        case Trouble::locked: return "; nothing was changed, try again when it is done";
        case Trouble::replaced: return "; nothing was changed, try again";
        case Trouble::forbidden: return "; nothing was changed, become root or the owner of the file";
        case Trouble::damaged: return "; \"vsmtprelay repair\" saves what can be read";
        case Trouble::system: return "";
    }
    return "";
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
        say(arguments.command + (arguments.command == "expire" ? ": ended by a signal; all that is not old is as it was"
                                                               : ": ended by a signal; the file is as it was"));
        return 128 + interrupted.signal;
    } catch (const Fault& fault) {
        say(std::string{fault.what()} + what_to_do(fault.trouble));
        return exit_code(fault.trouble);
    }
}

}  // namespace relay
