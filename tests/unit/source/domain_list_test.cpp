#include "policy/source/domain_list.h"

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

DestinationSettings files(const Scratch& dir) {
    DestinationSettings settings;
    settings.local_host_names = dir / "local-host-names";
    settings.relay_domains = dir / "relay-domains";
    return settings;
}

}  // namespace

TEST_CASE("local-host-names match exactly, relay-domains with what is below them") {
    const Scratch dir;
    write_file(dir / "local-host-names", "# ours\nMail.Example.COM\r\n  two.example  three.example # not.example\nlast.example.");
    write_file(dir / "relay-domains", "relay.example\n.below.example\n");
    DestinationSettings settings = files(dir);
    settings.domains = {"configured.example"};
    const DomainList list{settings};
    for (const char* ours : {"mail.example.com", "two.example", "three.example", "last.example", "relay.example", "a.b.relay.example",
                             "x.below.example", "configured.example"}) {
        CAPTURE(ours);
        CHECK(list.find(ours).found());
    }
    for (const char* other : {"", "example.com", "x.mail.example.com", "not.example", "#", "notrelay.example", "below.example", "example",
                              "x.configured.example", "relay.example.org", "[192.0.2.1]"}) {
        CAPTURE(other);
        CHECK(list.find(other).absent());
    }
}

TEST_CASE("a file that changed is read again, as fast as it may change") {
    const Scratch dir;
    const DomainList list{files(dir)};
    CHECK(list.find("a.example").absent());
    for (int i = 0; i < 50; ++i) {
        write_file(dir / "local-host-names", i % 2 == 0 ? "a.example\n" : "b.example\n");
        REQUIRE(list.find("a.example").found() == (i % 2 == 0));
        REQUIRE(list.find("b.example").found() == (i % 2 == 1));
    }
    std::filesystem::remove(dir / "local-host-names");
    CHECK(list.find("b.example").absent());
}

TEST_CASE("a list that cannot be read is failed, unless another list has the domain") {
    const Scratch dir;
    std::filesystem::create_directory(dir / "local-host-names");
    write_file(dir / "relay-domains", "relay.example\n");
    DestinationSettings settings = files(dir);
    settings.domains = {"configured.example"};
    const DomainList list{settings};
    CHECK(list.find("relay.example").found());
    CHECK(list.find("configured.example").found());
    const auto other = list.find("other.example");
    REQUIRE(other.failed());
    CHECK(other.why() == (dir / "local-host-names") + ": is a directory; a file is wanted");
}

TEST_CASE("no permission is failed, not empty") {
    const Scratch dir;
    ::chmod(dir.path().c_str(), 0755);
    write_file(dir / "local-host-names", "a.example\n");
    ::chmod((dir / "local-host-names").c_str(), 0600);
    const DomainList list{files(dir)};
    {
        const AsNobody nobody;
        CHECK(list.find("a.example").failed());
    }
    CHECK(list.find("a.example").found());
}
