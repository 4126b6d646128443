// The formats that are installed, and a feed that has them all.
#pragma once

#include <string>
#include <vector>

#include "vsmtprelay/feed/format_file.h"
#include "vsmtprelay/feed/login_feed.h"

namespace relay {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'795'000'000}};

inline std::vector<LoginFormat> shipped() {
    return read_login_formats({"vsmtprelay/formats"});
}

class Fed {
public:
    /// `process` 0: each line is of a process of its own.
    std::vector<LoginEvent> take(const std::string& program, const std::string& message, int process = 0) {
        std::vector<LoginEvent> events;
        const std::string number = std::to_string(process != 0 ? process : ++last_);
        feed_.take(LogLine{kNow,
                           program.empty() ? std::string{"x"} : program,
                           number,
                           message,
                           program.empty() ? message : std::string{},
                           {}},
                   kNow, events);
        return events;
    }
    [[nodiscard]] std::size_t unknown_lines(const std::string& server) const { return drift_.unknown_lines(server); }

private:
    int last_ = 1000;
    FormatDrift drift_{[](const std::string&) {}};
    NeverRecorded never_{[](const std::string&) {}};
    LoginFeed feed_{shipped(), {}, never_, drift_};
};

}  // namespace relay
