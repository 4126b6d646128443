// How many log lines a second `milter-relay report` reads, in each form of a log.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>

#include "milter/report/report.h"

using benchmark::State;

namespace {

enum class Form { yearless, with_zone, compressed };

/// A directory for this run.
class Logs {
public:
    Logs() {
        if (!mkdtemp(directory_.data())) throw std::runtime_error{"mkdtemp"};
    }
    Logs(const Logs&) = delete;
    Logs& operator=(const Logs&) = delete;
    ~Logs() { std::filesystem::remove_all(directory_); }

    /// A log of so many verdicts over 80 days: 4 of 10 by AUTH, 2 by POP, of 2,000 logins; 2 refused; the rest local.
    const std::string& of(Form form, int lines) {
        auto& path = paths_[{form, lines}];
        if (path.empty()) path = make(form, lines);
        return path;
    }

private:
    std::string make(Form form, int lines) {
        const auto path = fmt::format("{}/{}-{}.log", directory_, static_cast<int>(form), lines);
        auto* file = gzopen(path.c_str(), form == Form::compressed ? "wb1" : "wbT");
        std::mt19937 random{1};
        for (int i = 0; i < lines; ++i) {
            const auto line =
                line_of(form, i, static_cast<int>(static_cast<long long>(i) * 80 * 86400 / lines), random);
            gzwrite(file, line.data(), static_cast<unsigned>(line.size()));
        }
        gzclose(file);
        return path;
    }

    static std::string line_of(Form form, int number, int second, std::mt19937& random) {
        static constexpr const char* kMonths[] = {"Jul", "Aug", "Sep"};
        static constexpr const char* kFindings[] = {
            "permit via=auth reason=authenticated", "permit via=auth reason=authenticated",
            "permit via=pop reason=fresh_login", "refuse via=none reason=no_login",
            "permit via=local reason=destination_ours"};
        const int day = second / 86400, hour = second / 3600 % 24, minute = second / 60 % 60;
        const auto stamp = form == Form::yearless ? fmt::format("{} {:2} {:02}:{:02}:{:02}", kMonths[day / 28],
                                                                day % 28 + 1, hour, minute, second % 60)
                                                  : fmt::format("2026-{:02}-{:02}T{:02}:{:02}:{:02}.123456+00:00",
                                                                7 + day / 28, day % 28 + 1, hour, minute, second % 60);
        return fmt::format(
            "{} mx milter-relay[123]: 6AM{:010}: verdict={} client=198.51.{}.{} user=user{}@mx.example age= mech= "
            "from=<a@b.example> to=<c{}@d.example> listener=MTA policy=auth+pop mode=enforce\n",
            stamp, number / 2, kFindings[random() % 5], random() % 256, random() % 256, random() % 2000, number);
    }

    std::string directory_ = "/tmp/milter-relay-bench.XXXXXX";
    std::map<std::pair<Form, int>, std::string> paths_;
};

Logs& logs() {
    static Logs made;
    return made;
}

template <Form form>
void report(State& state) {
    const auto lines = static_cast<int>(state.range(0));
    relay::report::ReportOptions options;
    options.files = {logs().of(form, lines)};
    for (auto _ : state) {
        std::ostringstream out, errors;
        if (relay::report::report(options, out, errors) != 0) state.SkipWithError(errors.str().c_str());
        benchmark::DoNotOptimize(out);
    }
    state.SetItemsProcessed(state.iterations() * lines);
}

BENCHMARK(report<Form::yearless>)->Name("report_yearless")->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(report<Form::with_zone>)->Name("report_with_zone")->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(report<Form::compressed>)->Name("report_gzip")->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
