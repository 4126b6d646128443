// How many verdicts there were, by method and reason. Thread-safe, without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "policy/verdict.h"

namespace relay {

class VerdictCounts {
public:
    void add(const Verdict& verdict) {
        ++counts_[static_cast<std::size_t>(verdict.via)][static_cast<std::size_t>(verdict.reason)];
    }

    /// Calls `use(via, reason, count)` for each pair that there was.
    template <class Use>
    void each(Use use) const {
        for (std::size_t via = 0; via < counts_.size(); ++via)
            for (std::size_t reason = 0; reason < counts_[via].size(); ++reason)
                if (const auto count = counts_[via][reason].load(std::memory_order_relaxed); count != 0)
                    use(static_cast<Via>(via), static_cast<Reason>(reason), count);
    }

private:
    static constexpr std::size_t kVias = static_cast<std::size_t>(Via::monitor) + 1;                 // The last ones.
    static constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::not_authenticated) + 1;
    std::array<std::array<std::atomic<std::uint64_t>, kReasons>, kVias> counts_{};
};

}  // namespace relay
