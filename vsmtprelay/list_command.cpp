#include "vsmtprelay/list_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_entries.h"
#include "vsmtprelay/input.h"
#include "vsmtprelay/print.h"
#include "vsmtprelay/print_json.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::minutes kOld{1440};
constexpr std::chrono::seconds kLockWait{10};

void say(const std::string& text) {
    fmt::print(stderr, "vsmtprelay: {}\n", text);
}

bool is_pipe(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/// Standard output, and how far it is on standard error: where both are one terminal, the one between the other. Who reads
/// a pipe may print there as well (a pager), so that nothing is shown once he has something to print.
class Output {
public:
    explicit Output(TerminalWatch& watch) : watch_{watch} {}

    void print(const std::string& text) {
        if (text.empty()) return;
        watch_.hide();
        leave_hidden_ = piped_;
        if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
        throw system_fault("standard output", "write", errno);
    }
    void progress(std::size_t entries) {
        if (!leave_hidden_) watch_.progress(entries);
    }

private:
    TerminalWatch& watch_;
    const bool piped_ = is_pipe(STDOUT_FILENO);
    bool leave_hidden_ = false;
};

struct Listing {
    std::optional<sys_seconds> before;  ///< Only what is older; nothing: all.
    bool logins = false;
    bool json = false;

    [[nodiscard]] bool wants(sys_seconds at) const { return !before || at < *before; }
    /// What cannot be read has no age; a list of logins has no place for it.
    [[nodiscard]] bool wants(const RelayersEntry& entry) const {
        return entry.readable() ? wants(entry.record->at) : !before && !logins;
    }
};

bool take_word(std::vector<std::string>& words, const char* word) {
    return std::erase(words, word) > 0;
}

/// Null where there is none: "-5" is a bad number.
const std::string* option_among(const std::vector<std::string>& words) {
    const auto found = std::find_if(words.begin(), words.end(), [](const std::string& word) { return word.starts_with("--"); });
    return found == words.end() ? nullptr : &*found;
}

std::string logins_text(const RelayersEntry& entry, const Listing& listing) {
    std::string text;
    if (!entry.readable()) return text;
    for (const Login& login : logins_of(entry))
        if (listing.wants(login.at)) text += listing.json ? login_json(entry, login) : login_text(entry, login);
    return text;
}

/// From the first record on; `after_some` is told how many it were by then.
void each_record(LoginWalk& walk, const LoginWalk::Use& use, const std::function<void(std::size_t records)>& after_some) {
    std::size_t records = 0;
    const auto take = [&](std::string_view key, std::string_view data) {
        ++records;
        use(key, data);
    };
    for (walk.rewind(); walk.next(take);) after_some(records);
}

SeveralKeys several_keys_in(LoginWalk& walk, const Listing& listing, Watch& watch) {
    SeveralKeys several;
    const auto tell = [&watch](std::size_t records) { watch.progress(records); };
    each_record(walk, [&](std::string_view key, std::string_view) { several.note_key(key); }, tell);
    if (!several.need()) return several;
    const auto note = [&](std::string_view key, std::string_view data) {
        if (const RelayersEntry entry{key, data}; listing.wants(entry)) several.note_entry(entry);
    };
    each_record(walk, note, tell);
    return several;
}

using Text = std::function<std::string(const RelayersEntry&)>;

Text text_of(LoginWalk& walk, const Listing& listing, Watch& watch) {
    if (listing.logins) return [listing](const RelayersEntry& entry) { return logins_text(entry, listing); };
    if (listing.json)
        return [listing](const RelayersEntry& entry) {
            return listing.wants(entry) ? entry_json(entry) : std::string{};
        };
    return [listing, several = several_keys_in(walk, listing, watch)](const RelayersEntry& entry) {
        return listing.wants(entry) ? entry_text(entry, several) : std::string{};
    };
}

/// Prints batch by batch, without the lock.
int print_entries(const Arguments& arguments, const Listing& listing) {
    TerminalWatch watch{arguments.command};
    auto walk = open_login_walk(arguments.database, kLockWait);
    if (!walk) {
        watch.over();
        say(escaped(arguments.database.name) + ": does not exist; name another file with -f");
        return EX_NOINPUT;
    }
    const Text text_of_entry = text_of(*walk, listing, watch);
    std::size_t unreadable = 0;
    std::string text;
    const auto take = [&](std::string_view key, std::string_view data) {
        const RelayersEntry entry{key, data};
        if (!entry.readable()) ++unreadable;
        text += text_of_entry(entry);
    };
    Output output{watch};
    each_record(*walk, take, [&](std::size_t records) {
        output.print(text);
        text.clear();
        output.progress(records);
    });
    watch.over();
    return tell_unreadable(arguments.database.name, unreadable, "");
}

}  // namespace

int list_entries(const Arguments& arguments, sys_seconds now) {
    auto words = arguments.words;
    Listing listing;
    listing.logins = take_word(words, "--logins");
    listing.json = take_word(words, "--json");
    if (const auto* unknown = option_among(words)) return usage_error("list: " + unknown_option(*unknown, {"--logins", "--json"}));
    if (words.size() > 1) return usage_error("list: says too much");
    if (!listing.logins || !words.empty()) listing.before = oldest_fresh(words, now);
    return print_entries(arguments, listing);
}

int dump_entries(const Arguments& arguments, sys_seconds /*now*/) {
    auto words = arguments.words;
    Listing listing;
    listing.json = take_word(words, "--json");
    if (const auto* unknown = option_among(words)) return usage_error("dump: " + unknown_option(*unknown, {"--json"}));
    if (!words.empty()) return usage_error("dump: says too much");
    return print_entries(arguments, listing);
}

sys_seconds oldest_fresh(const std::vector<std::string>& words, sys_seconds now) {
    return now - (words.empty() ? kOld : minutes_in(words.front()));
}

int tell_unreadable(const std::string& file, std::size_t count, const char* what_follows) {
    if (count == 0) return EX_OK;
    say(fmt::format("{}: {} {} cannot be read{}; dump shows them, look at them and rebuild the file without",
                    escaped(file), count, count == 1 ? "entry" : "entries", what_follows));
    return EX_DATAERR;
}

}  // namespace relay
