#include "policy/source/files/atomic_file.h"

#include <sys/stat.h>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

TEST_CASE("a file is replaced whole, for its owner alone, and nothing is left beside it") {
    const Scratch scratch;
    const std::string path = scratch / "state";
    write_file(path, std::string(100'000, 'x'));
    write_file(path + ".new", "what a killed process left");
    replace_file(path, "new bytes");
    CHECK(read_file(path) == "new bytes");
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("a link in the place of the temporary file is not followed") {
    const Scratch scratch;
    write_file(scratch / "victim", "untouched");
    std::filesystem::create_symlink(scratch / "victim", scratch / "state.new");
    replace_file(scratch / "state", "new bytes");
    CHECK(read_file(scratch / "victim") == "untouched");
    CHECK(read_file(scratch / "state") == "new bytes");
}

TEST_CASE("where it cannot be written the file stays as it was, and the fault names it") {
    const Scratch scratch;
    write_file(scratch / "state", "old bytes");
    std::filesystem::permissions(scratch.path(), std::filesystem::perms{0555});
    {
        const AsNobody nobody;
        CHECK_THROWS_AS(replace_file(scratch / "state", "new bytes"), Fault);
    }
    CHECK(read_file(scratch / "state") == "old bytes");
    CHECK_THROWS_WITH(replace_file(scratch / "no/such/directory", "x"), Catch::Contains("no/such/directory.new: create"));
}
