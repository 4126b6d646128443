// Everything that can answer a Question, opened from one configuration; and the loop that asks until there is a verdict.
//
// Thread-safe: many sessions ask one Sources at once. A Service is immutable, so a session that holds a
// shared_ptr to it keeps the configuration it began with.
#pragma once

#include <chrono>
#include <memory>

#include "policy/policy.h"
#include "policy/source/accounts/login_list.h"
#include "policy/source/accounts/sender_map.h"
#include "policy/source/domain_list.h"
#include "policy/source/limits/limit_store.h"
#include "policy/source/limits/limits.h"
#include "policy/source/logins/login_reader.h"
#include "policy/source/redis/redis_clients.h"
#include "policy/source/source_health.h"

namespace relay {

class Service {
public:
    /// Counts on the server that the settings name, else in `store`; without that either nothing is counted, and no limit
    /// or brake stops anything. `health` is told of each look-up.
    explicit Service(Settings settings, std::shared_ptr<LimitStore> store = nullptr,
                     std::shared_ptr<SourceHealth> health = nullptr);
    /// With counts that are kept elsewhere, for `explain`: they are asked, and nothing is counted anywhere.
    Service(Settings settings, std::shared_ptr<const Counts> elsewhere);

    [[nodiscard]] const Policy& policy() const { return policy_; }
    [[nodiscard]] const Settings& settings() const { return policy_.settings(); }
    [[nodiscard]] const Limits& limits() const { return *limits_; }

    /// The verdict on one recipient. `findings` is left holding all that was asked, and a brake that the verdict brought
    /// on. Look-ups that fail defer.
    Verdict judge(const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const;

private:
    /// answer(), measured.
    void ask(const Question& question, const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const;
    void answer(const Question& question, const Envelope& envelope, Findings& findings) const;

    [[nodiscard]] const Counts& counts() const { return elsewhere_ ? *elsewhere_ : *limits_; }
    void count_refusal(const Verdict& verdict, const Envelope& envelope) const;
    void count_offence(const Verdict& verdict, const Envelope& envelope, Findings& findings) const;
    /// Both of these. What cannot be counted is lost, and noted.
    void count(const Verdict& verdict, const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const;

    Policy policy_;
    RedisClients clients_;
    std::unique_ptr<const Limits> limits_;
    std::shared_ptr<const Counts> elsewhere_;
    DomainList domains_;
    std::unique_ptr<LoginReader> logins_;
    LoginList disabled_;
    LoginList retired_;
    SenderMap senders_;
    std::shared_ptr<SourceHealth> health_;
};

}  // namespace relay
