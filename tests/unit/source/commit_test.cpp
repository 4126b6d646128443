#include "policy/source/database/commit.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include "policy/source/database/new_database.h"
#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::seconds;

namespace {

struct Ended : std::exception {};

/// Ends the work at one of its stages.
class Ending : public Watch {
public:
    explicit Ending(std::string stage) : stage_{std::move(stage)} {}
    void begin() override { at("begin"); }
    void progress(std::size_t /*records*/) override { at("progress"); }
    void commit() override { at("commit"); }

private:
    void at(const std::string& stage) const {
        if (stage == stage_) throw Ended{};
    }
    std::string stage_;
};

LockedFile locked(const std::string& path) { return LockedFile::open(path, Lock::exclusive, seconds{1}).value(); }

void change(const LockedFile& file, const Changes& changes, Watch& watch) {
    Records records{file, Database::Access::write};
    apply(file, records, changes, watch);
}

void change(const std::string& path, const Changes& changes) {
    Watch nobody;
    change(locked(path), changes, nobody);
}

bool fits(const std::string& path, const Changes& changes) {
    const LockedFile file = locked(path);
    auto records = HashFile::open(file);
    return InPlace::plan(records.value(), changes).has_value();
}

ino_t inode(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_ino;
}

std::string many(int count, const char* data = "5") {
    std::string text;
    for (int i = 0; i < count; ++i) text += "10.0." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ' ' + data + '\n';
    return text;
}

std::map<std::string, std::string> all_of(const std::string& path) {
    std::map<std::string, std::string> found;
    const LockedFile file = locked(path);
    Records{file, Database::Access::read}.each([&found](std::string_view key, std::string_view datum) { found.emplace(key, datum); });
    CHECK(Database::verify(file).empty());
    return found;
}

std::size_t files_in(const Scratch& dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{dir.path()}, {}));
}

/// Keys of one bucket, whatever the number of buckets up to 2048.
std::vector<std::string> of_one_bucket(std::size_t count) {
    std::vector<std::string> keys;
    for (int i = 0; keys.size() < count; ++i)
        if (const std::string key = "2001:db8::" + std::to_string(i); (database_hash(key) & 2047) == 5) keys.push_back(key);
    return keys;
}

}  // namespace

TEST_CASE("changes that fit are made in place: the same file, and no other") {
    const Scratch dir;
    create_relayers_database(dir / "r.db");
    const ino_t before = inode(dir / "r.db");
    change(dir / "r.db", {{"10.0.0.1", "5"}, {"10.0.0.2", "6"}, {"10.0.0.9", std::nullopt}});
    change(dir / "r.db", {{"10.0.0.1", "77 alice"}, {"10.0.0.2", std::nullopt}});
    CHECK(all_of(dir / "r.db") == std::map<std::string, std::string>{{"10.0.0.1", "77 alice"}});
    CHECK(inode(dir / "r.db") == before);
}

TEST_CASE("the last byte of a page decides between in place and anew") {
    const Scratch dir;
    create_relayers_database(dir / "r.db");
    const auto keys = of_one_bucket(5);
    const std::size_t whole = 4070 / 4 - 6 - keys[0].size();  // Four records fill the page to 2 bytes.
    for (std::size_t i = 0; i < 3; ++i) change(dir / "r.db", {{keys[i], std::string(4070 / 4 - 6 - keys[i].size(), 'x')}});
    const std::size_t rest = whole + keys[0].size() - keys[3].size();
    CHECK(fits(dir / "r.db", {{keys[3], std::string(rest + 2, 'x')}}));
    CHECK_FALSE(fits(dir / "r.db", {{keys[3], std::string(rest + 3, 'x')}}));
    CHECK_FALSE(fits(dir / "r.db", {{keys[3], std::string(rest, 'x')}, {keys[4], "5"}}));
    change(dir / "r.db", {{keys[3], std::string(rest, 'x')}});
    CHECK(fits(dir / "r.db", {{keys[0], std::string(whole + 2, 'y')}}));
    CHECK_FALSE(fits(dir / "r.db", {{keys[0], std::string(whole + 3, 'y')}}));
    CHECK(fits(dir / "r.db", {{keys[0], std::nullopt}}));
    // What goes makes no room for what comes: it goes last.
    CHECK_FALSE(fits(dir / "r.db", {{keys[0], std::nullopt}, {keys[4], "5"}}));
}

