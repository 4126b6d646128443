#include "policy/source/relayers/relayers_loader.h"

#include <sys/file.h>

#include <thread>

#include "policy/source/database/modification_time.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/support/catch.h"
#include "tests/unit/source/mapped_file.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

const std::atomic<bool> kGoOn{false};

PopSettings settings(const std::string& path) {
    PopSettings pop;
    pop.database = path;
    return pop;
}

LockedFile open_shared(const std::string& path) {
    return LockedFile::open(path, Lock::shared, 10s).value();
}

RelayersLoader::Reading read(RelayersLoader& loader, const std::string& path) {
    auto file = open_shared(path);
    return loader.read(file, kGoOn).value();
}

/// As a RelayersReader does: a picture that has no room for a change is made anew.
void bring_up_to_date(RelayersPicture& picture, RelayersLoader& loader, const std::string& path) {
    auto reading = read(loader, path);
    if (apply(reading.change, picture)) return;
    loader.forget();
    reading = read(loader, path);
    REQUIRE(apply(reading.change, picture));
}

std::string key(int number) {
    return "10.0." + std::to_string(number / 250) + '.' + std::to_string(number % 250);
}

/// A database of ours: pre-sized, with some entries.
void make(const std::string& path, int entries = 100) {
    Database database = Database::create(path);
    for (int i = 0; i < entries; ++i) database.put(key(i), "5");
    database.commit();
}

/// By read(2) and its kind.
template <class Work>
std::size_t bytes_read_by(Work work) {
    const auto now = [] {
        std::ifstream counters{"/proc/self/io"};
        std::string name;
        std::size_t number = 0;
        counters >> name >> number;
        if (name != "rchar:") throw std::runtime_error{"/proc/self/io: no rchar"};
        return number;
    };
    const std::size_t before = now();
    work();
    return now() - before;
}

std::string answer(const RelayersPicture& picture, const std::string& path, int number) {
    const Address client = Address::parse(key(number)).value();
    const auto found = picture.find(RelayersPicture::Client{client}, settings(path));
    if (found.absent()) return "absent";
    return found.failed() ? "failed" : encode_login_record(found.value());
}

}  // namespace

TEST_CASE("the first reading is whole, a second one has only the pages that changed") {
    const Scratch dir;
    make(dir / "r.db");
    RelayersLoader loader{settings(dir / "r.db")};
    const auto first = read(loader, dir / "r.db");
    CHECK(first.change.whole.value().pages() == std::filesystem::file_size(dir / "r.db") / 4096);
    put_raw(dir / "r.db", key(7), "6");
    put_raw(dir / "r.db", key(500), "7");
    const auto second = read(loader, dir / "r.db");
    CHECK_FALSE(second.change.whole);
    CHECK(second.change.changed.size() == 2);
    const auto third = read(loader, dir / "r.db");
    CHECK((!third.change.whole && third.change.changed.empty()));
    loader.forget();
    CHECK(read(loader, dir / "r.db").change.whole);
}

TEST_CASE("of a large file only the pages that commits of ours changed are read, until anybody else writes") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    Database::create(path, {true, 8192}).commit();
    RelayersWriter writer{path};
    const auto record = [&](int number) { writer.add({Address::parse(key(number)).value()}, {Layout::timestamp, {}, {}}); };
    RelayersLoader loader{settings(path)};
    record(1);
    CHECK(bytes_read_by([&] { CHECK(read(loader, path).change.whole); }) > std::size_t{8192} * 4096);
    record(2);
    record(3);
    CHECK(bytes_read_by([&] { CHECK(read(loader, path).change.changed.size() == 2); }) < std::size_t{8} * 4096);
    put_raw(path, key(4), "8");
    record(5);
    CHECK(bytes_read_by([&] { CHECK(read(loader, path).change.changed.size() == 2); }) > std::size_t{8192} * 4096);
    record(6);
    CHECK(bytes_read_by([&] { CHECK(read(loader, path).change.changed.size() == 1); }) < std::size_t{8} * 4096);
}

TEST_CASE("where a file names a page that it does not have all pages are compared") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    Database::create(path, {true, 8192}).commit();
    const auto commit = [&path](std::uint32_t page) {
        const auto file = LockedFile::open(path, Lock::exclusive, 1s).value();
        RecentChanges changes{file};
        changes.add({page});
        move_time_on(file, file.stamp().modified, changes);
    };
    commit(5);
    RelayersLoader loader{settings(path)};
    CHECK(read(loader, path).change.whole);
    commit(0xffff'fff0);
    CHECK(bytes_read_by([&] { CHECK(read(loader, path).change.changed.empty()); }) > std::size_t{8192} * 4096);
    commit(7);
    CHECK(bytes_read_by([&] { CHECK(read(loader, path).change.changed.empty()); }) < std::size_t{8} * 4096);
}

