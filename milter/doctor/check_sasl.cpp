// Cyrus SASL, as sendmail uses it: which configuration is read, who checks passwords, which mechanisms there are, and,
// for one login, why it is not let in.
#include <fmt/format.h>
#include <netdb.h>
#include <sasl/sasl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "milter/doctor/checks.h"
#include "milter/doctor/sasl_mechanisms.h"
#include "milter/doctor/sasl_server.h"
#include "milter/doctor/words.h"
#include "milter/sendmail/cf_lines.h"
#include "policy/source/files/descriptor.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

std::string own_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    if (std::strchr(name.data(), '.')) return name.data();
    addrinfo hints{};
    hints.ai_flags = AI_CANONNAME;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.data(), nullptr, &hints, &found) != 0) return name.data();
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, ::freeaddrinfo};
    return found->ai_canonname ? found->ai_canonname : name.data();
}

/// Sendmail's AuthRealm, else its $j: a name in the file, or the host's own.
std::string realm_of(const Machine& machine) {
    const auto realm = machine.cf ? machine.cf->option("AuthRealm") : std::nullopt;
    if (realm && !realm->empty()) return *realm;
    const auto named = machine.cf ? machine.cf->macro("j") : std::nullopt;
    return named && !named->empty() && named->find('$') == named->npos ? *named : own_name();
}

std::string config_name(const SaslServer& server) {
    if (!server.config_file().empty()) return escaped(server.config_file());
    return server.config_candidates().empty() ? "Sendmail.conf" : escaped(server.config_candidates().front());
}

Findings judge_config(const SaslServer& server) {
    if (!server.fault().empty())
        return {
            error("libsasl2: " + server.fault(), "nobody can log in by SMTP AUTH", "look at " + config_name(server))};
    if (server.config_file().empty())
        return {warning("libsasl2 finds no Sendmail.conf; it looks for " + joined(server.config_candidates()),
                        "its defaults are in force: passwords from /etc/sasldb2",
                        "write pwcheck_method: saslauthd into " + config_name(server))};
    struct stat status {};
    const bool is_open =
        ::stat(server.config_file().c_str(), &status) == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (is_open)
        return {error(fmt::format("{} has mode {:04o}", config_name(server), status.st_mode & 07777U),
                      "others than root may decide who is let in; sendmail may pass the file over",
                      "chmod go-w " + config_name(server))};
    return {ok("libsasl2 reads " + config_name(server))};
}

// ---- who checks passwords

Finding saslauthd_fault(const std::string& socket, int fault) {
    if (fault == EACCES) return not_seen("saslauthd's socket " + escaped(socket) + " cannot be tried");
    return error(fmt::format("pwcheck_method is saslauthd, and at {}: {}", escaped(socket), std::strerror(fault)),
                 "no password is right: PLAIN and LOGIN fail for everybody",
                 "systemctl enable --now saslauthd (Debian: START=yes in /etc/default/saslauthd); is the path the same "
                 "on both sides?");
}

int knock(const std::string& path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (path.size() >= sizeof to.sun_path) return ENAMETOOLONG;
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    const Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
}

Findings judge_saslauthd(const SaslServer& server) {
    const auto path = server.option("saslauthd_path").value_or("/var/run/saslauthd/mux");
    const int fault = knock(path);
    if (fault != 0) return {saslauthd_fault(path, fault)};
    return {ok("saslauthd answers at " + escaped(path))};
}

Findings judge_sasldb(const SaslServer& server, const Machine& machine) {
    const auto path = server.option("sasldb_path").value_or("/etc/sasldb2");
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno == EACCES) return {not_seen(escaped(path) + " cannot be seen")};
        return {error(fmt::format("pwcheck_method is auxprop, and {}: {}", escaped(path), std::strerror(errno)),
                      "there is no password: SMTP AUTH fails for everybody",
                      "saslpasswd2 -c -u REALM LOGIN; or pwcheck_method: saslauthd in " + config_name(server))};
    }
    const auto blame = machine.cf ? machine.cf->option("DontBlameSendmail").value_or("") : "";
    const bool may_group =
        blame.find("GroupReadableSASLDBFile") != blame.npos || blame.find("roupreadablesasldbfile") != blame.npos;
    const auto line = fmt::format("{} has mode {:04o}", escaped(path), status.st_mode & 07777U);
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return {error(line, "everyone on this host can read the passwords, and sendmail passes the file over",
                      "chmod o-rw " + escaped(path))};
    if ((status.st_mode & S_IRGRP) && !may_group)
        return {warning(line, "sendmail passes over what the group can read, and then no password is right",
                        "chmod g-rw " + escaped(path) + ", or GroupReadableSASLDBFile in confDONT_BLAME_SENDMAIL")};
    return {ok("passwords are in " + escaped(path))};
}

