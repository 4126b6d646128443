// libmilter's callbacks: each hands its event to the connection's Session, behind one guard.
//
// libmilter keeps one filter for a process, so this keeps one Server. The callbacks run on libmilter's threads, those
// of one connection never at once.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "milter/alerts.h"
#include "milter/current_service.h"
#include "milter/in_flight.h"
#include "milter/limit_keeper.h"
#include "milter/repeat_limit.h"
#include "milter/verdict_counts.h"

namespace relay {

/// What all connections share. It must outlive libmilter's threads.
struct Server {
    CurrentService service;              ///< For connections that begin now; others keep theirs.
    std::atomic<bool> stopping = false;  ///< New connections are turned away, and sendmail defers.
    InFlight in_flight;
    RepeatLimit faults;
    Alerts alerts;
    std::shared_ptr<LimitStore> counts;  ///< Made with the first configuration that has limits or a guard.
    const std::shared_ptr<SourceHealth> health = std::make_shared<SourceHealth>();
    LimitKeeper keeper{LimitKeeper::kInterval, health};  ///< Of counts.

    // For `milter-relay status` and [metrics].
    VerdictCounts verdicts;
    std::atomic<int> sessions = 0;
    const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    const std::chrono::sys_seconds started_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
};

/// smfi_register; false when libmilter refuses.
bool register_callbacks(Server& server);

}  // namespace relay
