#include <fmt/chrono.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "milter/log.h"
#include "milter/server_status.h"
#include "milter/waiting_logins.h"
#include "policy/source/config/config_file.h"
#include "policy/source/config/config_text.h"
#include "policy/source/files/escaped.h"
#include "version.h"

namespace relay {
namespace {

using nlohmann::ordered_json;
using std::chrono::sys_seconds;

std::string time_text(sys_seconds at) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", at); }

/// A source escapes what it says; a fault of the library's may hold anything.
std::string printable(std::string text) {
    for (char& c : text)
        if (c < ' ' || c > '~') c = '?';
    return text;
}

double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>{time}.count(); }

ordered_json verdicts_json(const Server& server) {
    ordered_json verdicts = ordered_json::object();
    server.verdicts.each([&](Via via, Reason reason, std::uint64_t count) {
        verdicts[std::string{name_of(via)}][std::string{name_of(reason)}] = count;
    });
    return verdicts;
}

std::optional<FileStamp> stamp_of(const std::string& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? std::optional{FileStamp{status}} : std::nullopt;
}

/// By what it says, not by its times.
bool has_changed(const ConfigurationRead& read) {
    if (stamp_of(read.file) == read.stamp) return false;
    const auto now = read_config_file(read.file, true);
    const auto* settings = std::get_if<Settings>(&now);
    return settings && config_text(*settings) != read.text;
}

ordered_json configuration_json(const ConfigurationRead& read, sys_seconds now) {
    return {{"file", escaped(read.file)}, {"read_at", time_text(read.at)},
            {"age_seconds", (now - read.at).count()}, {"is_default", !read.stamp},
            {"has_changed", has_changed(read)}};
}

ordered_json error_json(const std::optional<SourceHealth::LastError>& error, sys_seconds now) {
    if (!error) return nullptr;
    return {{"text", printable(error->text)}, {"at", time_text(error->at)}, {"age_seconds", (now - error->at).count()}};
}

ordered_json sources_json(const SourceHealth& health, sys_seconds now) {
    ordered_json sources = ordered_json::object();
    for (std::size_t i = 0; i < kSources; ++i) {
        const auto source = static_cast<Source>(i);
        const auto times = health.times(source);
        const auto error = health.last_error(source);
        if (times.count == 0 && !error) continue;
        sources[std::string{name_of(source)}] = {
            {"lookups", times.count}, {"p50_seconds", seconds_of(times.quantile(0.5))},
            {"p99_seconds", seconds_of(times.quantile(0.99))}, {"errors", error ? error->errors : 0},
            {"last_error", error_json(error, now)}};
    }
    return sources;
}

ordered_json queue_json(const Service* service, sys_seconds now) {
    const auto waiting = service ? waiting_logins(service->settings()) : std::nullopt;
    if (!waiting) return nullptr;
    const auto& [waits, oldest, lost] = waiting->state;
    ordered_json queue{{"file", escaped(service->settings().redis.queue)}, {"waiting", waits}, {"oldest_age_seconds", nullptr},
                       {"lost", lost}, {"error", nullptr}};
    if (oldest) queue["oldest_age_seconds"] = (now - *oldest).count();
    if (!waiting->fault.empty()) queue["error"] = printable(waiting->fault);
    return queue;
}

}  // namespace

std::string status_json(const Server& server) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - server.started);
    return ordered_json{{"version", kVersion}, {"uptime_seconds", uptime.count()}, {"sessions", server.sessions.load()},
                        {"in_flight", server.in_flight.count()}, {"log_lines_lost", lost_log_lines()},
                        {"queue", queue_json(server.service.get().get(), now)}, {"verdicts", verdicts_json(server)},
                        {"configuration", configuration_json(server.service.configuration(), now)},
                        {"sources", sources_json(*server.health, now)}}.dump();
}

}  // namespace relay
