// sendmail.cf: SMTP AUTH as sendmail would offer it, and whether passwords cross the net in the clear.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "milter/doctor/checks.h"
#include "milter/doctor/words.h"
#include "milter/sendmail/cf_lines.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

std::string trust_line(const std::string& mechanisms) {
    return fmt::format("TRUST_AUTH_MECH(`{}')dnl in sendmail.mc{}", mechanisms, kRebuild);
}

bool is_plaintext(const std::string& mechanism) { return mechanism == "PLAIN" || mechanism == "LOGIN"; }

/// A file that an option names: an empty text where it is there, else what is wrong.
std::string fault_of_file(const SendmailCf& cf, const char* option) {
    const auto path = cf.option(option).value_or("");
    if (path.empty()) return std::string{option} + " is not set";
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 || errno == EACCES) return {};
    return fmt::format("{}: {}: {}", option, escaped(path), std::strerror(errno));
}

std::string tls_fault(const SendmailCf& cf) {
    const auto certificate = fault_of_file(cf, "ServerCertFile");
    return certificate.empty() ? fault_of_file(cf, "ServerKeyFile") : certificate;
}

}  // namespace

Words offered_mechanisms(const SendmailCf& cf) {
    // what sendmail 8.17 takes where the option is not set
    return cf_words(cf.option("AuthMechanisms").value_or("EXTERNAL GSSAPI KERBEROS_V4 DIGEST-MD5 CRAM-MD5"), " \t,");
}

Findings check_mechanisms(const Machine& machine) {
    if (!machine.cf || machine.methods() == Methods::pop_only) return {};
    const auto offered = offered_mechanisms(*machine.cf);
    const auto trusted = machine.cf->words_of("TrustAuthMech");
    const auto level = machine.methods() == Methods::auth_only ? Level::error : Level::warning;
    if (both(offered, trusted).empty())
        return {{level, fmt::format("sendmail offers {} and trusts {}", joined(offered), joined(trusted)),
                 "nobody may relay by SMTP AUTH", trust_line(joined(offered))}};
    return {ok("offered and trusted: " + joined(both(offered, trusted)))};
}

Findings check_plaintext(const Machine& machine) {
    if (!machine.cf || machine.methods() == Methods::pop_only) return {};
    const auto offered = offered_mechanisms(*machine.cf);
    if (std::none_of(offered.begin(), offered.end(), is_plaintext))
        return {ok("no mechanism sends the password in the clear")};
    const auto no_tls = tls_fault(*machine.cf);
    const bool only_under_tls = machine.cf->option("AuthOptions").value_or("").find('p') != std::string::npos;
    if (no_tls.empty() && only_under_tls) return {ok("PLAIN and LOGIN are offered under TLS only")};
    Findings findings;
    if (!no_tls.empty())
        findings.push_back(warning("sendmail has no TLS: " + no_tls,
                                   only_under_tls
                                       ? "PLAIN and LOGIN are never offered, so that most mail programs cannot log in"
                                       : "passwords cross the net in the clear",
                                   std::string{"confSERVER_CERT and confSERVER_KEY in sendmail.mc"} + kRebuild));
    if (!only_under_tls && !machine.settings.auth.plaintext_needs_tls)
        findings.push_back(warning("PLAIN and LOGIN are offered without TLS", "passwords cross the net in the clear",
                                   std::string{"define(`confAUTH_OPTIONS', `A p y')dnl in sendmail.mc"} + kRebuild));
    if (findings.empty())
        findings.push_back(ok("PLAIN and LOGIN count under TLS only, as [auth] plaintext_needs_tls says"));
    return findings;
}

}  // namespace relay::doctor
