#include "vsmtprelay/feed/followed_file.h"

#include <unistd.h>

#include <filesystem>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

void append(const std::string& path, const std::string& text) {
    std::ofstream{path, std::ios::binary | std::ios::app} << text;
}

struct Log {
    Scratch scratch;
    std::string path = scratch / "mail.log";
    std::vector<std::string> said;
    std::vector<FilePosition> saved;

    FollowedFile follow() {
        return FollowedFile{path, saved, [this](const std::string& text) { said.push_back(text); }};
    }
};

std::string all(FollowedFile& file, std::chrono::sys_seconds now = kNow) {
    std::string lines;
    const auto take = [&lines](std::string_view line) { lines.append(line).push_back('|'); };
    while (file.read(take, now)) {}
    return lines;
}

}  // namespace

TEST_CASE("lines are taken once, as they come") {
    Log log;
    auto file = log.follow();
    CHECK(all(file).empty());
    append(log.path, "1\n2\n");
    CHECK(all(file) == "1|2|");
    CHECK(all(file).empty());
    append(log.path, "\n3\n");
    CHECK(all(file) == "|3|");
}

TEST_CASE("a line that comes in pieces is taken when it is whole") {
    Log log;
    auto file = log.follow();
    append(log.path, "one ");
    CHECK(all(file).empty());
    append(log.path, "line");
    CHECK(all(file).empty());
    append(log.path, "\nnext");
    CHECK(all(file) == "one line|");
    append(log.path, "\n");
    CHECK(all(file) == "next|");
}

TEST_CASE("a renamed file is read to its end, and while it still grows, and then the new one") {
    Log log;
    append(log.path, "1\n");
    auto file = log.follow();
    CHECK(all(file) == "1|");
    append(log.path, "2\n");
    std::filesystem::rename(log.path, log.path + ".1");
    CHECK(all(file) == "2|");
    append(log.path, "4\n");
    append(log.path + ".1", "3\n");
    CHECK(all(file) == "3|4|");
    append(log.path + ".1", "5\n");
    CHECK(all(file, kNow + 5s) == "5|");
    CHECK(file.positions().size() == 2);
    CHECK(all(file, kNow + 16s).empty());
    CHECK(file.positions().size() == 1);
}

TEST_CASE("a log that was copied and truncated is read to its end in the copy") {
    Log log;
    append(log.path, "1\n");
    auto file = log.follow();
    CHECK(all(file) == "1|");
    append(log.path, "2\n");
    std::filesystem::copy_file(log.path, log.path + "-20261122");
    REQUIRE(::truncate(log.path.c_str(), 0) == 0);
    CHECK(all(file) == "2|");
    append(log.path, "3\n");
    CHECK(all(file) == "3|");
    CHECK(log.said.empty());
}

TEST_CASE("a log that was truncated and has grown beyond its old length is noticed") {
    Log log;
    append(log.path, "first line\n");
    auto file = log.follow();
    CHECK(all(file) == "first line|");
    write_file(log.path, "another first line, longer\n");
    CHECK(all(file) == "another first line, longer|");
    REQUIRE(log.said.size() == 1);
    CHECK(log.said[0].find("was cut short") != std::string::npos);
}

TEST_CASE("after a restart reading goes on where it stood, whatever became of the file") {
    Log log;
    append(log.path, "1\n");
    {
        auto file = log.follow();
        CHECK(all(file, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())) == "1|");
        log.saved = file.positions();
    }
    append(log.path, "2\n");
    SECTION("it grew") {
        auto file = log.follow();
        CHECK(all(file) == "2|");
        append(log.path, "3\n");
        CHECK(all(file) == "3|");
    }
    SECTION("it was renamed") {
        std::filesystem::rename(log.path, log.path + ".1");
        append(log.path, "3\n");
        auto file = log.follow();
        CHECK(all(file) == "2|3|");
    }
    SECTION("it was renamed, and there is no new one yet") {
        std::filesystem::rename(log.path, log.path + ".1");
        auto file = log.follow();
        CHECK(all(file) == "2|");
        append(log.path, "3\n");
        CHECK(all(file) == "3|");
    }
    SECTION("it was copied and truncated") {
        std::filesystem::copy_file(log.path, log.path + ".1");
        write_file(log.path, "3\n4\n5\n");
        auto file = log.follow();
        CHECK(all(file) == "2|3|4|5|");
    }
    SECTION("it was rotated twice, and the file in between is read whole") {
        std::filesystem::rename(log.path, log.path + ".2");
        append(log.path, "3\n");
        std::filesystem::rename(log.path, log.path + ".1");
        append(log.path, "4\n");
        auto file = log.follow();
        CHECK(all(file) == "2|3|4|");
    }
    SECTION("it was renamed, and the new one was copied and truncated") {
        std::filesystem::rename(log.path, log.path + ".2");
        append(log.path, "3\n");
        std::filesystem::copy_file(log.path, log.path + ".1");
        write_file(log.path, "4\n");
        auto file = log.follow();
        CHECK(all(file) == "2|3|4|");
    }
    SECTION("it is gone, and another stands in its place") {
        write_file(log.path + ".new", "7\n8\n9\n");
        std::filesystem::rename(log.path + ".new", log.path);
        auto file = log.follow();
        CHECK(all(file) == "7|8|9|");
        CHECK(log.said.size() == 1);
    }
}

TEST_CASE("two rotations between two looks lose nothing") {
    Log log;
    append(log.path, "1\n");
    auto file = log.follow();
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    CHECK(all(file, now) == "1|");
    append(log.path, "2\n");
    std::filesystem::rename(log.path, log.path + ".2");
    append(log.path, "3\n");
    std::filesystem::rename(log.path, log.path + ".1");
    append(log.path, "4\n");
    CHECK(all(file, now) == "2|3|4|");
    CHECK(all(file, now).empty());
}

TEST_CASE("an old rotated file is not read again") {
    Log log;
    write_file(log.path + ".1", "0\n");
    std::filesystem::last_write_time(log.path + ".1", std::filesystem::file_time_type::clock::now() - 1h);
    append(log.path, "1\n");
    auto file = log.follow();
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    CHECK(all(file, now) == "1|");
    std::filesystem::rename(log.path, log.path + ".2");
    append(log.path, "2\n");
    CHECK(all(file, now) == "2|");
}

TEST_CASE("a line of more than 256 KiB is left out, and the next one is taken") {
    Log log;
    append(log.path, "1\n" + std::string(700'000, 'x') + "\n2\n");
    auto file = log.follow();
    CHECK(all(file) == "1|2|");
}

TEST_CASE("what is no file that can be read is a fault, and a file may come later") {
    Log log;
    std::filesystem::create_directory(log.path);
    auto file = log.follow();
    CHECK_THROWS_AS(all(file), Fault);
    std::filesystem::remove(log.path);
    CHECK(all(file).empty());
    append(log.path, "1\n");
    CHECK(all(file) == "1|");
}
