#include "vsmtprelay/maintenance.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <cerrno>
#include <memory>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_repair.h"
#include "vsmtprelay/end_of_change.h"
#include "vsmtprelay/import_text.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kLockWait{10};

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

void say(const std::string& text) {
    fmt::print(stderr, "vsmtprelay: {}\n", text);
}

std::map<Address, LoginRecord> records_in(const std::string& name, TerminalWatch& watch) {
    if (name == "-") {
        watch.hide();
        return records_from(stdin, "standard input", watch);
    }
    const std::unique_ptr<std::FILE, CloseFile> file{std::fopen(name.c_str(), "re")};
    if (!file) throw system_fault(name, "open", errno);
    return records_from(file.get(), name, watch);
}

void tell(const Faults& faults) {
    for (const std::string& fault : faults.told) say(fault);
    if (faults.count > faults.told.size()) say(fmt::format("and {} more", faults.count - faults.told.size()));
}

int tell_missing(const Arguments& arguments) {
    say(escaped(arguments.database.name) + ": does not exist; name another file with -f");
    return EX_NOINPUT;
}

std::string entries(std::size_t count) {
    return fmt::format("{} {}", count, count == 1 ? "entry" : "entries");
}

int repair_on_server(const Arguments& arguments, TerminalWatch& watch) {
    const auto done = repair_shared(check_of(arguments.database, kLockWait), watch);
    watch.over();
    const std::string name = escaped(arguments.database.name);
    if (done.since_set) fmt::print("{}: is said to hold all logins since now\n", name);
    if (done.mended > 0) fmt::print("{}: {} mended\n", name, entries(done.mended));
    if (!done.since_set && done.mended == 0) fmt::print("{}: nothing to repair\n", name);
    tell(done.left.faults);
    if (done.left.faults.count == 0) return EX_OK;
    say(name + ": what is told above stays; a login or \"vsmtprelay delete\" takes the place of an entry that cannot be read");
    return EX_DATAERR;
}

}  // namespace

int import_text(const Arguments& arguments, std::chrono::sys_seconds /*now*/) {
    TerminalWatch watch{"import"};
    const auto records = records_in(arguments.words[0], watch);
    const auto writer = open_login_writer(arguments.database, kLockWait);
    writer->watch(watch);
    writer->import(records);
    end_change(*writer, watch);
    return EX_OK;
}

int verify(const Arguments& arguments, std::chrono::sys_seconds /*now*/) {
    TerminalWatch watch{"verify"};
    const auto found = arguments.database.on_server() ? verify_shared(check_of(arguments.database, kLockWait), watch)
                                                      : verify_relayers(arguments.database.name, kLockWait, watch);
    watch.over();
    if (!found) return tell_missing(arguments);
    if (found->faults.count == 0) {
        fmt::print("{}: sound, {}\n", escaped(arguments.database.name), entries(found->entries));
        return EX_OK;
    }
    tell(found->faults);
    say(fmt::format("{}: not sound; \"vsmtprelay repair\" saves what can be read", escaped(arguments.database.name)));
    return EX_DATAERR;
}

int repair(const Arguments& arguments, std::chrono::sys_seconds now) {
    TerminalWatch watch{"repair"};
    if (arguments.database.on_server()) return repair_on_server(arguments, watch);
    const auto done = repair_relayers(arguments.database.name, kLockWait, now, watch);
    watch.over();
    if (!done) return tell_missing(arguments);
    if (done->kept_as.empty()) {
        fmt::print("{}: sound, nothing to repair\n", escaped(arguments.database.name));
        return EX_OK;
    }
    tell(done->not_logins);
    fmt::print("{}: {} saved; {} left out, and {} damaged beyond reading; the damaged file is {}\n", escaped(arguments.database.name),
               entries(done->entries), done->not_logins.count, done->dropped, escaped(done->kept_as));
    if (done->touch) done->touch->leave_behind();
    return EX_OK;
}

}  // namespace relay
