// World's look-ups: right for a sound file, a damaged one, and one that somebody is just rewriting.
#include <filesystem>
#include <thread>

#include "tests/property/relayers_world.h"

using namespace relay;
using namespace std::chrono_literals;

namespace property {
namespace {

PopSettings settings(const std::string& path, unsigned prefix6) {
    PopSettings pop;
    pop.database = path;
    pop.prefix6 = prefix6;
    return pop;
}

std::string answer(const RelayersReader& reader, int client) {
    const auto found = reader.find(address_of(client));
    if (found.absent()) return "absent";
    return found.failed() ? "failed" : "found " + encode_login_record(found.value());
}

bool permits(const std::string& answer) {
    if (!answer.starts_with("found ")) return false;
    const auto record = decode_login_record(answer.substr(6), Layout::timestamp);
    return record && freshness(*record, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), 24h) != Freshness::expired;
}

std::runtime_error wrong(const char* who, int client, const std::string& got, const std::set<std::string>& right) {
    std::string text = std::string{who} + " says of " + keys_of(client)[0] + ": " + got + "; right is";
    for (const std::string& each : right) text += " " + each + ";";
    return std::runtime_error{text};
}

}  // namespace

World::World(std::uint32_t buckets) : buckets_{buckets}, reader_{settings(path_, 128)}, network_{settings(path_, 64)} {
    std::filesystem::rename(built(model_, true), path_);
}

void World::check(const Step& step) {
    for (int i = 0; i < kClients; ++i) {
        const int client = (step.client + i) % kClients;
        const auto right = model_.answers(client);
        require_right("the reader", client, answer(reader_, client), or_gone(right));
        require_right("the reader with prefix6 = 64", client, answer(network_, client), or_gone(model_.answers_for_network(client)));
        for (const std::string& each : right)
            if (permits(each)) told_[client].insert(each);
    }
    require_right("a new reader", step.client, answer(RelayersReader{settings(path_, 128)}, step.client), model_.answers(step.client));
    if (step.change == Change::damage_page && structure_ == Structure::torn) check_all_fail();
    was_there_ = was_there_ || std::filesystem::exists(path_);
}

/// To those who have met the file, its being gone is no answer.
std::set<std::string> World::or_gone(std::set<std::string> right) const {
    if (was_there_ && !std::filesystem::exists(path_)) return {"failed"};
    return right;
}

/// A page is damaged that perhaps nobody's look-up meets: when the whole file was looked at, everybody fails.
void World::check_all_fail() {
    const auto end = std::chrono::steady_clock::now() + 10s;
    for (int failed = 0; failed < kClients;) {
        failed = 0;
        for (int client = 0; client < kClients; ++client) failed += answer(reader_, client) == "failed" ? 1 : 0;
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error{"the reader never found the damage"};
        std::this_thread::sleep_for(5ms);
    }
}

/// Whom the last good picture permits, all else is failed: somebody may have logged in since.
void World::check_locked(int client) {
    const std::string got = answer(reader_, client);
    if (got != "failed" && !told_[client].contains(got)) throw wrong("the reader, while the file is locked,", client, got, told_[client]);
}

void World::require_right(const char* who, int client, const std::string& got, const std::set<std::string>& right) const {
    if (structure_ == Structure::useless ? got == "failed" : right.contains(got)) return;
    if (structure_ == Structure::torn && got == "failed") return;
    throw wrong(who, client, got, right);
}

}  // namespace property
