#include "policy/source/database/replacement.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <vector>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using std::chrono::seconds;

namespace {

LockedFile locked(const std::string& path) { return LockedFile::open(path, Lock::exclusive, seconds{1}).value(); }

std::size_t files_in(const Scratch& dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{dir.path()}, {}));
}

void replace(const std::string& path, const std::string& text) {
    const LockedFile file = locked(path);
    Replacement replacement{file};
    write_file(replacement.file().path(), text);
    replacement.complete();
    replacement.take_place();
}

std::string attribute(const std::string& path, const char* name) {
    char value[256];
    const ssize_t size = ::getxattr(path.c_str(), name, value, sizeof value);
    return size < 0 ? "(none)" : std::string{value, static_cast<std::size_t>(size)};
}

/// SELinux's own; a kernel without it keeps it all the same.
constexpr const char* kLabel = "security.selinux";

std::vector<std::string> attributes(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    std::vector<std::string> all{
        "mode " + std::to_string(status.st_mode), "owner " + std::to_string(status.st_uid), "group " + std::to_string(status.st_gid)};
    for (const char* name : {"system.posix_acl_access", kLabel, "user.note"}) all.push_back(name + (' ' + attribute(path, name)));
    return all;
}

}  // namespace

TEST_CASE("a replacement takes the place of the file, or leaves no trace") {
    const Scratch dir;
    write_file(dir / "f", "old");
    {
        const LockedFile file = locked(dir / "f");
        const Replacement given_up{file};
        CHECK(files_in(dir) == 2);
    }
    CHECK(files_in(dir) == 1);
    CHECK(read_file(dir / "f") == "old");
    replace(dir / "f", "new");
    CHECK(files_in(dir) == 1);
    CHECK(read_file(dir / "f") == "new");
}

TEST_CASE("a replacement has owner, group, mode, list, label and attributes of the file, from before its first byte on") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    write_file(dir / "f", "old");
    REQUIRE(std::system(("setfacl -m u:33:r,m::rw '" + (dir / "f") + "'").c_str()) == 0);
    REQUIRE(::chown((dir / "f").c_str(), 7, 12) == 0);
    const std::string value = "system_u:object_r:etc_mail_t:s0";
    for (const char* name : {kLabel, "user.note"}) REQUIRE(::setxattr((dir / "f").c_str(), name, value.data(), value.size(), 0) == 0);
    const auto before = attributes(dir / "f");
    for (const std::string& each : before) REQUIRE_FALSE(each.ends_with("(none)"));
    const LockedFile file = locked(dir / "f");
    Replacement replacement{file};
    CHECK(attributes(replacement.file().path()) == before);
    write_file(replacement.file().path(), "new");
    replacement.complete();
    replacement.take_place();
    CHECK(read_file(dir / "f") == "new");
    CHECK(attributes(dir / "f") == before);
}

TEST_CASE("a default access control list of the directory opens nothing that was closed") {
    const Scratch dir;
    write_file(dir / "f", "old");
    REQUIRE(::chmod((dir / "f").c_str(), 0600) == 0);
    REQUIRE(std::system(("setfacl -d -m u:33:rw '" + dir.path() + "'").c_str()) == 0);
    replace(dir / "f", "new");
    CHECK(attribute(dir / "f", "system.posix_acl_access") == "(none)");
    CHECK((std::filesystem::status(dir / "f").permissions() & std::filesystem::perms::mask) == std::filesystem::perms{0600});
}

TEST_CASE("symbolic links are followed to the real file and stay") {
    const Scratch dir;
    std::filesystem::create_directory(dir / "real");
    write_file(dir / "real/f", "old");
    std::filesystem::create_symlink("real/f", dir / "link");
    std::filesystem::create_symlink("link", dir / "to-link");
    replace(dir / "to-link", "new");
    CHECK(std::filesystem::is_symlink(dir / "link"));
    CHECK(std::filesystem::is_symlink(dir / "to-link"));
    CHECK(read_file(dir / "real/f") == "new");
    CHECK(files_in(dir) == 3);
}

