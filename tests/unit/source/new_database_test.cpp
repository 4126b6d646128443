#include "policy/source/database/new_database.h"

#include <sys/stat.h>

#include <future>

#include "policy/source/database/database.h"
#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::size_t files_in(const Scratch& dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{dir.path()}, {}));
}

}  // namespace

TEST_CASE("a new database is there whole, with all of its room on disk") {
    const Scratch dir;
    create_relayers_database(dir / "r.db");
    struct stat status {};
    REQUIRE(::stat((dir / "r.db").c_str(), &status) == 0);
    CHECK(status.st_size == 2049 * 4096);
    CHECK(status.st_blocks * 512 >= status.st_size);
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "(absent)");
    CHECK(files_in(dir) == 1);
}

TEST_CASE("a database that is there is left as it is") {
    const Scratch dir;
    write_file(dir / "r.db", "whatever");
    create_relayers_database(dir / "r.db");
    CHECK(read_file(dir / "r.db") == "whatever");
}

TEST_CASE("what a creator left that died in the middle is removed") {
    const Scratch dir;
    write_file(dir / "r.db.milter-relay-first", "half");
    create_relayers_database(dir / "r.db");
    CHECK(get_raw(dir / "r.db", "10.0.0.1") == "(absent)");
    CHECK(files_in(dir) == 1);
}

TEST_CASE("a creator waits for another one that lives, and takes its database") {
    const Scratch dir;
    write_file(dir / "r.db.milter-relay-first", "half");
    std::optional<LockedFile> other = LockedFile::open(dir / "r.db.milter-relay-first", Lock::exclusive, seconds{1});
    auto creating = std::async(std::launch::async, [&] { create_relayers_database(dir / "r.db"); });
    CHECK(creating.wait_for(milliseconds{100}) == std::future_status::timeout);
    std::filesystem::rename(dir / "r.db.milter-relay-first", dir / "r.db");
    other.reset();
    creating.get();
    CHECK(read_file(dir / "r.db") == "half");
    CHECK(files_in(dir) == 1);
}

TEST_CASE("eight creators at once make one database, and none loses what another put into it") {
    for (int round = 0; round < 5; ++round) {
        const Scratch dir;
        std::vector<std::future<void>> creators;
        for (int i = 0; i < 8; ++i)
            creators.push_back(std::async(std::launch::async, [&dir, i] {
                create_relayers_database(dir / "r.db");
                put_raw(dir / "r.db", "10.0.0." + std::to_string(i), "5");
            }));
        for (auto& creator : creators) creator.get();
        for (int i = 0; i < 8; ++i) CHECK(get_raw(dir / "r.db", "10.0.0." + std::to_string(i)) == "5");
        CHECK(files_in(dir) == 1);
    }
}
