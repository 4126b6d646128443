#include "milter/status_command.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <thread>

#include "milter/control_asking.h"

namespace relay {
namespace {

using nlohmann::json;

constexpr const char* kHomeAndClear = "\x1b[H\x1b[J";

std::string span_text(std::int64_t seconds) {
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 7200) return fmt::format("{} min", seconds / 60);
    if (seconds < 172'800) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} days {} h", seconds / 86'400, seconds / 3600 % 24);
}

/// Three digits of what is measured in nanoseconds.
std::string short_time(double seconds) {
    if (seconds < 1e-6) return fmt::format("{:.0f} ns", seconds * 1e9);
    if (seconds < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
    if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
    return fmt::format("{:.3g} s", seconds);
}

std::string lost_text(std::int64_t lines) {
    return lines == 0 ? "" : fmt::format("{} log lines lost: syslogd is too slow\n", lines);
}

/// Nothing while all is well.
std::string queue_text(const json& queue) {
    if (queue.is_null()) return "";
    const auto file = queue.at("file").get<std::string>();
    if (const json& error = queue.at("error"); !error.is_null())
        return fmt::format("nothing is known of logins that wait for the server:\n  {}\n", error.get<std::string>());
    std::string text;
    if (const auto waiting = queue.at("waiting").get<std::uint64_t>(); waiting != 0)
        text += fmt::format("{} logins wait for the server, the oldest for {}\n  in {}\n", waiting,
                            span_text(queue.at("oldest_age_seconds").get<std::int64_t>()), file);
    if (const auto lost = queue.at("lost").get<std::uint64_t>(); lost != 0)
        text += fmt::format("{} logins are lost, since neither the server nor the queue took them\n  to forget them, remove {}.lost\n",
                            lost, file);
    return text;
}

std::string configuration_text(const json& read) {
    std::string text = fmt::format("configuration {}, read {} ago ({})\n", read.at("file").get<std::string>(),
                                   span_text(read.at("age_seconds").get<std::int64_t>()), read.at("read_at").get<std::string>());
    if (read.at("is_default").get<bool>()) text += "  the file was not there: these are the defaults\n";
    if (read.at("has_changed").get<bool>()) text += "  the file says something else since then; to take it: milter-relay reload\n";
    return text;
}

/// How many are new; all of them where the daemon has started anew.
std::uint64_t since(std::uint64_t count, const json& before, const std::string& via, const std::string& reason) {
    const auto then = before.value(via, json::object()).value(reason, std::uint64_t{0});
    return count < then ? count : count - then;
}

std::string verdicts_text(const json& verdicts, const json* before) {
    if (verdicts.empty()) return "\nno recipient was judged yet\n";
    std::string text = fmt::format("\n{:<8} {:<26} {:>12}{}\n", "VIA", "REASON", "RECIPIENTS", before ? "        NEW" : "");
    for (const auto& [via, reasons] : verdicts.items())
        for (const auto& [reason, number] : reasons.items()) {
            const auto count = number.get<std::uint64_t>();
            const auto added = before ? since(count, *before, via, reason) : 0;
            text += fmt::format("{:<8} {:<26} {:>12}{}\n", via, reason, count, added == 0 ? "" : fmt::format("{:>11}", fmt::format("+{}", added)));
        }
    return text;
}

std::string sources_text(const json& sources) {
    if (sources.empty()) return "";
    std::string text = fmt::format("\n{:<18} {:>12} {:>10} {:>10} {:>8}\n", "SOURCE", "LOOK-UPS", "P50", "P99", "ERRORS");
    std::string errors;
    for (const auto& [name, source] : sources.items()) {
        const auto lookups = source.at("lookups").get<std::uint64_t>();
        const auto time = [&](const char* key) { return lookups == 0 ? "-" : short_time(source.at(key).get<double>()); };
        text += fmt::format("{:<18} {:>12} {:>10} {:>10} {:>8}\n", name, lookups, time("p50_seconds"), time("p99_seconds"),
                            source.at("errors").get<std::uint64_t>());
        if (const json& error = source.at("last_error"); !error.is_null())
            errors += fmt::format("\nlast error of {}, {} ago ({}):\n  {}\n", name,
                                  span_text(error.at("age_seconds").get<std::int64_t>()), error.at("at").get<std::string>(),
                                  error.at("text").get<std::string>());
    }
    return text + errors;
}

/// Watches until `out` takes no more; the daemon may come and go once it was there.
class Watching {
public:
    Watching(const ControlOptions& options, bool redraw, std::ostream& out) : options_{options}, redraw_{redraw}, out_{out} {}

    void show() {
        std::string text;
        try {
            json now = asked(options_.config, "/status", {}, false);
            text = options_.json ? now.dump() + '\n' : status_text(now, before_ ? &before_->at("verdicts") : nullptr);
            before_ = std::move(now);
        } catch (const NoAnswer& no) {
            if (!before_) throw;
            text = "milter-relay: " + no.text + '\n';
        }
        if (redraw_ && !options_.json) out_ << kHomeAndClear << text << std::flush;
        else out_ << text << (options_.json ? "" : "\n") << std::flush;
    }

private:
    const ControlOptions& options_;
    bool redraw_;
    std::ostream& out_;
    std::optional<json> before_;
};

}  // namespace

std::string status_text(const json& status, const json* before) {
    return fmt::format("milter-relay {}, up {}, {} sessions, {} messages in flight\n", status.at("version").get<std::string>(),
                       span_text(status.at("uptime_seconds").get<std::int64_t>()), status.at("sessions").get<std::int64_t>(),
                       status.at("in_flight").get<std::int64_t>()) +
           lost_text(status.at("log_lines_lost").get<std::int64_t>()) + queue_text(status.at("queue")) + configuration_text(status.at("configuration")) +
           verdicts_text(status.at("verdicts"), before) +
           sources_text(status.at("sources"));
}

int show_status(const ControlOptions& options, std::ostream& out, std::ostream& errors) {
    return told(errors, [&] {
        const json answer = asked(options.config, "/status", {}, false);
        out << (options.json ? answer.dump() + '\n' : status_text(answer));
        return EX_OK;
    });
}

int watch_status(const ControlOptions& options, std::chrono::milliseconds interval, bool redraw, std::ostream& out,
                 std::ostream& errors) {
    return told(errors, [&] {
        Watching watching{options, redraw, out};
        for (watching.show(); out; watching.show()) std::this_thread::sleep_for(interval);
        return EX_IOERR;
    });
}

}  // namespace relay