Findings judge_method(const SaslServer& server, const Machine& machine) {
    const auto method = server.option("pwcheck_method").value_or("auxprop");
    Findings findings;
    for (const auto& word : cf_words(method, " \t,")) {
        Findings more;
        if (word == "saslauthd") more = judge_saslauthd(server);
        else if (word != "auxprop" && word != "alwaystrue" && word != "authdaemond")
            more = {error("pwcheck_method: " + escaped(word) + " is unknown", "no password is right",
                          "pwcheck_method: saslauthd, or auxprop, in " + config_name(server))};
        else if (word == "alwaystrue")
            more = {error("pwcheck_method is alwaystrue", "every password is right: everyone may relay",
                          "pwcheck_method: saslauthd in " + config_name(server))};
        else if (server.option("auxprop_plugin").value_or("sasldb") == "sasldb" && word == "auxprop")
            more = judge_sasldb(server, machine);
        findings.insert(findings.end(), more.begin(), more.end());
    }
    findings.insert(findings.begin(), ok("pwcheck_method is " + escaped(method)));
    return findings;
}

// ---- one login

struct Explained {
    int code;
    const char* why;
    const char* type;
};

constexpr Explained kExplained[] = {
    {SASL_NOUSER, "there is no such login where passwords are kept",
     "saslpasswd2 -c -u REALM LOGIN for auxprop; getent passwd LOGIN for saslauthd"},
    {SASL_BADAUTH, "the password is wrong, or the login is known under another realm",
     "sasldblistusers2; or testsaslauthd -u LOGIN -s smtp"},
    {SASL_UNAVAIL, "who checks passwords does not answer", "systemctl status saslauthd"},
    {SASL_FAIL, "who checks passwords does not answer, or is not there",
     "systemctl status saslauthd; and pwcheck_method above"},
    {SASL_NOMECH, "pwcheck_method names none that can check it",
     "pwcheck_method: saslauthd, or auxprop, in Sendmail.conf"},
};

Finding explained(const std::string& login, const std::string& realm, const SaslServer::Answer& answer) {
    std::string seen =
        fmt::format("login {} (realm {}) is not let in: {}", escaped(login), escaped(realm), answer.detail);
    for (const auto& line : answer.log) seen += "; " + line;
    for (const auto& [code, why, type] : kExplained)
        if (code == answer.code) return error(seen, why, type);
    // nothing that comes with Cyrus SASL answers so, but others' plug-ins may: an account that is disabled
    return error(seen, "who checks passwords says so", "ask there; or look at the files and services above");
}

Findings judge_login(SaslServer& server, const Machine& machine, const std::string& realm) {
    if (!machine.login || !machine.password) return {};
    if (!server.fault().empty()) return {};
    const auto answer = server.check_password(*machine.login, *machine.password);
    if (answer.code != SASL_OK && ::geteuid() != 0)
        return {not_seen(fmt::format("login {} is not let in, and perhaps for want of rights: {}",
                                     escaped(*machine.login), answer.detail))};
    if (answer.code != SASL_OK) return {explained(*machine.login, realm, answer)};
    return {ok(fmt::format("login {} is let in, as {}", escaped(*machine.login), answer.authenticated_as))};
}

}  // namespace

Findings check_sasl(const Machine& machine) {
    if (machine.methods() == Methods::pop_only && !machine.login) return {ok("not used: the policy is pop-only")};
    const auto realm = realm_of(machine);
    SaslServer server{realm};
    Findings findings;
    for (const auto& part : {judge_config(server), judge_method(server, machine), judge_mechanisms(server, machine),
                             judge_login(server, machine, realm)})
        findings.insert(findings.end(), part.begin(), part.end());
    return findings;
}

}  // namespace relay::doctor
