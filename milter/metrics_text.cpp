#include <fmt/format.h>

#include "milter/log.h"
#include "milter/server_status.h"
#include "milter/waiting_logins.h"
#include "version.h"

namespace relay {
namespace {

/// Bounds of the histogram's buckets: from 1 µs to 17 s, four times as long each.
constexpr int kFirstPower = 10, kLastPower = 34, kStep = 2;

/// A label's value: backslash, quote and end of line escaped.
std::string label(std::string_view value) {
    std::string out;
    for (const char c : value)
        if (c == '\n') out.append("\\n");
        else {
            if (c == '\\' || c == '"') out.push_back('\\');
            out.push_back(c);
        }
    return out;
}

double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>{time}.count(); }

class Exposition {
public:
    void head(std::string_view name, std::string_view type, std::string_view help) {
        text_ += fmt::format("# HELP milter_relay_{0} {2}\n# TYPE milter_relay_{0} {1}\n", name, type, help);
    }
    template <class Value>
    void sample(std::string_view name, Value value, const std::string& labels = "") {
        const std::string in_braces = labels.empty() ? "" : "{" + labels + "}";
        text_ += fmt::format("milter_relay_{}{} {}\n", name, in_braces, value);
    }
    template <class Value>
    void one(std::string_view name, std::string_view type, std::string_view help, Value value) {
        head(name, type, help);
        sample(name, value);
    }
    std::string text() && { return std::move(text_); }

private:
    std::string text_;
};

std::string source_label(Source source) { return "source=\"" + label(name_of(source)) + "\""; }

template <class Use>
void each_source(Use use) {
    for (std::size_t i = 0; i < kSources; ++i) use(static_cast<Source>(i));
}

void process(Exposition& to, const Server& server) {
    to.head("build_info", "gauge", "The version that runs.");
    to.sample("build_info", 1, "version=\"" + label(kVersion) + "\"");
    to.one("start_time_seconds", "gauge", "When the daemon was started, in seconds since 1970.",
           server.started_at.time_since_epoch().count());
    to.one("sessions", "gauge", "Connections of sendmail that are open.", server.sessions.load());
    to.one("messages_in_flight", "gauge", "Messages between MAIL and their end.", server.in_flight.count());
    to.one("log_lines_lost_total", "counter", "Lines that were not logged because syslogd was too slow.", lost_log_lines());
}

/// Only where a server has the logins, and the queue can be read.
void waiting(Exposition& to, const Service* service) {
    const auto logins = service ? waiting_logins(service->settings()) : std::nullopt;
    if (!logins || !logins->fault.empty()) return;
    to.one("logins_waiting", "gauge", "POP logins of this host that wait for the server.", logins->state.waiting);
    to.one("logins_lost_total", "counter", "POP logins that neither the server nor the queue took.", logins->state.lost);
}

void verdicts(Exposition& to, const Server& server) {
    to.head("verdicts_total", "counter", "Recipients judged, by the method that permitted them and the reason.");
    server.verdicts.each([&](Via via, Reason reason, std::uint64_t count) {
        to.sample("verdicts_total", count, fmt::format("via=\"{}\",reason=\"{}\"", label(name_of(via)), label(name_of(reason))));
    });
}

void histogram(Exposition& to, const std::string& source, const DurationHistogram::Picture& times) {
    constexpr const char* kBucket = "lookup_duration_seconds_bucket";
    for (int power = kFirstPower; power <= kLastPower; power += kStep)
        to.sample(kBucket, times.within_power(power),
                  fmt::format("{},le=\"{}\"", source, seconds_of(std::chrono::nanoseconds{std::int64_t{1} << power})));
    to.sample(kBucket, times.count, source + ",le=\"+Inf\"");
    to.sample("lookup_duration_seconds_sum", seconds_of(times.sum), source);
    to.sample("lookup_duration_seconds_count", times.count, source);
}

void sources(Exposition& to, const SourceHealth& health) {
    to.head("lookup_duration_seconds", "histogram", "How long look-ups took, by the configuration's word for the source.");
    each_source([&](Source source) {
        if (const auto times = health.times(source); times.count != 0) histogram(to, source_label(source), times);
    });
    to.head("source_errors_total", "counter", "Errors of each source, whether or not a recipient waited for it.");
    each_source([&](Source source) {
        const auto error = health.last_error(source);
        to.sample("source_errors_total", error ? error->errors : 0, source_label(source));
    });
    to.head("source_last_error_timestamp_seconds", "gauge", "When the source last had an error.");
    each_source([&](Source source) {
        if (const auto error = health.last_error(source))
            to.sample("source_last_error_timestamp_seconds", error->at.time_since_epoch().count(), source_label(source));
    });
}

}  // namespace

std::string metrics_text(const Server& server) {
    Exposition to;
    process(to, server);
    to.one("config_read_timestamp_seconds", "gauge", "When the configuration in force was read.",
           server.service.configuration().at.time_since_epoch().count());
    waiting(to, server.service.get().get());
    verdicts(to, server);
    sources(to, *server.health);
    return std::move(to).text();
}

}  // namespace relay