TEST_CASE("what a dead writer left is removed, and a link in its place is not followed") {
    const Scratch dir;
    write_file(dir / "f", "old");
    write_file(dir / "victim", "untouched");
    std::filesystem::create_symlink("victim", dir / "f.milter-relay-new");
    replace(dir / "f", "new");
    CHECK(read_file(dir / "victim") == "untouched");
    write_file(dir / "f.milter-relay-new", "half");
    replace(dir / "f", "newer");
    CHECK(read_file(dir / "f") == "newer");
    CHECK(files_in(dir) == 2);
}

TEST_CASE("a change in place clears away what a dead writer left beside the real file") {
    const Scratch dir;
    std::filesystem::create_directory(dir / "real");
    write_file(dir / "real/f", "old");
    write_file(dir / "real/f.milter-relay-new", "half");
    std::filesystem::create_symlink("real/f", dir / "link");
    remove_leftover_beside(*LockedFile::open(dir / "link", Lock::exclusive, std::chrono::seconds{1}));
    CHECK_FALSE(std::filesystem::exists(dir / "real/f.milter-relay-new"));
    CHECK(read_file(dir / "real/f") == "old");
}

TEST_CASE("a replacement is locked before anybody can see it") {
    const Scratch dir;
    write_file(dir / "f", "old");
    const LockedFile file = locked(dir / "f");
    Replacement replacement{file};
    write_file(replacement.file().path(), "new");
    replacement.complete();
    replacement.take_place();
    const Descriptor other{::open((dir / "f").c_str(), O_RDONLY)};
    CHECK(::flock(other.get(), LOCK_SH | LOCK_NB) != 0);
}

TEST_CASE("the new file of a living writer is left to it, and nothing else is put in its place") {
    const Scratch dir;
    write_file(dir / "f", "old");
    const LockedFile file = locked(dir / "f");
    auto first = std::make_unique<Replacement>(file);
    const std::string name = first->file().path();
    file.admit_readers();
    CHECK_THROWS_WITH(Replacement{file}, Catch::Contains("is being made anew by another process"));
    remove_leftover_beside(file);
    CHECK(std::filesystem::exists(name));
    std::filesystem::remove(name);
    write_file(name, "another's");
    CHECK_THROWS_WITH(first->take_place(), Catch::Contains("was changed by another process meanwhile"));
    first.reset();
    CHECK(read_file(name) == "another's");
    CHECK(read_file(dir / "f") == "old");
}

TEST_CASE("where no file can be made, or its owner not be kept, the old file stays and it is told") {
    if (::geteuid() != 0) return;
    const Scratch dir;
    write_file(dir / "f", "old");
    REQUIRE(::chmod((dir / "f").c_str(), 0666) == 0);
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    {
        const AsNobody nobody;
        CHECK_THROWS_WITH(replace(dir / "f", "new"), Catch::Contains("make a new file in its directory: Permission denied"));
    }
    REQUIRE(::chmod(dir.path().c_str(), 0777) == 0);
    {
        const AsNobody nobody;
        CHECK_THROWS_WITH(replace(dir / "f", "new"), Catch::Contains("keeps its owner and group: Operation not permitted"));
    }
    CHECK(read_file(dir / "f") == "old");
    CHECK(files_in(dir) == 1);
}

TEST_CASE("the old file is kept under another name where that is asked for") {
    const Scratch dir;
    write_file(dir / "f", "old");
    const LockedFile file = locked(dir / "f");
    Replacement replacement{file};
    write_file(replacement.file().path(), "new");
    replacement.complete();
    replacement.take_place(dir / "f.damaged");
    CHECK(read_file(dir / "f") == "new");
    CHECK(read_file(dir / "f.damaged") == "old");
}
