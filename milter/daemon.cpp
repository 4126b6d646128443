#include "milter/daemon.h"

#include <libmilter/mfapi.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "milter/pool/accept.h"
#include "milter/callbacks.h"
#include "milter/control_path.h"
#include "milter/control_routes.h"
#include "milter/metrics_server.h"
#include "milter/notify.h"
#include "milter/pool/libmilter_calls.h"
#include "milter/privileges.h"
#include "milter/server_status.h"
#include "milter/signals.h"
#include "milter/socket.h"
#include "policy/source/config/config_file.h"
#include "policy/source/config/config_text.h"
#include "policy/source/files/escaped.h"
#include "version.h"

namespace relay {
namespace {

/// How long the end waits for a slow syslogd.
constexpr std::chrono::milliseconds kLastLines{500};

/// Why the daemon does not start; the text is in the log.
struct Refusal {
    int exit_code;
};

/// In the log, and for whoever started us on standard error too.
void complain(const RunOptions& options, const std::string& text) {
    log_line(Severity::error, text);
    if (options.log != LogTarget::standard_error) std::fprintf(stderr, "milter-relay: %s\n", text.c_str());
}

[[noreturn]] void refuse_to_start(const RunOptions& options, int exit_code, const std::string& text) {
    complain(options, text);
    throw Refusal{exit_code};
}

template <class Value, class Fault>
Value value_or_refusal(const RunOptions& options, std::variant<Value, Fault> result) {
    if (const auto* fault = std::get_if<Fault>(&result)) refuse_to_start(options, fault->exit_code, fault->text);
    return std::get<Value>(std::move(result));
}

Settings read_settings(const RunOptions& options) {
    auto result = read_config_file(options.config_file, options.missing_is_default);
    if (auto* settings = std::get_if<Settings>(&result)) return std::move(*settings);
    for (const auto& error : std::get<std::vector<ConfigError>>(result)) complain(options, error.message());
    throw Refusal{EX_CONFIG};
}

/// Many connections at once must not fail for want of descriptors (libmilter would spin).
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Few threads serve all sessions, and what one has freed another needs: a pool of memory for each would lie idle.
void share_memory() {
    constexpr int pools = 2;
    mallopt(M_ARENA_MAX, pools);
}

/// In this process, whose counts have a file.
bool counts_here(const Settings& settings) {
    return settings.limit_store.store.empty() && (!settings.limits.empty() || settings.guard.on);
}

/// Root makes the directories, the account opens the socket: libmilter leaves a stale socket behind as root.
void become(const RunOptions& options, const Settings& settings, const SocketAddress& address) {
    const auto account = value_or_refusal(options, find_account(settings.user));
    if (const auto fault = make_socket_directory(address, account.user, account.group))
        refuse_to_start(options, fault->exit_code, fault->text);
    if (counts_here(settings))
        if (const auto fault = make_socket_directory({SocketAddress::Family::local, settings.state, {}, {}}, account.user, account.group))
            complain(options, fault->text);
    raise_descriptor_limit();
    if (const auto fault = drop_privileges(account); !fault.text.empty())
        refuse_to_start(options, fault.exit_code, fault.text);
    if (geteuid() == 0) complain(options, "running as root; set \"user\" to an account of its own");
}

SocketFile open_socket(const RunOptions& options, const SocketAddress& address, Server& server) {
    if (const auto fault = make_way(address)) refuse_to_start(options, fault->exit_code, fault->text);
    if (!register_callbacks(server)) refuse_to_start(options, EX_SOFTWARE, "libmilter does not take the filter");
    umask(0117);  // SocketFile::kMode from the first moment
    const bool opened = smfi_setconn(address.text().data()) == MI_SUCCESS && smfi_opensocket(false) == MI_SUCCESS;
    if (!opened)
        refuse_to_start(options, EX_OSERR,
                        "cannot listen on " + escaped(address.text()) + "; libmilter's line in the mail log says why");
    umask(0077);
    return value_or_refusal(options, SocketFile::adopt(address));
}

bool needs_restart(const Settings& before, const Settings& now) {
    return now.socket != before.socket || now.user != before.user || now.control != before.control || now.state != before.state ||
           now.metrics.listen != before.metrics.listen;
}

/// Before the configuration is read, so that what is written into it meanwhile is seen.
ConfigurationRead about_to_read(const std::string& file) {
    struct stat status {};
    const bool is_there = ::stat(file.c_str(), &status) == 0;
    return {file, is_there ? std::optional{FileStamp{status}} : std::nullopt, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), {}};
}

/// Puts a configuration in force. What counts is made when it is first needed, and stays.
void use(Server& server, Settings settings, ConfigurationRead read) {
    if (counts_here(settings) && !server.counts) {
        server.counts = std::make_shared<LimitStore>();
        server.keeper.keep(server.counts, settings.state, settings.limits);
    }
    read.text = config_text(settings);
    server.service.set(std::make_shared<const Service>(std::move(settings), server.counts, server.health), std::move(read));
}

/// The errors, when it was not taken. From the main thread and the control socket's.
std::vector<std::string> reload(const RunOptions& options, Server& server) {
    static std::mutex one_at_a_time;
    const std::scoped_lock lock{one_at_a_time};
    auto read = about_to_read(options.config_file);
    auto result = read_config_file(options.config_file, options.missing_is_default);
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) {
        std::vector<std::string> messages;
        for (const auto& error : *errors) messages.push_back(error.message());
        for (const auto& message : messages) log_line(Severity::error, message);
        log_line(Severity::error, escaped(options.config_file) + ": not taken; the configuration in force stays");
        server.health->failed(Source::configuration, messages.front(), read.at);
        return messages;
    }
    auto& settings = std::get<Settings>(result);
    const auto before = server.service.get();
    if (needs_restart(before->settings(), settings))
        log_line(Severity::warning, escaped(options.config_file) + ": a new socket, user, control, state or metrics.listen needs a restart");
    use(server, std::move(settings), std::move(read));
    log_line(Severity::info, escaped(options.config_file) + ": read; new connections go by it");
    return {};
}

