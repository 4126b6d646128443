#include "policy/source/relayers/relayers_repair.h"

#include "policy/source/relayers/relayers_entries.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds kNow{seconds{906502527}};  // 1998-09-22 22:15:27
constexpr const char* kDamaged = "r.db.damaged-19980922T221527Z";

Verification verified(const std::string& path) {
    Watch nobody;
    return verify_relayers(path, seconds{1}, nobody).value();
}

Repair repaired(const std::string& path) {
    Watch nobody;
    return repair_relayers(path, seconds{1}, kNow, nobody).value();
}

std::string many(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ' ' + std::to_string(1000 + i) + '\n';
    return text;
}

void damage(const std::string& path, std::size_t offset, std::string_view bytes) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

std::size_t files_in(const Scratch& dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{dir.path()}, {}));
}

}  // namespace

TEST_CASE("a sound file verifies, hash or btree, and is not repaired") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", many(500));
    CHECK(verified(dir / "r.db").entries == 500);
    CHECK(verified(dir / "r.db").faults.count == 0);
    const std::string before = read_file(dir / "r.db");
    CHECK(repaired(dir / "r.db").kept_as.empty());
    CHECK(read_file(dir / "r.db") == before);
}

TEST_CASE("a key that is no address, a datum that is no login and damaged pages are each told, and escaped") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1", "5");
    put_raw(dir / "r.db", "no\x1b[2J", "5");
    put_raw(dir / "r.db", "10.0.0.2", "soon\n");
    const auto found = verified(dir / "r.db");
    CHECK(found.entries == 1);
    CHECK(found.faults.count == 2);
    const std::string told = found.faults.told.at(0) + found.faults.told.at(1);
    CHECK_THAT(told, Catch::Contains("'no\\x1b[2J' is no address"));
    CHECK_THAT(told, Catch::Contains("'10.0.0.2' is no login record: 'soon\\x0a'"));
    damage(dir / "r.db", 4096 * 7 + 25, "\x63");
    CHECK(verified(dir / "r.db").faults.count == 1);
}

TEST_CASE("of many faults the first are told, and all counted") {
    const Scratch dir;
    std::string text;
    for (int i = 0; i < 50; ++i) text += "host" + std::to_string(i) + " 5\n";
    makemap("hash", dir / "r", text);
    CHECK(verified(dir / "r.db").faults.count == 50);
    CHECK(verified(dir / "r.db").faults.told.size() == Faults::kMostTold);
}

TEST_CASE("libdb's own verification is asked as well") {
    const Scratch dir;
    makemap("hash", dir / "r", many(500));
    const std::string file = read_file(dir / "r.db");
    const auto number_at = [&file](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(file[at]) | static_cast<unsigned char>(file[at + 1]) << 8);
    };
    const std::size_t last_key = number_at(4096 + 26 + 2 * (number_at(4096 + 20) - 2));
    damage(dir / "r.db", 4096 + last_key + 1, "~");  // A sound page, in order, and a key that is not in its bucket.
    CHECK_THAT(verified(dir / "r.db").faults.told.at(0), Catch::Contains("libdb says"));
}

TEST_CASE("repair saves what is on sound pages, and keeps the damaged file with its time in its name") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", many(3000));
    const std::string sound = read_file(dir / "r.db");
    const std::size_t page = sound.size() / 4096 / 2;
    damage(dir / "r.db", page * 4096 + 20, "\xff\xff");
    const std::string damaged = read_file(dir / "r.db");
    const Repair done = repaired(dir / "r.db");
    CHECK(done.entries > 2700);
    CHECK(done.entries < 3000);
    CHECK(done.dropped == 1);
    CHECK(done.kept_as == dir / kDamaged);
    CHECK(read_file(dir / kDamaged) == damaged);
    CHECK(verified(dir / "r.db").entries == done.entries);
    CHECK(verified(dir / "r.db").faults.count == 0);
    const auto entries = read_relayers(dir / "r.db", seconds{1});
    for (const auto& entry : *entries) CHECK_THAT(many(3000), Catch::Contains(entry.key + ' ' + entry.data + '\n'));
    unmakemap(kind, dir / "r");
}

TEST_CASE("repair works on a file that is empty, cut short or no database, whatever its first page says") {
    const Scratch dir;
    makemap("hash", dir / "whole", many(3000));
    const std::string whole = read_file(dir / "whole.db");
    const auto saved_of = [&](const std::string& bytes) {
        write_file(dir / "r.db", bytes);
        const std::size_t saved = repaired(dir / "r.db").entries;
        CHECK(verified(dir / "r.db").faults.count == 0);
        std::filesystem::remove(dir / kDamaged);
        return saved;
    };
    CHECK(saved_of("") == 0);
    CHECK(saved_of("10.0.0.1 5\n") == 0);
    const std::size_t half = saved_of(whole.substr(0, whole.size() / 2));
    CHECK(half > 1000);
    CHECK(half < 2000);
    CHECK(saved_of(whole.substr(0, whole.size() - 100)) > 2800);
    CHECK(saved_of(std::string(4096, '\0') + whole.substr(4096)) == 3000);
    CHECK(saved_of(std::string(4096, '\xff') + whole.substr(4096)) == 3000);
}

TEST_CASE("repair leaves out what is no login, tells it, and puts the newest of several spellings under ours") {
    const Scratch dir;
    put_raw(dir / "r.db", "10.0.0.1\0"s, "50 alice");
    put_raw(dir / "r.db", "10.0.0.1", "40 bob");
    put_raw(dir / "r.db", "10.0.0.2", "soon");
    const Repair done = repaired(dir / "r.db");
    CHECK(done.entries == 1);
    CHECK(done.not_logins.count == 1);
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "50 alice 40 bob");
}

TEST_CASE("damage anywhere never stops a repair, and what is saved was there") {
    const Scratch dir;
    const std::string kind = GENERATE("hash", "btree");
    makemap(kind, dir / "whole", many(300));
    const std::string whole = read_file(dir / "whole.db");
    std::uint32_t random = 12345;
    for (int round = 0; round < 60; ++round) {
        std::string bytes = whole;
        for (int i = 0; i < 40; ++i) {
            random = random * 1664525 + 1013904223;
            bytes[random % bytes.size()] = static_cast<char>(random >> 24);
        }
        write_file(dir / "r.db", bytes);
        CAPTURE(round);
        const Repair done = repaired(dir / "r.db");
        if (done.kept_as.empty()) continue;
        CHECK(verified(dir / "r.db").faults.count == 0);
        std::filesystem::remove(done.kept_as);
    }
    CHECK(files_in(dir) <= 4);
}

TEST_CASE("what is missing is neither verified nor repaired") {
    const Scratch dir;
    Watch nobody;
    CHECK_FALSE(verify_relayers(dir / "r.db", seconds{1}, nobody));
    CHECK_FALSE(repair_relayers(dir / "r.db", seconds{1}, kNow, nobody));
    CHECK(files_in(dir) == 0);
}
