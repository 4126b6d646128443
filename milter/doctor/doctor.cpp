#include "milter/doctor/doctor.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sysexits.h>
#include <unistd.h>

#include <ostream>

#include "milter/doctor/bounded_run.h"
#include "milter/doctor/checks.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay::doctor {
namespace {

constexpr std::size_t kLargestCf = 8 << 20;
constexpr std::chrono::seconds kGroupLimit{25};  // SASL may wait for DNS, LDAP or SQL

void read_configuration(const ConfigChoice& choice, Machine& machine) {
    machine.config_file = choice.file;
    machine.config_is_missing = choice.missing_is_default && ::access(choice.file.c_str(), F_OK) != 0;
    auto result = read_config_file(choice.file, choice.missing_is_default);
    if (auto* settings = std::get_if<Settings>(&result)) machine.settings = std::move(*settings);
    else machine.config_errors = std::move(std::get<std::vector<ConfigError>>(result));
}

void read_cf(const std::string& path, Machine& machine) {
    machine.cf_file = path;
    try {
        const auto file = read_small_file(path, kLargestCf);
        if (file) machine.cf = parse_sendmail_cf(file->text);
        else machine.cf_fault = escaped(path) + " is not there";
    } catch (const Fault& fault) {
        machine.cf_fault = fault.what();
    }
}

Findings all_of(const Group& group, const Machine& machine) {
    Findings all;
    for (const auto& check : group.checks)
        for (auto& one : check.run(machine)) all.push_back(std::move(one));
    return all;
}

/// It would have the password in it.
void forbid_core_file() {
#ifdef __linux__
    ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

std::string prompt_for(const std::string& login) { return "Password of " + escaped(login) + ": "; }

}  // namespace

Level worst_of(const std::vector<Examined>& all) {
    auto worst = Level::ok;
    for (const auto& part : all)
        for (const auto& one : part.findings) worst = std::max(worst, one.level);
    return worst;
}

int doctor(const DoctorOptions& options, std::ostream& out, std::ostream& errors) {
    Machine machine;
    Secret password;
    if (options.login) {
        forbid_core_file();
        if (!password.read(prompt_for(*options.login))) {
            errors << "milter-relay doctor: --auth: no password was given; type it, or give it as the first line of "
                      "standard input\n";
            return EX_USAGE;
        }
        machine.login = options.login;
        machine.password = &password;
    }
    machine.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    read_configuration(options.config, machine);
    read_cf(options.sendmail_cf, machine);
    std::vector<Examined> all;
    const bool in_colour = ::isatty(STDOUT_FILENO) == 1;
    for (const auto& group : groups()) {
        all.push_back({group.title, run_bounded([&] { return all_of(group, machine); }, kGroupLimit)});
        if (!options.json) out << text_of(all.back(), in_colour) << std::flush;
    }
    password.wipe();
    out << (options.json ? json_of(all) : summary_of(all));
    return static_cast<int>(worst_of(all));
}

}  // namespace relay::doctor
