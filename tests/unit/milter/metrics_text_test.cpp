// The metrics by Prometheus' own rules: names, units, HELP and TYPE, labels, histograms. Debian's promtool comes with the
// whole server, so that it is asked only where it is installed.
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "milter/server_status.h"
#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

struct Sample {
    std::string name, labels, value;
};

struct Family {
    std::string type, help;
    std::vector<Sample> samples;
};

/// By name. Fails where a sample does not follow the HELP and TYPE of its family at once.
std::map<std::string, Family> families(const std::string& text) {
    static const std::regex sample_form{R"(([a-z_:][a-z0-9_:]*)(\{[^{}]*\})? ([0-9.e+-]+|\+Inf))"};
    std::map<std::string, Family> all;
    std::string current;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        std::smatch parts;
        if (line.starts_with("# HELP ")) {
            current = line.substr(7, line.find(' ', 7) - 7);
            REQUIRE(all.emplace(current, Family{"", line.substr(8 + current.size()), {}}).second);
        } else if (line.starts_with("# TYPE ")) {
            REQUIRE(line.substr(7, line.find(' ', 7) - 7) == current);
            all[current].type = line.substr(line.rfind(' ') + 1);
        } else {
            REQUIRE(std::regex_match(line, parts, sample_form));
            REQUIRE(parts[1].str().starts_with(current));
            all[current].samples.push_back({parts[1], parts[2], parts[3]});
        }
    }
    return all;
}

void judge_and_look_up(Server& server) {
    Verdict verdict;
    verdict.via = Via::auth;
    verdict.reason = Reason::authenticated;
    server.verdicts.add(verdict);
    server.verdicts.add(verdict);
    server.health->looked_up(Source::relayers, 900ns);
    server.health->looked_up(Source::relayers, 3us);
    server.health->looked_up(Source::relayers, 2s);
    server.health->failed(Source::limits_state, "no \"room\"\\\n", std::chrono::sys_seconds{1'700'000'000s});
}

const Sample* sample(const std::map<std::string, Family>& all, const std::string& family, const std::string& labels,
                     const std::string& suffix = "") {
    for (const Sample& one : all.at(family).samples)
        if (one.name == family + suffix && one.labels == labels) return &one;
    return nullptr;
}

}  // namespace

TEST_CASE("every metric has our name, one HELP that is a sentence and one TYPE, and its unit by Prometheus' rules") {
    Server server;
    judge_and_look_up(server);
    const auto text = metrics_text(server);
    CHECK(text.ends_with("\n"));
    const auto all = families(text);
    CHECK(all.size() == 10);
    for (const auto& [name, family] : all) {
        CAPTURE(name);
        CHECK(name.starts_with("milter_relay_"));
        CHECK(std::isupper(static_cast<unsigned char>(family.help.front())) != 0);
        CHECK(family.help.ends_with("."));
        CHECK((family.type == "counter" || family.type == "gauge" || family.type == "histogram"));
        CHECK((family.type == "counter") == name.ends_with("_total"));
        for (const char* unit : {"_ms", "_us", "_ns", "_milliseconds", "_microseconds", "_minutes", "_hours", "_kb", "_counter", "_gauge", "_histogram"})
            CHECK(name.find(unit) == name.npos);
        const bool is_time = name.find("time") != name.npos || name.find("duration") != name.npos;
        CHECK(is_time == name.ends_with("_seconds"));
    }
}

TEST_CASE("each sample of a metric is there once") {
    Server server;
    judge_and_look_up(server);
    std::set<std::string> seen;
    for (const auto& [name, family] : families(metrics_text(server)))
        for (const Sample& one : family.samples) CHECK(seen.insert(one.name + one.labels).second);
}

TEST_CASE("a histogram's buckets hold all that is shorter, and the last one all") {
    Server server;
    judge_and_look_up(server);
    const auto all = families(metrics_text(server));
    const std::string name = "milter_relay_lookup_duration_seconds";
    std::vector<double> bounds, counts;
    for (const Sample& one : all.at(name).samples) {
        if (one.name != name + "_bucket") continue;
        const auto begin = one.labels.find("le=\"") + 4;
        bounds.push_back(std::stod(one.labels.substr(begin)));
        counts.push_back(std::stod(one.value));
    }
    CHECK(std::is_sorted(bounds.begin(), bounds.end()));
    CHECK(std::is_sorted(counts.begin(), counts.end()));
    CHECK(std::isinf(bounds.back()));
    CHECK(counts.front() == 1);  // 900 ns within 1.024 us
    CHECK(counts.back() == 3);
    REQUIRE(sample(all, name, "{source=\"pop.database\"}", "_count"));
    CHECK(sample(all, name, "{source=\"pop.database\"}", "_count")->value == "3");
    CHECK(std::stod(sample(all, name, "{source=\"pop.database\"}", "_sum")->value) == Approx(2.0000039));
}

TEST_CASE("counters count, and what a source said is no label") {
    Server server;
    judge_and_look_up(server);
    const auto text = metrics_text(server);
    const auto all = families(text);
    CHECK(sample(all, "milter_relay_verdicts_total", "{via=\"auth\",reason=\"authenticated\"}")->value == "2");
    CHECK(sample(all, "milter_relay_source_errors_total", "{source=\"state\"}")->value == "1");
    CHECK(sample(all, "milter_relay_source_errors_total", "{source=\"pop.database\"}")->value == "0");
    CHECK(sample(all, "milter_relay_source_last_error_timestamp_seconds", "{source=\"state\"}")->value == "1700000000");
    CHECK(text.find("room") == text.npos);
}

TEST_CASE("promtool has nothing to say of them, where it is installed") {
    if (std::system("command -v promtool >/dev/null") != 0) return;
    Server server;
    judge_and_look_up(server);
    FILE* pipe = ::popen("promtool check metrics >&2", "w");
    REQUIRE(pipe);
    const auto text = metrics_text(server);
    std::fwrite(text.data(), 1, text.size(), pipe);
    CHECK(::pclose(pipe) == 0);
}

TEST_CASE("a daemon that has done nothing has sound metrics") {
    const Server server;
    const auto all = families(metrics_text(server));
    CHECK(all.at("milter_relay_verdicts_total").samples.empty());
    CHECK(all.at("milter_relay_lookup_duration_seconds").samples.empty());
    CHECK(all.at("milter_relay_sessions").samples.at(0).value == "0");
}
