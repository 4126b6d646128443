#include "policy/source/accounts/sender_map.h"

#include <sys/file.h>

#include <atomic>
#include <iostream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using Logins = std::vector<std::string>;

namespace {

SenderSettings by(const std::string& map) {
    SenderSettings settings;
    settings.check = SenderCheck::known;
    settings.map = map;
    return settings;
}

Logins owners(const SenderSettings& settings, const char* sender) {
    const auto answer = SenderMap{settings}.find(parse_path(sender));
    if (answer.failed()) return {"failed: " + answer.why()};
    if (answer.absent()) return {"absent"};
    Logins logins = answer.value().logins;
    if (answer.value().anyone) logins.emplace_back("*");
    return logins;
}

constexpr const char* kText =
    "# who may use what\n"
    "Alice@Ours.example alice\n"
    "info@ours.example alice, bob,carol\n"
    "@ours.example bob\n"
    "@all.example *\n"
    "lists alice\n";

}  // namespace

TEST_CASE("an address is looked up before its domain, in a hash as in a btree, with and without trailing NUL") {
    const Scratch dir;
    const auto kind = GENERATE(as<std::string>{}, "hash", "btree");
    const auto options = GENERATE(as<std::string>{}, "", "-N");
    makemap(kind, dir / "senders", kText, options);
    const auto settings = by(dir / "senders.db");
    CHECK(owners(settings, "<alice@ours.example>") == Logins{"alice"});
    CHECK(owners(settings, "<ALICE@OURS.EXAMPLE>") == Logins{"alice"});
    CHECK(owners(settings, "<info@ours.example>") == Logins{"alice", "bob", "carol"});
    CHECK(owners(settings, "<other@ours.example>") == Logins{"bob"});
    CHECK(owners(settings, "<x@all.example>") == Logins{"*"});
    CHECK(owners(settings, "<lists>") == Logins{"alice"});
    CHECK(owners(settings, "<x@sub.ours.example>") == Logins{"absent"});
    CHECK(owners(settings, "<alice+x@ours.example>") == Logins{"bob"});
}

TEST_CASE("an extension follows its user where a delimiter is set, unless it has an owner of its own") {
    const Scratch dir;
    makemap("hash", dir / "senders", "alice@o.example alice\nalice+list@o.example bob\n@o.example carol\n");
    auto settings = by(dir / "senders.db");
    settings.recipient_delimiter = '+';
    CHECK(owners(settings, "<alice+list@o.example>") == Logins{"bob"});
    CHECK(owners(settings, "<alice+other@o.example>") == Logins{"alice"});
    CHECK(owners(settings, "<alice+a+b@o.example>") == Logins{"alice"});
    CHECK(owners(settings, "<+list@o.example>") == Logins{"carol"});
}

TEST_CASE("letters count in local parts where that is set, and never in domains") {
    const Scratch dir;
    makemap("hash", dir / "senders", "Alice@o.example alice\n", "-f");
    auto settings = by(dir / "senders.db");
    CHECK(owners(settings, "<Alice@o.example>") == Logins{"absent"});
    settings.local_part_case = true;
    CHECK(owners(settings, "<Alice@O.Example>") == Logins{"alice"});
    CHECK(owners(settings, "<alice@o.example>") == Logins{"absent"});
}

TEST_CASE("a map that is missing, damaged or locked is failed, never absent") {
    const Scratch dir;
    CHECK_THAT(owners(by(dir / "none.db"), "<a@b.example>").front(), Catch::Contains("No such file"));
    write_file(dir / "bad.db", "garbage");
    CHECK_THAT(owners(by(dir / "bad.db"), "<a@b.example>").front(), Catch::StartsWith("failed: "));
    makemap("hash", dir / "senders", kText);
    const auto writer = LockedFile::open(dir / "senders.db", Lock::exclusive, std::chrono::seconds{1});
    CHECK_THAT(owners(by(dir / "senders.db"), "<a@b.example>").front(), Catch::Contains("locked"));
}

TEST_CASE("a map that was made anew is seen at once") {
    const Scratch dir;
    for (const char* login : {"alice", "bob", "carol"}) {
        makemap("hash", dir / "senders", std::string{"a@o.example "} + login + "\n");
        CHECK(owners(by(dir / "senders.db"), "<a@o.example>") == Logins{login});
    }
}

TEST_CASE("owners are parted by commas, blanks and tabs, and any bytes else are theirs") {
    Owners found;
    take_owners(" alice,bob\t carol ,, dave@x.example%y\xff\0", found);
    CHECK(found.logins == Logins{"alice", "bob", "carol", "dave@x.example%y\xff"});
    CHECK_FALSE(found.anyone);
    take_owners("*", found);
    CHECK(found.anyone);
}

TEST_CASE("while makemap writes the map anew its owner is found or the look-up fails, and never is he absent") {
    const Scratch dir;
    std::string text = "a@o.example alice\n";
    for (int i = 0; i < 2000; ++i) text += "user" + std::to_string(i) + "@o.example x\n";
    makemap("hash", dir / "senders", text);
    std::atomic<bool> done = false;
    std::thread writer{[&] {
        for (int i = 0; i < 20; ++i) run_makemap("hash", dir / "senders", "< '" + (dir / "senders") + ".txt'");
        done = true;
    }};
    const SenderMap map{by(dir / "senders.db")};
    int found = 0, failed = 0, wrong = 0;
    while (!done) {
        const auto answer = map.find(parse_path("<a@o.example>"));
        if (answer.failed()) ++failed;
        else if (answer.found() && answer.value().logins == Logins{"alice"}) ++found;
        else ++wrong;
    }
    writer.join();
    std::cout << "while makemap wrote: found " << found << ", failed " << failed << '\n';
    CHECK(wrong == 0);
    CHECK(found > 0);
}
