// A feed with all formats that are installed, and what has to hold for each login that comes out of it.
#pragma once

#include <memory>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "vsmtprelay/feed/format_file.h"
#include "vsmtprelay/feed/login_feed.h"

namespace relay::fuzz {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'795'000'000}};

class ShippedFeed {
public:
    /// Reading the formats is slow, so that one feed serves many inputs; what was open in the ones before is closed.
    ShippedFeed() {
        if (!parts_) parts_ = std::make_unique<Parts>();
        OpenSessions& open = feed().sessions();
        while (open.size() > 0) open.close(std::string{open.all().front().first});
    }

    void take(const LogLine& line) {
        std::vector<LoginEvent> events;
        feed().take(line, kNow, events);
        for (const LoginEvent& event : events) {
            expect(event.at <= kNow, "no login is in the future");
            expect(event.client != Address::v4({127, 0, 0, 1}), "no login is from loopback");
            expect(event.login.find_first_of(" \t\"[],\n") == std::string::npos, "no login ends its own field");
        }
    }

private:
    struct Parts {
        FormatDrift drift{[](const std::string& text) { expect(is_printable_line(text), "a notice is printable"); }};
        NeverRecorded never{[](const std::string& text) { expect(is_printable_line(text), "a notice is printable"); }};
        LoginFeed feed{read_login_formats({LOGIN_FORMATS}), {}, never, drift};
    };
    static LoginFeed& feed() { return parts_->feed; }
    static inline std::unique_ptr<Parts> parts_;
};

}  // namespace relay::fuzz
