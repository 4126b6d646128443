// The real daemon while relayers.db is damaged and mended under it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "policy/source/files/descriptor.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;
using relay::Descriptor;
namespace fs = std::filesystem;

/// All pages but the first are of no type that there is. One write, so that nobody meets a file damaged by half.
void damage(const DaemonProcess& daemon, char garbage) {
    const std::string pages(fs::file_size(daemon.database) - 4096, garbage);
    const Descriptor file{::open(daemon.database.c_str(), O_WRONLY | O_CLOEXEC)};
    if (::pwrite(file.get(), pages.data(), pages.size(), 4096) != static_cast<ssize_t>(pages.size()))
        throw std::runtime_error{"cannot damage " + daemon.database};
}

char answer(const DaemonProcess& daemon) {
    return in_message(daemon, wired("other", "unknown")).rcpt("<a@b.example>")->letter;
}

std::size_t lines_with(const DaemonProcess& daemon, const std::string& text) {
    std::istringstream log{daemon.log()};
    std::size_t count = 0;
    for (std::string line; std::getline(log, line);) count += line.find(text) != std::string::npos ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("damage defers, is said once, and the mended file is looked at again") {
    DaemonProcess daemon;
    daemon.database = daemon.directory.path("db/relayers.db");
    fs::create_directory(daemon.directory.path("db"));
    fs::permissions(daemon.directory.path("db"), fs::perms{0755});
    make_database(daemon, "192.0.2.1");
    daemon.start();
    REQUIRE(answer(daemon) == 'c');
    for (const char garbage : {'\xff', '\x7f'}) {
        const auto said = lines_with(daemon, daemon.database + ": ");
        damage(daemon, garbage);
        for (int i = 0; i < 50; ++i) REQUIRE(answer(daemon) == 'y');
        // Another file may be met at another page, and so in other words; the same words are not said again so soon.
        CHECK(lines_with(daemon, daemon.database + ": ") - said <= 1);
        CHECK(lines_with(daemon, daemon.database + ": ") >= 1);
        make_database(daemon, "192.0.2.1");
        for (int i = 0; i < 50; ++i) REQUIRE(answer(daemon) == 'c');
        CHECK(lines_with(daemon, "verdict=defer") % 50 == 0);
    }
    make_database(daemon, "192.0.2.2");
    CHECK(answer(daemon) == 'y');
}
