// What became of the look-ups since the process started: how long each source took, and its last error.
//
// Thread-safe. A look-up costs two relaxed increments; the lock is taken only by an error and by who asks. It outlives the
// configurations that come and go.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "policy/findings.h"
#include "policy/source/duration_histogram.h"

namespace relay {

enum class Source {
    relayers,       ///< relayers.db
    sender_map,
    disabled,       ///< The list of disabled accounts.
    not_for,        ///< The list of logins that have moved to AUTH.
    destinations,   ///< Our domains, in plain wiring.
    counts,         ///< Limits and brakes, in memory.
    limits_state,   ///< Their file. Nobody waits for it, so that it has no times.
    configuration,  ///< milter-relay.toml at a reload. Neither has this.
};
inline constexpr std::size_t kSources = static_cast<std::size_t>(Source::configuration) + 1;

/// The configuration's word for it, as "pop.database".
std::string_view name_of(Source source);
Source source_of(Question::Kind question);

class SourceHealth {
public:
    struct LastError {
        std::string text;  ///< As the log has it; printable.
        std::chrono::sys_seconds at;
        std::uint64_t errors = 0;  ///< Of this source, with this one.
    };

    void looked_up(Source source, std::chrono::nanoseconds took) noexcept { times_[index(source)].add(took); }
    void failed(Source source, std::string why, std::chrono::sys_seconds at);

    [[nodiscard]] DurationHistogram::Picture times(Source source) const { return times_[index(source)].picture(); }
    /// Nothing: there was none.
    [[nodiscard]] std::optional<LastError> last_error(Source source) const;

private:
    static std::size_t index(Source source) { return static_cast<std::size_t>(source); }

    std::array<DurationHistogram, kSources> times_;
    mutable std::mutex mutex_;
    std::array<LastError, kSources> errors_;
};

}  // namespace relay
