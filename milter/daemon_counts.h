// The counts of the running daemon, for explain: asked over the control socket, and never charged.
#pragma once

#include <string>
#include <vector>

#include "policy/settings.h"
#include "policy/source/limits/counts.h"

namespace relay {

/// A daemon that cannot be asked is no failed look-up: it is judged as if nothing had been counted, and `notes`, which
/// must outlive it, says so once. One thread.
class DaemonCounts : public Counts {
public:
    DaemonCounts(Settings settings, std::vector<std::string>& notes) : settings_{std::move(settings)}, notes_{notes} {}

    [[nodiscard]] Lookup<OverLimits> charge(const LimitSubject& subject, bool message_counted, LimitTime now) const override;
    [[nodiscard]] Lookup<Braked> brake(std::string_view login, const std::optional<Address>& seen_from,
                                       LimitTime now) const override;

private:
    /// What `read` makes of the daemon's answer.
    template <class Found, class Read>
    Lookup<Found> judged(const LimitSubject& subject, bool message_counted, Read read) const;
    void cannot_ask(const std::string& why) const;

    Settings settings_;
    std::vector<std::string>& notes_;
    mutable bool told_ = false;
};

}  // namespace relay
