// Judges every case of tests/decisions/table/*.txt.
#include <filesystem>
#include <fstream>

#include "tests/decisions/expectation.h"
#include "tests/support/catch.h"

using namespace decisions;

TEST_CASE("every case in tests/decisions/table gets the verdict that it expects, and together they reach the whole table") {
    Coverage coverage;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator("tests/decisions/table")) {
        if (entry.path().extension() != ".txt") continue;
        ++files;
        std::ifstream file{entry.path()};
        Report report{entry.path().string()};
        if (!file) report.add(0, "cannot be read");
        run_file(file, report, coverage);
        for (const std::string& problem : report.problems()) FAIL_CHECK(problem);
    }
    CHECK(files > 0);
    for (const std::string& gap : coverage.gaps()) FAIL_CHECK(gap);
}
