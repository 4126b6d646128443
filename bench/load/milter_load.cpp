// milter_load: puts a milter under load as an MTA does, and prints what it measured as JSON.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/load/load.h"

namespace relay::bench {
namespace {

using nlohmann::json;

void add(json& to, std::string_view name, const Latencies& one) {
    if (one.count() == 0) return;
    to[std::string{name}] = {{"count", one.count()}, {"p50", one.quantile(0.5)}, {"p99", one.quantile(0.99)}, {"p999", one.quantile(0.999)}};
}

json latencies(const Tally& tally) {
    json all = json::object();
    for (std::size_t i = 0; i < kCallbackNames.size(); ++i) add(all, kCallbackNames[i], tally.latencies[i]);
    add(all, "session", tally.session);
    return all;
}

json as_json(const LoadOptions& options, const LoadResult& result) {
    const auto sessions = static_cast<double>(result.tally.sessions);
    json rcpt_answers = json::object();
    for (const auto& [letter, count] : result.tally.rcpt_answers) rcpt_answers[std::string{letter}] = count;
    json printed = {{"sessions", result.tally.sessions}, {"seconds", result.seconds}, {"sessions_per_second", sessions / result.seconds},
                    {"broken", result.tally.broken}, {"refused", result.tally.refused}, {"backlog_full", result.tally.full},
                    {"rcpt_answers", rcpt_answers}, {"latency_us", latencies(result.tally)}};
    if (!options.process) return printed;
    printed["cpu_us_a_session"] = static_cast<double>(result.cpu.count()) / 1000 / std::max(sessions, 1.0);
    printed["resident_bytes"] = result.resident;
    printed["resident_before_bytes"] = result.resident_before;
    if (options.idle > 0)
        printed["bytes_an_idle_connection"] = static_cast<double>(result.resident_with_idle - result.resident_before) / static_cast<double>(options.idle);
    return printed;
}

void raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int argc, char** argv) {
    CLI::App app{"Puts a milter under load as an MTA does, and prints JSON. See bench/README.md.", "milter_load"};
    LoadOptions options;
    long think = 0, warm_up = 300, duration = 2000;
    std::vector<std::string> macros;
    app.add_option("socket", options.socket, "Path of the milter's UNIX socket")->required();
    app.add_option("--pid", options.process, "The milter's process, to be measured");
    app.add_option("--connections", options.connections, "Sessions at once");
    app.add_option("--idle", options.idle, "Connections that are held beside them and say nothing");
    app.add_option("--recipients", options.session.recipients, "Recipients a message");
    app.add_option("--clients", options.clients, "How many different clients come; 0: one that no database holds");
    app.add_option("--think", think, "Milliseconds before each command of a client");
    app.add_option("--warm-up", warm_up, "Milliseconds that are not measured");
    app.add_option("--duration", duration, "Milliseconds that are");
    app.add_option("--sessions", options.sessions, "End after so many, at the latest after --duration");
    app.add_option("--macro", macros, "NAME=VALUE, as {auth_type}=PLAIN");
    CLI11_PARSE(app, argc, argv);
    for (const std::string& macro : macros) {
        const auto equals = macro.find('=');
        options.session.macros[macro.substr(0, equals)] = equals == macro.npos ? "" : macro.substr(equals + 1);
    }
    options.think = std::chrono::milliseconds{think};
    options.warm_up = std::chrono::milliseconds{warm_up};
    options.duration = std::chrono::milliseconds{duration};
    raise_descriptor_limit();
    std::cout << as_json(options, run_load(options)).dump() << '\n';
    return 0;
}

}  // namespace
}  // namespace relay::bench

int main(int argc, char** argv) try {
    return relay::bench::run(argc, argv);
} catch (const std::exception& fault) {
    std::cerr << "milter_load: " << fault.what() << '\n';
    return 1;
}
