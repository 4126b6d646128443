#include "milter/report/journal.h"

#include "milter/report/line_reader.h"
#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace relay::report {
namespace {

std::string script(const test::TemporaryDirectory& directory, const std::string& text) {
    const auto path = directory.write("journalctl", "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
}

TEST_CASE("journalctl is asked for our lines alone, from the time on that matters") {
    const test::TemporaryDirectory directory;
    const auto program = script(directory, "printf '%s\\n' \"$@\"\n");
    Journal journal{std::chrono::sys_seconds{std::chrono::seconds{1000}}, program.c_str()};
    LineReader reader{journal.output(), "journal"};
    std::string all;
    while (const auto line = reader.next()) all.append(*line).push_back(' ');
    CHECK(all == "--no-pager --quiet --output=short-iso --identifier=milter-relay --since=@1000 ");
    CHECK_NOTHROW(journal.finish());
}

TEST_CASE("a journalctl that fails, or is not there, is a fault") {
    const test::TemporaryDirectory directory;
    CHECK_THROWS_WITH(Journal(std::nullopt, directory.path("none").c_str()), Catch::Matchers::Contains("No such file"));
    const auto program = script(directory, "exit 3\n");
    Journal journal{std::nullopt, program.c_str()};
    CHECK_THROWS_WITH(journal.finish(), Catch::Matchers::Contains("exit code 3"));
}

TEST_CASE("a journal that is left in the middle ends") {
    const test::TemporaryDirectory directory;
    const auto program = script(directory, "exec sleep 1000\n");
    const auto begin = std::chrono::steady_clock::now();
    { Journal journal{std::nullopt, program.c_str()}; }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

}  // namespace
}  // namespace relay::report
