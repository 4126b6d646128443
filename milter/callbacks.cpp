#include "milter/callbacks.h"

#include <libmilter/mfapi.h>
#include <netinet/in.h>

#include <cstdio>
#include <cstring>
#include <optional>

#include "milter/alert_text.h"
#include "milter/log.h"
#include "milter/pool/libmilter_calls.h"
#include "milter/respond.h"
#include "milter/session.h"
#include "milter/verdict_line.h"

namespace relay {
namespace {

/// The steps that we do not need; sendmail saves their round trips where it can.
constexpr unsigned long kUnusedSteps =
    SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN;
/// The steps that we use and never answer. libmilter answers itself where the MTA does not know this.
constexpr unsigned long kNoReply = SMFIP_NR_CONN | SMFIP_NR_MAIL;

Server* the_server = nullptr;

struct Connection {
    Session session;
    std::optional<InFlight::Token> open_message;
};

/// Runs `fn`; whatever it throws is logged, and the answer is `on_fault`. At a step without a reply that is
/// SMFIS_NOREPLY, since libmilter would otherwise leave the message and never answer its RCPT.
template <class Fn>
sfsistat guarded(const char* name, sfsistat on_fault, Fn fn) noexcept {
    const InFlight::Token running{the_server->in_flight};
    char line[512];
    try {
        return fn();
    } catch (const std::exception& fault) {
        std::snprintf(line, sizeof line, "%s: %s; deferring mail", name, fault.what());
    } catch (...) {
        std::snprintf(line, sizeof line, "%s: unknown exception; deferring mail", name);
    }
    log_line(Severity::error, line);
    return on_fault;
}

Connection* connection_of(SMFICTX* context) {
    return static_cast<Connection*>(smfi_getpriv(context));
}

MacroGetter macros_of(SMFICTX* context) {
    return [context](const char* name) -> const char* { return smfi_getsymval(context, const_cast<char*>(name)); };
}

std::optional<Address> address_of(const sockaddr* socket) {
    if (!socket) return {};
    if (socket->sa_family == AF_INET) {
        std::array<std::uint8_t, 4> bytes;
        std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(socket)->sin_addr, bytes.size());
        return Address::v4(bytes);
    }
    if (socket->sa_family != AF_INET6) return {};
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(socket)->sin6_addr, bytes.size());
    return Address::v6(bytes);
}

void tell(const Judged& judged, std::chrono::sys_seconds now) {
    the_server->verdicts.add(judged.verdict);
    for (const auto& fault : fault_lines(judged)) log_error(the_server->faults, fault);
    log_line(severity_of(judged.verdict.action), verdict_line(judged));
    for (const Alert& alert : alerts_of(judged, now))
        the_server->alerts.raise(alert, the_server->service.get()->settings().alert, std::chrono::steady_clock::now());
}

void ask_for_macros(SMFICTX* context, unsigned long actions) {
    if (!(actions & SMFIF_SETSYMLIST)) return;  // the MTA's own lists must do then; sendmail(8): Milter.macros.*
    const auto ask = [&](int step, const char* names) {
        if (smfi_setsymlist(context, step, const_cast<char*>(names)) != MI_SUCCESS)
            log_line(Severity::error,
                     "libmilter does not pass on which macros are needed; add them to Milter.macros in sendmail.cf");
    };
    ask(SMFIM_CONNECT, kConnectMacros);
    ask(SMFIM_ENVFROM, kMailMacros);
    ask(SMFIM_ENVRCPT, kRcptMacros);
}

sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps, unsigned long, unsigned long,
                      unsigned long* wanted_actions, unsigned long* wanted_steps, unsigned long* f2,
                      unsigned long* f3) {
    return guarded("negotiate", SMFIS_REJECT, [&]() -> sfsistat {
        if (the_server->stopping) return SMFIS_REJECT;
        if ((steps & kNoReply) != kNoReply) {
            log_line(Severity::error, "this libmilter cannot leave replies out; 1.0.1 or newer is needed");
            return SMFIS_REJECT;
        }
        tell_whose_threads_serve();
        ask_for_macros(context, actions);
        *wanted_actions = actions & SMFIF_SETSYMLIST;
        *wanted_steps = (steps & kUnusedSteps) | kNoReply;
        *f2 = *f3 = 0;
        return SMFIS_CONTINUE;
    });
}

sfsistat on_connect(SMFICTX* context, char*, sockaddr* socket) {
    return guarded("connect", SMFIS_NOREPLY, [&] {
        const Client client = read_client(address_of(socket), macros_of(context));
        auto connection = std::make_unique<Connection>(Connection{Session{the_server->service.get(), client}, {}});
        if (smfi_setpriv(context, connection.get()) == MI_SUCCESS) {
            connection.release();
            ++the_server->sessions;
        }
        return SMFIS_NOREPLY;
    });
}

sfsistat on_mail(SMFICTX* context, char** arguments) {
    return guarded("MAIL", SMFIS_NOREPLY, [&] {
        if (auto* connection = connection_of(context)) {
            connection->open_message.reset();
            connection->session.begin_message(arguments[0]);
            connection->open_message.emplace(the_server->in_flight);
        }
        return SMFIS_NOREPLY;
    });
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
    return guarded("RCPT", SMFIS_TEMPFAIL, [&]() -> sfsistat {
        auto* connection = connection_of(context);
        if (!connection) return SMFIS_TEMPFAIL;
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        const auto judged = connection->session.judge_recipient(arguments[0], macros_of(context), now);
        if (!judged) return SMFIS_TEMPFAIL;
        tell(*judged, now);
        return respond(judged->reply,
                       [&](const char* code, const char* enhanced_status, const char* text) {
                           return smfi_setreply(context, const_cast<char*>(code), const_cast<char*>(enhanced_status),
                                                const_cast<char*>(text));
                       });
    });
}

void end_message(SMFICTX* context) {
    if (auto* connection = connection_of(context)) {
        connection->session.end_message();
        connection->open_message.reset();
    }
}

sfsistat on_abort(SMFICTX* context) {
    return guarded("abort", SMFIS_CONTINUE, [&] {
        end_message(context);
        return SMFIS_CONTINUE;
    });
}

/// sendmail always sends this step; it tells that the message is no longer in flight.
sfsistat on_end_of_message(SMFICTX* context) {
    return guarded("end of message", SMFIS_TEMPFAIL, [&] {
        end_message(context);
        return SMFIS_CONTINUE;
    });
}

/// Also without a connect before it, when the private pointer is null, and once for each message transaction that
/// sendmail begins on a kept connection.
sfsistat on_close(SMFICTX* context) {
    return guarded("close", SMFIS_CONTINUE, [&] {
        const std::unique_ptr<Connection> ended{connection_of(context)};
        smfi_setpriv(context, nullptr);
        if (ended) --the_server->sessions;
        return SMFIS_CONTINUE;
    });
}

}  // namespace

bool register_callbacks(Server& server) {
    the_server = &server;
    static char name[] = "milter-relay";
    smfiDesc filter{};
    filter.xxfi_name = name;
    filter.xxfi_version = SMFI_VERSION;
    filter.xxfi_flags = SMFIF_SETSYMLIST;
    filter.xxfi_connect = on_connect;
    filter.xxfi_envfrom = on_mail;
    filter.xxfi_envrcpt = on_rcpt;
    filter.xxfi_eom = on_end_of_message;
    filter.xxfi_abort = on_abort;
    filter.xxfi_close = on_close;
    filter.xxfi_negotiate = on_negotiate;
    return smfi_register(filter) == MI_SUCCESS;
}

}  // namespace relay
