#include "milter/wiring/wire.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <ctime>
#include <ostream>
#include <stdexcept>

#include "milter/sendmail/child_process.h"
#include "milter/sendmail/sendmail_cf.h"
#include "milter/sendmail/sendmail_mc.h"
#include "milter/wiring/cf_build.h"
#include "milter/wiring/cf_trial.h"
#include "milter/wiring/replaced_file.h"
#include "milter/wiring/unified_diff.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

enum class Direction { wire, unwire };

/// A file could not be replaced, and then the other could not be put back.
struct NotTakenBack : std::runtime_error {
    using runtime_error::runtime_error;
};

/// The feature's arguments as an installed .cf shows them; what is the feature's default is left empty.
std::optional<FeatureArguments> feature_in_cf(const SendmailCf& cf) {
    const auto* filter = cf.filter("milter-relay");
    if (!filter || !cf.ruleset("MilterRelay_check")) return {};
    const auto policy = cf.macro("relay_policy").value_or("");
    return FeatureArguments{filter->socket == "local:/run/milter-relay/milter-relay.sock" ? "" : filter->socket,
                            policy == "auth+pop" ? "" : policy};
}

class Change {
public:
    Change(Direction direction, const WireOptions& options, std::ostream& out)
        : direction_{direction}, options_{options}, out_{out}, mc_{read_old_file(options.mc)},
          cf_{read_old_file(options.cf)}, lock_{mc_.path},
          layout_{find_layout(mc_.path, mc_.text, cf_.text, options.cf_directory)}, sendmail_{find_sendmail()} {}

    void run() {
        const auto wanted = wanted_mc();
        require_feature_file();
        const auto present = build_cf(layout_, mc_.text);
        const auto built = wanted == mc_.text ? present : build_cf(layout_, wanted);
        require_known_cf(present.cf, built.cf);
        if (wanted == mc_.text && same_cf(built.cf, cf_.text)) return nothing_to_do();
        out_ << unified_diff(mc_.text, wanted, mc_.path, mc_.path + " (new)");
        try_out(built);
        if (options_.dry_run) {
            out_ << "Nothing was changed (--dry-run).\n";
            return;
        }
        install(wanted, built.cf);
        say_what_is_next();
    }

private:
    bool wiring() const { return direction_ == Direction::wire; }

    std::string find_sendmail() const {
        auto program = options_.sendmail.empty()
                           ? find_program({"/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/libexec/sendmail/sendmail"})
                           : options_.sendmail;
        if (program.empty()) throw McRefusal{"no sendmail in /usr/sbin or /usr/lib; name it with --sendmail"};
        return program;
    }

    std::string wanted_mc() const try {
        if (!wiring()) return without_feature(mc_.text);
        const auto present = feature_in(mc_.text);
        auto arguments = present.value_or(FeatureArguments{});
        if (options_.policy) arguments.policy = *options_.policy;
        if (options_.socket) arguments.socket = *options_.socket;
        return present == arguments ? mc_.text : with_feature(mc_.text, arguments);
    } catch (const McRefusal& refusal) {
        throw McRefusal{escaped(mc_.path) + ": " + refusal.what()};
    }

    void require_feature_file() const {
        const auto file = layout_.cf_directory() + "/feature/milter_relay.m4";
        if (wiring() && access(file.c_str(), R_OK) != 0)
            throw McRefusal{escaped(file) + " is not there: install milter-relay's m4 files into that folder first"};
    }

    /// A .cf that is neither what the .mc builds nor what an interrupted run of ours left was edited by hand, or
    /// belongs to another .mc: to replace it would lose something.
    void require_known_cf(const std::string& present, const std::string& wanted) const {
        if (options_.force || same_cf(present, cf_.text) || same_cf(wanted, cf_.text) || is_left_over()) return;
        throw McRefusal{
            fmt::format("{} is not what {} builds: {}\n  It was edited by hand, or the .mc was changed since. Rebuild "
                        "it first, or give "
                        "--force to lose what differs",
                        escaped(cf_.path), escaped(mc_.path), first_difference(present, cf_.text))};
    }

    /// The .mc is already as wanted and the .cf is still the other one.
    bool is_left_over() const {
        if (wiring()) return feature_in(mc_.text) && same_cf(build_cf(layout_, without_feature(mc_.text)).cf, cf_.text);
        const auto arguments = feature_in_cf(parse_sendmail_cf(cf_.text));
        return arguments && !feature_in(mc_.text) &&
               same_cf(build_cf(layout_, with_feature(mc_.text, *arguments)).cf, cf_.text);
    }

