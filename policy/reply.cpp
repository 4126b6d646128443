// The SMTP texts, for a mail user in a hurry: what is wrong, and what he can do about it now.
#include "policy/reply.h"

#include <algorithm>

#include "policy/ascii.h"
#include "policy/reply_text.h"

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

constexpr std::string_view kPopEnded =
    "Relaying denied. Checking your mail first no longer permits sending. Turn on authentication (SMTP AUTH) for the "
    "outgoing server in your mail program, then send again.";

constexpr std::string_view kAuthFromHere =
    "Relaying denied. From where you are, checking your mail first does not permit sending. Turn on authentication (SMTP "
    "AUTH) for the outgoing server in your mail program, then send again.";

constexpr std::string_view kAskAdministrator =
    "Relaying denied. From where you are, checking your mail first does not permit sending. Ask your administrator.";

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

Reply refusal(std::string_view text) { return {550, "5.7.1", std::string{text}}; }
Reply too_weak(std::string_view text) { return {550, "5.7.11", std::string{text}}; }

bool is_harmless(std::string_view login) {
    return !login.empty() && login.size() <= 64 && std::all_of(login.begin(), login.end(), [](char c) {
        const char letter = lower(c);
        return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view{"@.-_+=%"}.find(c) != std::string_view::npos;
    });
}

Reply sender_not_owned(const Verdict& v) {
    Reply reply{553, "5.7.1", "This sender address is not one of your login's"};
    if (v.row == 3 && is_harmless(v.user)) reply.text.append(" (").append(std::string_view{v.user}).push_back(')');
    reply.text += ". Set your own address as the sender in your mail program, then send again.";
    return reply;
}

Reply refusal_for(const Verdict& v) {
    const Methods methods = v.methods;
    switch (v.reason) {
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
        case Reason::sender_not_owned: return sender_not_owned(v);
        case Reason::login_disabled:
        case Reason::domain_disabled:
            return refusal("Relaying denied. This account may not send mail through this server. Ask your administrator.");
        case Reason::auth_not_used:
            return refusal("Relaying denied. This server goes by POP and IMAP logins, not by SMTP AUTH. Check your mail here "
                           "by POP or IMAP first, from where you are now, then send again.");
        case Reason::login_braked:
            return refusal("Relaying denied. This account sends in an unusual way, so that it is stopped for now. Change its "
                           "password, and ask your administrator.");
        case Reason::over_recipient_limit:
        case Reason::over_limit:
            return refusal("Relaying denied. More mail was sent than this server permits. Ask your administrator.");
        case Reason::domain_policy:
            return refusal("Relaying denied. Your domain does not permit to send mail by this kind of login. Ask your "
                           "administrator.");
        case Reason::pop_ended:
            return refusal(by_methods(methods, kPopEnded, kUseAuth, kPopEnded));
        case Reason::login_retired:
        case Reason::too_many_logins:
        case Reason::never_network: return refusal(by_methods(methods, kAuthFromHere, kUseAuth, kAskAdministrator));
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
        case Reason::too_many_recipients:
        case Reason::lookup_failed: break;  // Never a refusal's reason.
    }
    return refusal("Relaying denied.");
}

std::string seconds_to_wait(const Verdict& v) {
    if (!v.wait || v.wait->count() <= 0) return " Please try again later.";
    return " Please wait " + std::to_string(v.wait->count()) + " seconds, then send again.";
}

Reply deferral_for(const Verdict& v) {
    const Reason reason = v.reason;
    if (reason == Reason::destination_temp)
        return {451, "4.4.0", "The recipient's domain cannot be looked up just now. Please try again later."};
    if (reason == Reason::client_temp)
        return {451, "4.4.0", "The name of your computer's address cannot be looked up just now. Please try again later."};
    if (reason == Reason::too_many_recipients)
        return {452, "4.5.3", "Too many recipients for one message. Send to the others in another message."};
    if (reason == Reason::over_recipient_limit)
        return {452, "4.5.3", "Too many recipients for now." + seconds_to_wait(v)};
    if (reason == Reason::over_limit) return {451, "4.7.1", "Too much mail for now." + seconds_to_wait(v)};
    if (reason == Reason::login_braked)
        return {451, "4.7.1", "This account sends in an unusual way. Ask your administrator." + seconds_to_wait(v)};
    return {451, "4.3.0", "It cannot be checked just now whether you may relay. Please try again later."};
}

std::optional<Reply> standard_reply(const Verdict& v) {
    switch (v.action) {
        case Action::permit: return std::nullopt;
        case Action::refuse: return refusal_for(v);
        case Action::defer: return deferral_for(v);
    }
    return deferral_for(v);
}

}  // namespace

std::optional<Reply> reply_for(const Verdict& verdict, const ReplySettings& own, const std::optional<Address>& client) {
    auto reply = standard_reply(verdict);
    const auto text = own.texts.find(verdict.reason);
    if (reply && text != own.texts.end()) reply->text = filled_in(text->second, own.url, client, verdict.wait);
    return reply;
}

}  // namespace relay
