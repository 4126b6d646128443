#include "tests/property/generators.h"
#include "tests/property/property.h"
#include "vsmtprelay/feed/format_file.h"
#include "vsmtprelay/feed/login_feed.h"

using namespace relay;
using property::holds;

namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'795'000'000}};

const std::vector<LoginFormat>& shipped() {
    static const std::vector<LoginFormat> formats = read_login_formats({"vsmtprelay/formats"});
    return formats;
}

std::string any_sample() {
    const LoginFormat& format = shipped()[*rc::gen::inRange<std::size_t>(0, shipped().size())];
    const MessageFormat& message = format.messages[*rc::gen::inRange<std::size_t>(0, format.messages.size())];
    if (message.samples.empty())
        return "imap-login: Login: user=<alice>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.1";
    return message.samples[*rc::gen::inRange<std::size_t>(0, message.samples.size())].message;
}

/// A sample with some bytes changed, taken out or put in.
std::string damaged_sample() {
    std::string line = any_sample();
    for (int left = *rc::gen::inRange(1, 4); left > 0; --left) {
        const auto at = *rc::gen::inRange<std::size_t>(0, line.size() + 1);
        const std::string bytes = *property::bytes(3);
        line.replace(at, *rc::gen::inRange<std::size_t>(0, 3), bytes);
    }
    return line;
}

}  // namespace

TEST_CASE("arbitrary bytes are no line, or a line whose parts are in it") {
    holds("parse_log_line never crashes, and a time is never after now", [] {
        StampReader stamps;
        const std::string stamp =
            *rc::gen::element<std::string>("Nov 22 06:53:07 ", "2026-11-22T06:53:07.1+01:00 ", "Feb 29 23:59:60 ", "");
        const auto line = parse_log_line(stamp + *property::bytes(60), stamps, kNow);
        if (!line) return;
        RC_ASSERT(line->at <= kNow);
        RC_ASSERT(line->process.find_first_not_of("0123456789") == std::string::npos);
    });
}

TEST_CASE("what arbitrary and damaged messages say was in them, whole") {
    holds("for each format: a login is a name, of one line", [] {
        const std::string message = *rc::gen::element(0, 1) == 0 ? *property::bytes(200) : damaged_sample();
        for (const LoginFormat& format : shipped()) {
            const auto reading = format.read(message);
            if (!reading || reading->kind != MessageKind::login) continue;
            RC_ASSERT(!reading->login.empty());
            RC_ASSERT(reading->login.find_first_of(" <>()[]{},\"\t\n\r\x7f") == std::string::npos);
            RC_ASSERT(message.find(reading->login) != std::string::npos);
            RC_ASSERT(message.find('\n') == std::string::npos);
        }
    });
}