TEST_CASE("what fits by our count is what libdb changes without a new page") {
    const Scratch dir;
    create_relayers_database(dir / "r.db");
    const auto size = std::filesystem::file_size(dir / "r.db");
    const auto keys = of_one_bucket(200);
    std::size_t in_place = 0;
    for (const std::string& key : keys) {
        if (!fits(dir / "r.db", {{key, "1795331352"}})) break;
        change(dir / "r.db", {{key, "1795331352"}});
        ++in_place;
        REQUIRE(std::filesystem::file_size(dir / "r.db") == size);
    }
    CHECK(in_place == all_of(dir / "r.db").size());
    CHECK(in_place > 100);
    put_raw(dir / "r.db", keys[in_place], "1795331352");
    CHECK(std::filesystem::file_size(dir / "r.db") > size);
}

TEST_CASE("what makemap built is pre-sized when a change does not fit, with all of its records") {
    const std::string kind = GENERATE("hash", "btree");
    const Scratch dir;
    makemap(kind, dir / "r", many(3000) + "what.ever ??\n");
    const ino_t before = inode(dir / "r.db");
    Changes changes{{"10.0.0.7", std::nullopt}, {"10.0.0.8", "99"}};
    for (int i = 0; i < 200; ++i) changes["10.9.9." + std::to_string(i)] = "6";
    change(dir / "r.db", changes);
    CHECK(inode(dir / "r.db") != before);
    const auto found = all_of(dir / "r.db");
    CHECK(found.size() == 3000 + 1 - 1 + 200);
    CHECK(found.at("10.0.0.8") == "99");
    CHECK(found.at("10.9.9.9") == "6");
    CHECK(found.at("what.ever") == "??");
    CHECK_FALSE(found.contains("10.0.0.7"));
    if (kind == "hash") CHECK(fits(dir / "r.db", {{"10.77.0.1", "6"}}));
    CHECK_THAT(unmakemap(kind, dir / "r"), Catch::Contains("10.0.0.8\t99\n"));
}

TEST_CASE("a small file of makemap is changed in place while there is room") {
    const Scratch dir;
    makemap("hash", dir / "r", many(3));
    const ino_t before = inode(dir / "r.db");
    change(dir / "r.db", {{"10.9.9.9", "6"}});
    CHECK(inode(dir / "r.db") == before);
    CHECK(all_of(dir / "r.db").size() == 4);
}

TEST_CASE("a page with room is changed in place whatever the fill factor at which libdb would split a bucket") {
    const Scratch dir;
    create_relayers_database(dir / "r.db");
    for (const std::string& key : of_one_bucket(3)) change(dir / "r.db", {{key, "5"}});
    std::string bytes = read_file(dir / "r.db");
    bytes[84] = 3;  // h_ffactor, 32 bits
    bytes[85] = 0;
    write_file(dir / "r.db", bytes);
    const ino_t before = inode(dir / "r.db");
    for (const std::string& key : of_one_bucket(9)) change(dir / "r.db", {{key, "5"}});
    CHECK(all_of(dir / "r.db").size() == 9);
    CHECK(inode(dir / "r.db") == before);
}

