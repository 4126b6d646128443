// Looks up in relayers.db while writers are killed at random boundaries: no answer is ever wrong, and none fails.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>
#include <vector>

#include "policy/source/relayers/relayers_reader.h"
#include "tests/crash/databases.h"
#include "tests/crash/trace.h"
#include "tests/crash/workplace.h"

using namespace relay;
using namespace relay::crash;

namespace {

constexpr const char* kForever = "4102444800";
constexpr const char* kLongAgo = "1000000000";
constexpr const char* kLocked = "changed since it was read, and is locked by another process";

struct Answers {
    std::atomic<std::size_t> looked_up = 0;
    std::atomic<std::size_t> wrong = 0;
    std::atomic<std::size_t> failed = 0;

    /// Counts the answer for an address that is there, or is not.
    void count(const RelayersReader& reader, const std::string& address, bool there) {
        const auto answer = reader.find(Address::parse(address).value());
        ++looked_up;
        if (answer.failed() && !there && answer.why().ends_with(kLocked)) return;  // It may be being written.
        if (answer.failed() && failed++ == 0) fmt::print("  {}: failed: {}\n", address, answer.why());
        if (!answer.failed() && answer.found() != there && wrong++ == 0)
            fmt::print("  {}: {}\n", address, answer.found() ? "found" : "absent");
    }
};

/// Addresses of the /16 10.`net`: those of different nets never meet.
std::vector<std::string> addresses(unsigned net, std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(fmt::format("10.{}.{}.{}", net, i / 250, i % 250));
    return all;
}

class Writers {
public:
    Writers(std::string path, std::uint64_t seed) : path_{std::move(path)}, random_{seed} {}

    /// Runs one, and kills it three times out of four. What was acknowledged is at once seen.
    void run_one(const RelayersReader& reader, Answers& answers) {
        const std::string address = changing_[random_() % changing_.size()];
        const bool kill = random_() % 4 != 0;
        const std::size_t what = random_() % 5;
        const Ended ended = run(command(what, address), kill ? killing() : Environment{});
        killed += ended.signal == SIGKILL ? 1 : 0;
        ++ran;
        if (ended.signal == 0 && ended.code != 0) throw std::runtime_error{"a writer failed: " + ended.error};
        if (ended.code == 0 && what <= 1) answers.count(reader, address, what == 0);
    }

    std::size_t ran = 0;
    std::size_t killed = 0;

private:
    using Environment = std::map<std::string, std::string>;

    Environment killing() {
        Environment environment = with_boundaries();
        environment[kRoot] = std::filesystem::path{path_}.parent_path();
        environment[kKillAt] = std::to_string(1 + random_() % (random_() % 2 == 0 ? 8 : 60));
        return environment;
    }

    Command command(std::size_t what, const std::string& address) {
        if (what == 0) return vsmtprelay(path_, {"add", address, kForever});
        if (what == 1) return vsmtprelay(path_, {"delete", address});
        if (what == 2) return vsmtprelay(path_, {"expire"});
        Command many = record_logins(path_);  // Old ones, for expire; so many that the file grows.
        for (std::size_t i = 0; i < (what == 3 ? 5 : 60); ++i)
            many.input += fmt::format("{} {}\n", changing_[random_() % changing_.size()], kLongAgo);
        return many;
    }

    std::string path_;
    Random random_;
    std::vector<std::string> changing_ = addresses(2, 2000);
};

int read_along(std::chrono::seconds time, std::uint64_t seed) {
    const Workplace place;
    std::filesystem::create_directory(place.work());
    const std::string path = place.work() + "/relayers.db";
    const std::vector<std::string> present = addresses(0, 300);
    const std::vector<std::string> absent = addresses(1, 300);
    Entries entries;
    for (const std::string& address : present) entries[address] = kForever;
    put_entries(path, entries, kSmall);

    PopSettings settings;
    settings.database = path;
    const RelayersReader reader{settings};
    Answers answers;
    std::atomic<bool> stop = false;
    const auto read = [&] {
        for (std::size_t i = 0; !stop; ++i) {
            answers.count(reader, present[i % present.size()], true);
            answers.count(reader, absent[i % absent.size()], false);
        }
    };
    std::thread first{read};
    std::thread second{read};
    Writers writers{path, seed};
    std::string fault;
    try {
        for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;)
            writers.run_one(reader, answers);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    stop = true;
    first.join();
    second.join();
    fmt::print("seed {}: {} writers, {} killed; {} look-ups, {} wrong, {} failed {}\n", seed, writers.ran,
               writers.killed, answers.looked_up.load(), answers.wrong.load(), answers.failed.load(), fault);
    const bool good = answers.wrong == 0 && answers.failed == 0 && fault.empty() && writers.killed > 0;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) try {
    std::size_t seconds = 5;
    std::uint64_t seed = std::random_device{}();
    CLI::App app{"Looks up in relayers.db while writers are killed."};
    app.add_option("--seconds", seconds, "how long");
    app.add_option("--seed", seed, "of what the writers do and when they are killed");
    CLI11_PARSE(app, argc, argv);
    return read_along(std::chrono::seconds{seconds}, seed);
} catch (const std::exception& error) {
    fmt::print(stderr, "reading_along: {}\n", error.what());
    return EXIT_FAILURE;
}