/// Another daemon that answers on the control socket keeps the same counts: two would undo each other's.
void refuse_beside_another(const RunOptions& options, const Settings& settings) {
    const std::string path = control_path(settings);
    if (path.empty()) return;
    const auto fault = make_way({SocketAddress::Family::local, path, {}, {}});
    if (fault && fault->exit_code == EX_UNAVAILABLE) refuse_to_start(options, fault->exit_code, fault->text);
}

/// Mail does not wait for it: without a control socket the daemon runs as well.
std::unique_ptr<ControlServer> open_control(const RunOptions& options, Server& server) {
    const std::string path = control_path(server.service.get()->settings());
    if (path.empty()) return nullptr;
    auto opened = ControlServer::open(path, control_routes(server, [&options, &server] { return reload(options, server); }));
    if (auto* control = std::get_if<std::unique_ptr<ControlServer>>(&opened)) return std::move(*control);
    const auto& fault = std::get<SocketFault>(opened);
    log_line(Severity::error, fault.text + "; running without the control socket");
    return nullptr;
}

/// Somebody counts on it: without it the daemon does not start.
std::unique_ptr<MetricsServer> open_metrics(const RunOptions& options, const Settings& settings, const Server& server) {
    if (settings.metrics.listen.empty()) return nullptr;
    const auto address = std::get<ListenAddress>(parse_listen_address(settings.metrics.listen));  // It was judged when it was read.
    return value_or_refusal(options, MetricsServer::open(address, [&server] { return metrics_text(server); }));
}

/// Behind a socket that stays open nobody needs to be turned away: what comes now waits there for the next process, and
/// the sessions that were accepted may end. sendmail would defer the mail of one that is cut before its MAIL.
void let_sessions_end(const Server& server) {
    using namespace std::chrono_literals;
    accept_no_more();
    const auto begin = std::chrono::steady_clock::now();
    const auto passed = [begin] { return std::chrono::steady_clock::now() - begin; };
    // One that was accepted just now has not said anything yet, and is not counted.
    while (passed() < 100ms || (server.sessions > 0 && passed() < kGrace)) std::this_thread::sleep_for(2ms);
}

[[noreturn]] void stop(Server& server, const SocketAddress& address, SocketFile& socket, ControlServer* control) {
    if (address.family == SocketAddress::Family::inherited) let_sessions_end(server);
    server.stopping = true;
    notify_service_manager("STOPPING=1");
    socket.remove();
    if (control) control->remove();
    if (!server.in_flight.wait_until_quiet(kGrace))
        log_line(Severity::warning, "stopped with " + std::to_string(server.in_flight.count()) +
                                        " messages open; sendmail defers them");
    server.keeper.stop();
    server.alerts.stop();
    log_line(Severity::info, "stopped");
    flush_log(kLastLines);
    _exit(EX_OK);
}

/// It gave up: nothing else makes smfi_main return.
[[noreturn]] void end_after_libmilter(Server& server, int result, SocketFile& socket, ControlServer* control) {
    socket.remove();
    if (control) control->remove();
    server.keeper.stop();
    server.alerts.stop();
    if (result != MI_SUCCESS) log_line(Severity::error, "libmilter gave up; its own line in the mail log says why");
    flush_log(kLastLines);
    _exit(result == MI_SUCCESS ? EX_OK : EX_OSERR);
}

[[noreturn]] void serve(const RunOptions& options, Server& server, const SocketAddress& address, SocketFile& socket,
                        ControlServer* control) {
    std::atomic<int> result{MI_SUCCESS};
    std::thread{[&result] {
        result = serve_sessions();
        post_event(Event::libmilter_ended);
    }}.detach();
    notify_service_manager("READY=1");
    for (;;) switch (next_event()) {
            case Event::reload: reload(options, server); break;
            case Event::stop: stop(server, address, socket, control);
            case Event::libmilter_ended: end_after_libmilter(server, result, socket, control);
        }
}

}  // namespace

int run(const RunOptions& options) try {
    share_memory();
    open_log(options.log);
    watch_signals();
    auto read = about_to_read(options.config_file);
    const Settings settings = read_settings(options);
    const auto handed_over = handed_over_socket();
    const auto address = handed_over ? *handed_over : value_or_refusal(options, parse_socket(settings.socket));
    become(options, settings, address);
    static Server server;  // libmilter's threads may still use it while the process ends
    refuse_beside_another(options, settings);
    prepare_to_accept();
    const auto metrics = open_metrics(options, settings, server);
    auto socket = open_socket(options, address, server);
    queue_log();
    use(server, settings, std::move(read));
    const auto control = open_control(options, server);
    log_line(Severity::info, std::string{"milter-relay "} + kVersion + " answers on " + escaped(address.text()));
    serve(options, server, address, socket, control.get());
} catch (const Refusal& refusal) {
    return refusal.exit_code;
} catch (const std::exception& fault) {
    complain(options, fault.what());
    return EX_OSERR;
}

}  // namespace relay
