#include "milter/report/line_reader.h"

#include <zlib.h>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace relay::report {
namespace {

using Lines = std::vector<std::string>;

Lines all_of(LineReader& reader) {
    Lines lines;
    while (const auto line = reader.next()) lines.emplace_back(*line);
    return lines;
}

Lines lines_of(const std::string& path) {
    auto reader = LineReader::open(path);
    return all_of(reader);
}

std::string compressed(const test::TemporaryDirectory& directory, const std::string& name, const std::string& text) {
    auto* file = gzopen(directory.path(name).c_str(), "ab");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return directory.path(name);
}

TEST_CASE("every line comes once, the last one also without its end") {
    const test::TemporaryDirectory directory;
    CHECK(lines_of(directory.write("log", "one\n\nthree\nfour")) == Lines{"one", "", "three", "four"});
    CHECK(lines_of(directory.write("log", "one\n")) == Lines{"one"});
    CHECK(lines_of(directory.write("log", "")).empty());
}

TEST_CASE("a gzip file of several members is read as one text") {
    const test::TemporaryDirectory directory;
    compressed(directory, "log.gz", "one\ntw");
    CHECK(lines_of(compressed(directory, "log.gz", "o\nthree\n")) == Lines{"one", "two", "three"});
}

TEST_CASE("lines that cross the edges of the buffer stay whole") {
    const test::TemporaryDirectory directory;
    std::string text;
    Lines wanted;
    for (std::size_t i = 0; i < 5000; ++i) {
        wanted.push_back(std::string(i % 977, static_cast<char>('a' + i % 26)) + std::to_string(i));
        text += wanted.back() + '\n';
    }
    CHECK(lines_of(directory.write("log", text)) == wanted);
}

TEST_CASE("a line that is too long is counted and passed over, and its neighbours stay") {
    const test::TemporaryDirectory directory;
    const std::string longest(LineReader::kLongestLine, 'x');
    for (const std::size_t more : {std::size_t{1}, std::size_t{100'000}, std::size_t{3'000'000}}) {
        auto reader =
            LineReader::open(directory.write("log", "one\n" + longest + std::string(more, 'x') + "\nthree\n"));
        CHECK(all_of(reader) == Lines{"one", "three"});
        CHECK(reader.too_long() == 1);
    }
    CHECK(lines_of(directory.write("log", longest + "\ntwo")) == Lines{longest, "two"});
    auto reader = LineReader::open(directory.write("log", "one\n" + longest + "xx"));
    CHECK(all_of(reader) == Lines{"one"});
    CHECK(reader.too_long() == 1);
}

TEST_CASE("a gzip file that is cut off or damaged is a fault, not an end") {
    const test::TemporaryDirectory directory;
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + '\n';
    const auto path = compressed(directory, "log.gz", text);
    const auto size = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, size / 2);
    CHECK_THROWS_WITH(lines_of(path), Catch::Matchers::EndsWith("log.gz: read: the file is cut off"));
    std::filesystem::remove(path);
    compressed(directory, "log.gz", text);
    std::fstream{path, std::ios::in | std::ios::out}.seekp(static_cast<std::streamoff>(size / 2)) << "damaged, damaged";
    CHECK_THROWS_AS(lines_of(path), Fault);
}

TEST_CASE("what cannot be read is a fault that names it and says what to do") {
    const test::TemporaryDirectory directory;
    CHECK_THROWS_WITH(LineReader::open(directory.path("none")), Catch::Matchers::Contains("none: open: No such file"));
    CHECK_THROWS_WITH(LineReader::open(directory.path("")), Catch::Matchers::Contains("is no regular file"));
    CHECK_THROWS_WITH(LineReader::open(directory.write("x.xz", std::string{"\xfd"
                                                                           "7zXZ\0....",
                                                                           10})),
                      Catch::Matchers::Contains("xzcat"));
}

}  // namespace
}  // namespace relay::report