    void nothing_to_do() const {
        out_ << escaped(mc_.path) << (wiring() ? " has the line, and " : " does not have the line, and ")
             << escaped(cf_.path) << " is built from it: nothing to do.\n";
    }

    void try_out(const Built& built) const {
        if (!built.warnings.empty()) out_ << "m4 says:\n" << built.warnings;
        const auto known = complaints_about(sendmail_, cf_.text);
        const auto notes = wiring() ? try_wired(sendmail_, built.cf, known) : try_unwired(sendmail_, built.cf, known);
        out_ << "The new " << escaped(cf_.path) << ", tried before it is used:\n";
        for (const auto& note : notes) out_ << "  ok  " << note << '\n';
        out_.flush();
    }

    /// Never over an older backup.
    void back_up(const OldFile& file) const {
        const auto stem = fmt::format("{}.{:%Y-%m-%dT%H:%M:%SZ}", file.path, fmt::gmtime(std::time(nullptr)));
        auto name = stem;
        for (int more = 2; access(name.c_str(), F_OK) == 0; ++more) name = fmt::format("{}.{}", stem, more);
        NewFile{name, file.path + ".milter-relay-backup", file.text, file.status}.put_in_place();
        out_ << "Backup: " << escaped(name) << '\n';
    }

    void install(const std::string& mc, const std::string& cf) const {
        NewFile new_mc{mc_.path, mc, mc_.status};
        NewFile new_cf{cf_.path, cf, cf_.status};
        require_unchanged(mc_);
        require_unchanged(cf_);
        if (mc != mc_.text) back_up(mc_);
        back_up(cf_);
        try {
            if (mc != mc_.text) new_mc.put_in_place();
            new_cf.put_in_place();
        } catch (const Fault&) {
            take_back();
            throw;
        }
        out_ << "Replaced: " << (mc == mc_.text ? "" : escaped(mc_.path) + ", ") << escaped(cf_.path) << '\n';
    }

    void take_back() const try {
        for (const auto* file : {&cf_, &mc_})
            if (read_old_file(file->path).text != file->text)
                NewFile{file->path, file->text, file->status}.put_in_place();
    } catch (const Fault& fault) {
        throw NotTakenBack{std::string{fault.what()} + "; copy the backups named above into place by hand"};
    }

    static void require_unchanged(const OldFile& file) {
        if (read_old_file(file.path).text != file.text)
            throw McRefusal{escaped(file.path) + " was changed by somebody else just now; run the command again"};
    }

    void say_what_is_next() const {
        const bool systemd = access("/run/systemd/system", F_OK) == 0;
        const auto* restart = systemd ? "systemctl restart sendmail" : "service sendmail restart";
        if (wiring())
            out_ << "Sendmail goes on as before until it is restarted. First start the milter, as sendmail defers all "
                    "mail with a "
                    "451 while it is away:\n"
                 << (systemd ? "  systemctl enable --now milter-relay\n" : "  service milter-relay start\n") << "  "
                 << restart << '\n';
        else
            out_ << "Sendmail goes on asking the milter until it is restarted; leave the milter running until then:\n  "
                 << restart << '\n';
    }

    Direction direction_;
    const WireOptions& options_;
    std::ostream& out_;
    OldFile mc_, cf_;
    DirectoryLock lock_;
    Layout layout_;
    std::string sendmail_;
};

int change(Direction direction, const WireOptions& options, std::ostream& out, std::ostream& errors) {
    const auto* name = direction == Direction::wire ? "wire" : "unwire";
    const auto fail = [&](const std::string& why, int code) {
        errors << "milter-relay " << name << ": " << why << "\nNothing was changed.\n";
        return code;
    };
    if (geteuid() != 0) return fail("sendmail -bt and the files of sendmail need root; run it as root", EX_NOPERM);
    try {
        Change{direction, options, out}.run();
        return EX_OK;
    } catch (const McRefusal& refusal) {
        return fail(refusal.what(), EX_UNAVAILABLE);
    } catch (const Fault& fault) {
        return fail(fault.what(), fault.trouble == Trouble::forbidden ? EX_NOPERM : EX_OSERR);
    } catch (const NotTakenBack& fault) {
        errors << "milter-relay " << name << ": " << fault.what() << '\n';
        return EX_OSERR;
    }
}

}  // namespace

int wire(const WireOptions& options, std::ostream& out, std::ostream& errors) {
    return change(Direction::wire, options, out, errors);
}

int unwire(const WireOptions& options, std::ostream& out, std::ostream& errors) {
    return change(Direction::unwire, options, out, errors);
}

}  // namespace relay
