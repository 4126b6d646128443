// The SMTP texts, for a mail user in a hurry: what is wrong, and what he can do about it now.
#include "policy/reply.h"

namespace relay {
namespace {

/// What row 10 advises depends on which methods could help.
std::string_view by_methods(Methods methods, std::string_view auth_and_pop, std::string_view auth_only,
                            std::string_view pop_only) {
    switch (methods) {
        case Methods::auth_and_pop: return auth_and_pop;
        case Methods::auth_only: return auth_only;
        case Methods::pop_only: return pop_only;
    }
    return "Relaying denied.";
}

constexpr std::string_view kUseAuth =
    "Relaying denied. Turn on authentication (SMTP AUTH) for the outgoing server in your mail program, then send again.";

std::string_view no_login(Methods methods) {
    return by_methods(methods,
        "Relaying denied. Turn on authentication (SMTP AUTH) for the outgoing server in your mail program, or check your "
        "mail here by POP or IMAP first, from where you are now; then send again.",
        kUseAuth,
        "Relaying denied. Check your mail here by POP or IMAP first, from where you are now, then send again.");
}

std::string_view login_expired(Methods methods) {
    return by_methods(methods,
        "Relaying denied. Your last POP or IMAP login from this address is too long ago. Check your mail, then send "
        "again; or turn on authentication (SMTP AUTH) for the outgoing server in your mail program.",
        kUseAuth,
        "Relaying denied. Your last POP or IMAP login from this address is too long ago. Check your mail, then send again.");
}

Reply refusal(std::string_view text) { return {550, "5.7.1", text}; }
Reply too_weak(std::string_view text) { return {550, "5.7.11", text}; }

Reply refusal_for(Reason reason, Methods methods) {
    switch (reason) {
        case Reason::mechanism_not_allowed:
        case Reason::mechanism_not_trusted:
            return too_weak("Relaying denied. This server does not accept the kind of authentication (SMTP AUTH mechanism) "
                            "that your mail program chose. Choose another in its settings, then send again.");
        case Reason::plaintext_without_tls:
            return too_weak("Relaying denied. Your password came without encryption. Turn on TLS (STARTTLS) for the "
                            "outgoing server in your mail program, then send again.");
        case Reason::ssf_too_low:
            return too_weak("Relaying denied. Your connection is encrypted too weakly or not at all. Turn on TLS "
                            "(STARTTLS) for the outgoing server in your mail program, then send again.");
        case Reason::login_disabled:
            return refusal("Relaying denied. This account may not send mail through this server. Ask your administrator.");
        case Reason::auth_not_used:
            return refusal("Relaying denied. This server goes by POP and IMAP logins, not by SMTP AUTH. Check your mail here "
                           "by POP or IMAP first, from where you are now, then send again.");
        case Reason::login_expired: return refusal(login_expired(methods));
        case Reason::no_login: return refusal(no_login(methods));
        case Reason::not_authenticated: return refusal(kUseAuth);
        case Reason::destination_ours:
        case Reason::authenticated:
        case Reason::tls_verified:
        case Reason::trusted_by_sendmail:
        case Reason::trusted_network:
        case Reason::local_submission:
        case Reason::fresh_login:
        case Reason::standing_permission:
        case Reason::destination_temp:
        case Reason::client_temp:
        case Reason::lookup_failed: break;  // Never a refusal's reason.
    }
    return refusal("Relaying denied.");
}

Reply deferral_for(Reason reason) {
    if (reason == Reason::destination_temp)
        return {451, "4.4.0", "The recipient's domain cannot be looked up just now. Please try again later."};
    if (reason == Reason::client_temp)
        return {451, "4.4.0", "The name of your computer's address cannot be looked up just now. Please try again later."};
    return {451, "4.3.0", "It cannot be checked just now whether you may relay. Please try again later."};
}

}  // namespace

std::optional<Reply> reply_for(const Verdict& verdict) {
    switch (verdict.action) {
        case Action::permit: return std::nullopt;
        case Action::refuse: return refusal_for(verdict.reason, verdict.methods);
        case Action::defer: return deferral_for(verdict.reason);
    }
    return deferral_for(verdict.reason);
}

}  // namespace relay