TEST_CASE("records of any bytes, long ones too, come through a rewrite as they are") {
    const Scratch dir;
    put_raw(dir / "r.db", std::string("\0\xff\n key", 7), std::string("\0\0", 2));
    put_raw(dir / "r.db", std::string(5000, 'k'), std::string(100'000, 'd'));
    const auto before = all_of(dir / "r.db");
    const ino_t old = inode(dir / "r.db");
    Changes changes;
    for (const std::string& key : of_one_bucket(150)) changes[key] = "1795331352";
    change(dir / "r.db", changes);
    auto after = all_of(dir / "r.db");
    CHECK(inode(dir / "r.db") != old);
    CHECK(after.size() == 152);
    for (const auto& [key, datum] : before) CHECK(after[key] == datum);
}

TEST_CASE("a chained bucket is never changed in place") {
    const Scratch dir;
    create_relayers_database(dir / "r.db");
    for (const std::string& key : of_one_bucket(180)) put_raw(dir / "r.db", key, "1795331352");
    CHECK_FALSE(fits(dir / "r.db", {{of_one_bucket(1)[0], std::nullopt}}));
    CHECK_FALSE(fits(dir / "r.db", {{of_one_bucket(1)[0], "1"}}));
}

TEST_CASE("ended at any stage, a change leaves the file as it was and nothing beside it") {
    const std::string stage = GENERATE("begin", "progress", "commit");
    const Scratch dir;
    makemap("hash", dir / "r", many(3000));
    std::filesystem::remove(dir / "r.txt");
    std::filesystem::remove(dir / "r.err");
    const std::string before = read_file(dir / "r.db");
    Changes changes;
    for (int i = 0; i < 200; ++i) changes["10.9.9." + std::to_string(i)] = "6";
    Ending ending{stage};
    CHECK_THROWS_AS(change(locked(dir / "r.db"), changes, ending), Ended);
    CHECK(read_file(dir / "r.db") == before);
    CHECK(files_in(dir) == 1);
}

TEST_CASE("where the directory cannot be written, what fits goes on, and what does not is told and changes nothing") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    makemap("hash", dir / "r", many(300));
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((dir / "r.db").c_str(), 0666) == 0);
    const AsNobody nobody;
    change(dir / "r.db", {{"10.0.0.1", "9"}});
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "9");
    const std::string before = read_file(dir / "r.db");
    Changes changes;
    for (int i = 0; i < 200; ++i) changes["10.9.9." + std::to_string(i)] = "6";
    CHECK_THROWS_WITH(change(dir / "r.db", changes), Catch::Contains("make a new file in its directory: Permission denied"));
    CHECK(read_file(dir / "r.db") == before);
}

TEST_CASE("on a full disk in-place changes go on, and what needs a new file is told and changes nothing") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=9m") != 0) return;  // A container without this right.
    {
        create_relayers_database(dir / "r.db");
        change(dir / "r.db", {{"10.0.0.1", "5"}});
        std::ofstream{dir / "filler"} << std::string(9 << 20, 'x');
        change(dir / "r.db", {{"10.0.0.2", "6"}, {"10.0.0.1", "7"}});
        CHECK(all_of(dir / "r.db").size() == 2);
        Changes changes;
        for (const std::string& key : of_one_bucket(180)) changes[key] = "1795331352";
        CHECK_THROWS_WITH(change(dir / "r.db", changes), Catch::Contains("No space left on device"));
        CHECK(all_of(dir / "r.db").size() == 2);
        CHECK(files_in(dir) == 2);
    }
    CHECK(::umount2(dir.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a rewrite moves the time of the old file and of the new one on") {
    const Scratch dir;
    makemap("hash", dir / "r", many(300));
    const LockedFile old = locked(dir / "r.db");
    const auto before = old.stamp().modified.tv_sec;
    Changes changes;
    for (int i = 0; i < 300; ++i) changes["10.9.9." + std::to_string(i)] = "6";
    Watch nobody;
    change(old, changes, nobody);
    CHECK(old.stamp().modified.tv_sec > before);
    struct stat status {};
    REQUIRE(::stat((dir / "r.db").c_str(), &status) == 0);
    CHECK(status.st_mtim.tv_sec > before);
    CHECK_FALSE(FileStamp{status}.same_file(old.stamp()));
}
