#include "tests/crash/disk.h"

#include "tests/support/catch.h"

using namespace relay::crash;

namespace {

constexpr std::uint64_t kOld = 7;
constexpr std::uint64_t kNew = 8;

const Survives kNothing = [] { return false; };
const Survives kAll = [] { return true; };

Image holding(const std::string& text) {
    Image image;
    image.write(0, text);
    return image;
}

Operation written(std::uint64_t inode, std::uint64_t at, std::string bytes) {
    return {Kind::write, 0, inode, at, {}, {}, std::move(bytes)};
}

Operation named(Kind kind, std::uint64_t inode, std::string name, std::string target = {}) {
    return {kind, 0, inode, 0, std::move(name), std::move(target), {}};
}

std::string text_of(const Tree& tree, const std::string& name) {
    if (!tree.contains(name)) return "(absent)";
    const Image& image = tree.at(name);
    std::string text(image.size, '\0');
    for (const auto& [number, page] : image.pages)
        for (std::uint64_t i = 0; i < Image::kPage && number * Image::kPage + i < text.size(); ++i)
            text[number * Image::kPage + i] = page->bytes[i];
    return text;
}

}  // namespace

TEST_CASE("a write is lost or kept until its file is synced, and then kept") {
    Disk disk{{{"f", holding("old")}}, {{"f", kOld}}};
    disk.apply(written(kOld, 0, "new"));
    CHECK(text_of(disk.now(), "f") == "new");
    CHECK(text_of(disk.after_power_cut(kNothing), "f") == "old");
    CHECK(text_of(disk.after_power_cut(kAll), "f") == "new");
    disk.apply(named(Kind::sync, kOld, "f"));
    CHECK(text_of(disk.after_power_cut(kNothing), "f") == "new");
}

TEST_CASE("a sync that failed keeps nothing") {
    Disk disk{{{"f", holding("old")}}, {{"f", kOld}}};
    disk.apply(written(kOld, 0, "new"));
    Operation failed = named(Kind::sync, kOld, "f");
    failed.error = 5;
    disk.apply(failed);
    CHECK(text_of(disk.after_power_cut(kNothing), "f") == "old");
}

TEST_CASE("a long write is torn at pages, a page never") {
    Disk disk{{{"f", holding("")}}, {{"f", kOld}}};
    disk.apply(written(kOld, 0, std::string(Image::kPage, 'a') + std::string(Image::kPage, 'b')));
    bool turn = true;
    const Tree tree = disk.after_power_cut([&turn] { return turn = !turn; });
    CHECK(text_of(tree, "f") == std::string(Image::kPage, '\0') + std::string(Image::kPage, 'b'));
}

TEST_CASE("a page is torn at its sectors where the disk promises no more") {
    Disk disk{{{"f", holding("")}}, {{"f", kOld}}, 512};
    disk.apply(written(kOld, 0, std::string(512, 'a') + std::string(512, 'b')));
    bool turn = true;
    const Tree tree = disk.after_power_cut([&turn] { return turn = !turn; });
    CHECK(text_of(tree, "f") == std::string(512, '\0') + std::string(512, 'b'));
}

TEST_CASE("a renamed file that was not synced may be empty, and its name old until the directory is synced") {
    Disk disk{{{"f", holding("old")}}, {{"f", kOld}}};
    disk.apply({Kind::create, 0, kNew, 0600, "t", {}, {}});
    disk.apply(written(kNew, 0, "new"));
    disk.apply(named(Kind::rename, kNew, "t", "f"));
    CHECK(text_of(disk.after_power_cut(kNothing), "f") == "old");
    disk.apply(named(Kind::sync_directory, 1, "."));
    CHECK(text_of(disk.after_power_cut(kNothing), "f").empty());
    disk.apply(named(Kind::sync, kNew, "f"));
    CHECK(text_of(disk.after_power_cut(kNothing), "f") == "new");
    CHECK_FALSE(disk.after_power_cut(kNothing).contains("t"));
}

TEST_CASE("a mode that was set after the sync may be lost") {
    Disk disk{{}, {}};
    disk.apply({Kind::create, 0, kNew, 0600, "f", {}, {}});
    disk.apply(named(Kind::sync_directory, 1, "."));
    disk.apply({Kind::mode, 0, kNew, 0640, "f", {}, {}});
    CHECK(disk.after_power_cut(kNothing).at("f").mode == 0600);
    CHECK(disk.after_power_cut(kAll).at("f").mode == 0640);
}

TEST_CASE("what was cut off does not come back when the file grows again") {
    Image image = holding("abcdef");
    image.resize(2);
    image.resize(6);
    CHECK(text_of({{"f", image}}, "f") == std::string("ab\0\0\0\0", 6));
}

TEST_CASE("two files with the same bytes, size and mode have the same fingerprint, others not") {
    CHECK(holding("abc").fingerprint() == holding("abc").fingerprint());
    CHECK(holding("abc").fingerprint() != holding("abd").fingerprint());
    Image longer = holding("abc");
    longer.resize(9000);
    CHECK(longer.fingerprint() != holding("abc").fingerprint());
}
