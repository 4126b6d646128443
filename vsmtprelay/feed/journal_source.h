// The systemd journal through journalctl(1), from a cursor on. journalctl is started again when it ends. One owner.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vsmtprelay/feed/child_output.h"
#include "vsmtprelay/feed/log_line.h"

namespace relay {

class JournalSource {
public:
    struct Options {
        std::vector<std::string> programs;  ///< Only entries with one of these identifiers are asked for.
        std::string file;                   ///< This journal file and not the system's; empty: the system's.
        std::chrono::seconds window{};      ///< How far back where there is no cursor.
        bool once = false;                  ///< End where the journal ends.
    };
    using Take = std::function<void(const LogLine&)>;

    JournalSource(Options options, std::string cursor);

    /// Takes the entries that are there, some 64 KiB of them; false when there are none now. Throws Fault.
    bool read(const Take& take, std::chrono::sys_seconds now);
    /// Of the last entry that was taken.
    [[nodiscard]] const std::string& cursor() const { return cursor_; }
    /// Readable when there may be more; -1 while journalctl is not running.
    [[nodiscard]] int descriptor() const { return child_ ? child_->descriptor() : -1; }
    /// With `once`: nothing will come any more.
    [[nodiscard]] bool ended() const { return ended_; }

private:
    void start(std::chrono::sys_seconds now);
    void take_lines(const Take& take, std::chrono::sys_seconds now);

    Options options_;
    std::string cursor_;
    std::unique_ptr<ChildOutput> child_;
    std::string unfinished_;
    std::chrono::sys_seconds started_{};
    bool took_ = false;  ///< Since it was started.
    bool ended_ = false;
};

}  // namespace relay
