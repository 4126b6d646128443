// Damaged files: what libdb alone does with them is to crash, to loop for ever, or to say "no such key".
#include "policy/source/database/database_check.h"

#include <cstring>
#include <random>

#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;

namespace {

constexpr int kEntries = 1000;
constexpr std::size_t kPage = 4096;

std::string client(int i) {
    return "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250);
}

/// Many pages, a long datum on pages of its own, and logins.
std::string sound_database(const Scratch& dir, const std::string& kind) {
    std::string text;
    for (int i = 0; i < kEntries; ++i) text += client(i) + ' ' + std::to_string(1'700'000'000 + i) + '\n';
    makemap(kind, dir / "sound", text);
    put_raw(dir / "sound.db", "long", std::string(20'000, 'x'));
    put_raw(dir / "sound.db", "10.9.9.9", "5 alice 4 bob");
    return read_file(dir / "sound.db");
}

/// The bytes of `file` with some of them changed, as hostile as a format-aware friend can be.
void damage(std::string& file, std::mt19937_64& random) {
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const auto poke = [&file](std::size_t at, auto number) { std::memcpy(&file[at], &number, sizeof number); };
    const std::size_t pages = file.size() / kPage;
    const std::size_t page = below(pages) * kPage;
    static constexpr std::size_t kMetaFields[] = {12, 16, 20, 28, 32, 48, 72, 76, 80, 84, 88, 92, 96, 100, 104, 108, 112, 116};
    switch (below(7)) {
        case 0: poke(below(file.size()), static_cast<char>(random())); break;
        case 1: poke(page + 8 + below(52), static_cast<char>(below(3) ? random() : below(14))); break;
        case 2: poke(page + 12 + 4 * below(2), static_cast<std::uint32_t>(below(pages + 1))); break;         // links
        case 3: poke(kMetaFields[below(18)], static_cast<std::uint32_t>(below(2) ? random() : below(pages + 2))); break;
        case 4: std::memset(&file[page], 0, kPage); break;
        case 5: std::memcpy(&file[page], std::string{file, below(pages) * kPage, kPage}.data(), kPage); break;
        case 6: poke(page + 26 + 2 * below(64), static_cast<std::uint16_t>(below(kPage + 8))); break;        // offsets
    }
}

/// Look-ups, a scan and writes; whatever they answer.
void use(const std::string& path) {
    PopSettings pop;
    pop.database = path;
    for (const unsigned prefix : {128U, 64U}) {
        pop.prefix6 = prefix;
        const RelayersReader reader{pop};
        for (int i = 0; i < kEntries; i += 50) static_cast<void>(reader.find(*Address::parse(client(i))));
        static_cast<void>(reader.find(*Address::parse("2001:db8::1")));
    }
    try {
        RelayersWriter writer{path};
        writer.add({*Address::parse("192.0.2.1"), *Address::parse(client(7))}, LoginRecord{});
        writer.expire(std::chrono::sys_seconds{std::chrono::seconds{1'700'000'300}});
        writer.remove({*Address::parse(client(900))});
    } catch (const Fault&) {  // Any is right; a crash is not.
    }
}

/// 0, the number of the signal that ended it, or -1 when it wrote to standard error.
int ended_by(const std::string& path, const Scratch& dir) {
    const CapturedError error{dir / "stderr"};
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);  // A ring of pages would loop for ever.
        use(path);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return WTERMSIG(status);
    return WEXITSTATUS(status) == 0 && error.text().empty() ? 0 : -1;
}

void require_sound(const std::string& path) {
    const auto file = LockedFile::open(path, Lock::shared, std::chrono::seconds{1});
    DatabaseCheck{}.require_sound(*file);
}

std::string verdict(const std::string& path) {
    try {
        require_sound(path);
        return "sound";
    } catch (const Fault& fault) {
        return fault.trouble == Trouble::damaged ? fault.what() : "another trouble";
    }
}

}  // namespace

TEST_CASE("files of makemap and of ours are sound, of every size") {
    const std::string kind = GENERATE("hash", "btree");
    for (const int entries : {0, 1, 100, 1000, 30'000}) {
        CAPTURE(kind, entries);
        const Scratch dir;
        std::string text;
        for (int i = 0; i < entries; ++i) text += client(i % 60'000) + '.' + std::to_string(i) + " 5\n";
        makemap(kind, dir / "r", text);
        CHECK(verdict(dir / "r.db") == "sound");
    }
}

TEST_CASE("a database stays sound through deletions and new entries") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    write_file(dir / "sound.db", sound_database(dir, kind));
    RelayersWriter writer{dir / "sound.db"};
    for (int i = 0; i < 20; ++i) {
        std::vector<Address> clients;
        for (int j = 0; j < 100; ++j) clients.push_back(*Address::parse(client(i * 37 + j)));
        i % 3 == 0 ? writer.add(clients, LoginRecord{}) : static_cast<void>(writer.remove(clients));
        REQUIRE(verdict(dir / "sound.db") == "sound");
    }
}

TEST_CASE("a file that was cut short is failed, never absent, at any length") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    const std::string sound = sound_database(dir, kind);
    PopSettings pop;
    pop.database = dir / "cut.db";
    std::vector<std::size_t> lengths = {0, 1, 511, 512, sound.size() - 1};
    for (std::size_t at = kPage; at < sound.size(); at += kPage) lengths.insert(lengths.end(), {at - 1, at, at + 1});
    for (const std::size_t length : lengths) {
        write_file(dir / "cut.db", sound.substr(0, length));
        for (const int i : {0, 123, 999}) {
            CAPTURE(kind, length, i);
            REQUIRE(RelayersReader{pop}.find(*Address::parse(client(i))).failed());
        }
    }
}

TEST_CASE("no damage makes a look-up, a scan or a write crash, loop or write to standard error") {
    const std::string kind = GENERATE("hash", "btree");
    const auto seed = std::random_device{}();
    const Scratch dir;
    const std::string sound = sound_database(dir, kind);
    int damaged = 0;
    for (unsigned round = 0; round < 150; ++round) {
        std::mt19937_64 random{seed + std::uint64_t{round}};
        std::string file = sound;
        for (auto changes = 1 + random() % 4; changes > 0; --changes) damage(file, random);
        write_file(dir / "damaged.db", file);
        if (verdict(dir / "damaged.db") != "sound") ++damaged;
        INFO("kind " << kind << ", seed " << seed << ", round " << round);
        REQUIRE(ended_by(dir / "damaged.db", dir) == 0);
    }
    CHECK(damaged > 50);   // The damage is real ...
    CHECK(damaged < 150);  // ... and not all of it is stopped at the door.
}

TEST_CASE("what is wrong with a file is told") {
    const Scratch dir;
    const std::string sound = sound_database(dir, "hash");
    const auto changed = [&](std::size_t at, std::string_view bytes) {
        std::string file = sound;
        file.replace(at, bytes.size(), bytes);
        write_file(dir / "bad.db", file);
        return verdict(dir / "bad.db");
    };
    CHECK_THAT(changed(0, ""), Catch::Equals("sound"));
    CHECK_THAT(changed(12, "\0\x06\x15\x61"s), Catch::EndsWith("other byte order; build it again with makemap"));
    CHECK_THAT(changed(12, "abcd"), Catch::EndsWith("is no Berkeley DB hash or btree file"));
    CHECK_THAT(changed(16, "\x05"), Catch::EndsWith("has a format version that is not known"));
    CHECK_THAT(changed(20, "\x01"), Catch::EndsWith("its page size is damaged"));
    CHECK_THAT(changed(24, "\x01"), Catch::EndsWith("is encrypted"));
    CHECK_THAT(changed(32, "\xff"), Catch::EndsWith("is cut short"));
    CHECK_THAT(changed(kPage + 8, "\x07"), Catch::EndsWith("a page is not in its place"));
    CHECK_THAT(changed(kPage + 16, "\x01"), Catch::EndsWith("the links between its pages are damaged"));
    CHECK_THAT(changed(kPage + 26, "\x01\x00"s), Catch::EndsWith("an item leaves its page"));
    CHECK_THAT(changed(kPage + 28, "\xff\x0f"s), Catch::EndsWith("an item leaves its page"));  // Behind the one before it.
    CHECK_THAT(changed(kPage + 25, "\0"s), Catch::EndsWith("an unused page has items"));
    const auto byte = [&sound](std::size_t at) { return std::size_t{static_cast<unsigned char>(sound[at])}; };
    const std::size_t first_key = kPage + byte(kPage + 26) + 256 * byte(kPage + 27);
    CHECK_THAT(changed(first_key + 1, "\xff"), Catch::EndsWith("the keys of a page are out of order"));
}