TEST_CASE("a picture that takes every change answers as one that was read anew, while the file grows and is rebuilt") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    makemap(GENERATE("hash", "btree"), dir / "r", "10.0.0.1 1\n");
    RelayersLoader loader{settings(path)};
    RelayersPicture picture;
    RelayersWriter writer{path};
    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        for (int i = 0; i < 60; ++i) put_raw(path, key(i * (round + 1) % 700), std::to_string(100 * round + i));
        if (round == 8) writer.remove({*Address::parse(key(8)), *Address::parse(key(16))});
        if (round == 10) writer.expire(std::chrono::sys_seconds{500s});
        bring_up_to_date(picture, loader, path);
        RelayersLoader other{settings(path)};
        RelayersPicture anew;
        auto whole = read(other, path);
        REQUIRE(apply(whole.change, anew));
        for (int i = 0; i < 720; ++i) REQUIRE(answer(picture, path, i) == answer(anew, path, i));
        if (round < 8) REQUIRE(answer(picture, path, 59 * (round + 1) % 700) == std::to_string(100 * round + 59));
    }
}

TEST_CASE("a long record is read again though its page did not change") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    make(path);
    const std::string names(5000, 'n');
    put_raw(path, key(1), "5 " + names);
    RelayersLoader loader{settings(path)};
    RelayersPicture picture;
    auto first = read(loader, path);
    REQUIRE(apply(first.change, picture));
    MappedFile{path}.replace("5 nnn", "6 nnn");
    auto second = read(loader, path);
    REQUIRE(apply(second.change, picture));
    CHECK(answer(picture, path, 1).starts_with("6 "));
}

TEST_CASE("a reading has a stamp when a later write would change it, and none so soon after a write") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    makemap("hash", dir / "r", "10.0.0.1 1\n");  // Read within a tick, whatever the machine does beside.
    RelayersLoader loader{settings(path)};
    CHECK(within_a_tick([&] {
        put_raw(path, key(1), "6");
        const FileStamp stamp = stamp_of(path);
        const bool none = !read(loader, path).stamp;
        return none && !stamp.settled();
    }));
    while (!stamp_of(path).settled()) std::this_thread::sleep_for(5ms);
    CHECK(read(loader, path).stamp == stamp_of(path));
}

TEST_CASE("a reading that is to stop gives nothing, and the next one is whole") {
    const Scratch dir;
    make(dir / "r.db");
    RelayersLoader loader{settings(dir / "r.db")};
    static_cast<void>(read(loader, dir / "r.db"));
    const std::atomic<bool> stop{true};
    auto file = open_shared(dir / "r.db");
    CHECK_FALSE(loader.read(file, stop));
    CHECK(loader.read(file, kGoOn)->change.whole);
}

TEST_CASE("damage of a page that nobody looks up is a fault, and the reading after the repair is whole") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    make(path);
    RelayersLoader loader{settings(path)};
    static_cast<void>(read(loader, path));
    const std::string sound = read_file(path);
    std::string damaged = sound;
    damaged.replace(sound.find("10.0.0.7") & ~std::size_t{4095}, 4096, std::string(4096, '\xff'));
    write_file(path, damaged);
    for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH(read(loader, path), (dir / "r.db") + ": a page is not in its place");
    write_file(path, sound);
    CHECK(read(loader, path).change.whole);
}

TEST_CASE("a writer gets the lock in the midst of a long reading") {
    const Scratch dir;
    const std::string path = dir / "r.db";
    static_cast<void>(Database::create(path, {true, 65536}));  // Holes: many pages, and little on the disk.
    put_raw(path, key(1), "5");
    std::filesystem::resize_file(path, 65537 * std::uintmax_t{4096});
    RelayersLoader loader{settings(path)};
    std::atomic<bool> reading{true};
    std::atomic<int> locked{0};
    const Descriptor writer{::open(path.c_str(), O_RDWR)};
    auto file = open_shared(path);
    std::thread writing{[&] {
        while (reading) {
            if (::flock(writer.get(), LOCK_EX | LOCK_NB) == 0) {
                locked += reading ? 1 : 0;
                ::flock(writer.get(), LOCK_UN);
            }
            std::this_thread::sleep_for(100us);
        }
    }};
    const auto read = loader.read(file, kGoOn);
    reading = false;
    writing.join();
    CHECK(read);
    CHECK(locked > 0);
}
