#include "policy/source/service.h"

#include <exception>

#include "policy/login_name.h"
#include "policy/offence.h"
#include "policy/source/limits/limit_clock.h"
#include "policy/source/limits/limit_set.h"
#include "policy/source/login_database.h"
#include "policy/source/own_networks.h"
#include "policy/source/shared/shared_limits.h"

namespace relay {
namespace {

constexpr int kMostQuestions = Question::kKinds + 1;  // One that is asked again is a fault of the policy.

/// `ask`, or Failed where it throws: nothing that goes wrong in a look-up may end a session.
template <class Ask>
auto guarded(Ask ask) -> decltype(ask()) {
    try {
        return ask();
    } catch (const std::exception& error) {
        return Failed{error.what()};
    } catch (...) {
        return Failed{"a look-up ended for an unknown reason"};
    }
}

bool authenticated_as(const Envelope& envelope, const std::string& login) {
    return envelope.auth && without_realm(envelope.auth->identity, envelope.host_name) == login;
}

/// Of one login: is it on the list?
Lookup<Listed> listed(const Lookup<ListedLogins>& logins) {
    if (logins.failed()) return Failed{logins.why()};
    if (logins.absent()) return Absent{};
    return Listed{};
}

template <class Finding>
const std::string* why_failed(const std::optional<Lookup<Finding>>& finding) {
    return finding && finding->failed() ? &finding->why() : nullptr;
}

/// Why the question has no answer; null where it has one.
const std::string* why_failed(Question::Kind kind, const Findings& findings) {
    switch (kind) {
        case Question::our_domain: return why_failed(findings.our_domain);
        case Question::login: return why_failed(findings.login);
        case Question::disabled: return why_failed(findings.disabled);
        case Question::pop_disabled: return why_failed(findings.pop_disabled);
        case Question::pop_retired: return why_failed(findings.pop_retired);
        case Question::sender: return why_failed(findings.sender);
        case Question::sender_domain: return why_failed(findings.sender_domain);
        case Question::brake: return why_failed(findings.brake);
        case Question::limits: return why_failed(findings.limits);
    }
    return nullptr;
}

std::unique_ptr<const Limits> limits_of(const Settings& settings, RedisClients& clients, std::shared_ptr<LimitStore> store) {
    const std::string& url = settings.limit_store.store;
    if (url.empty()) return std::make_unique<LimitSet>(settings, std::move(store));
    return std::make_unique<SharedLimits>(settings, clients.of(url));
}

Settings counted_nowhere(Settings settings) {
    settings.limit_store.store.clear();
    return settings;
}

/// Policy is pure: what only this host can tell is put into the settings.
Settings with_own_addresses(Settings settings) {
    settings.pop.never = never_networks(settings.pop);
    return settings;
}

}  // namespace

Service::Service(Settings settings, std::shared_ptr<LimitStore> store, std::shared_ptr<SourceHealth> health)
    : policy_{with_own_addresses(settings)}, clients_{settings.redis}, limits_{limits_of(settings, clients_, std::move(store))},
      domains_{settings.destinations}, logins_{open_login_reader(settings.pop, clients_)}, disabled_{settings.account.disabled},
      retired_{settings.pop.not_for}, senders_{settings.sender}, health_{std::move(health)} {}

Service::Service(Settings settings, std::shared_ptr<const Counts> elsewhere) : Service{counted_nowhere(std::move(settings))} {
    elsewhere_ = std::move(elsewhere);
}

void Service::ask(const Question& question, const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const {
    if (!health_) return answer(question, envelope, findings);
    const Source source = source_of(question.kind);
    const std::size_t notes = findings.notes.size();
    const auto begin = std::chrono::steady_clock::now();
    answer(question, envelope, findings);
    health_->looked_up(source, std::chrono::steady_clock::now() - begin);
    if (const auto* why = why_failed(question.kind, findings)) health_->failed(source, *why, now);
    for (std::size_t i = notes; i < findings.notes.size(); ++i) health_->failed(source, findings.notes[i], now);
}

void Service::answer(const Question& question, const Envelope& envelope, Findings& findings) const {
    switch (question.kind) {
        case Question::our_domain:
            findings.our_domain = guarded([&] { return domains_.find(envelope.forward_path.domain); });
            return;
        case Question::login:
            findings.login = guarded([&]() -> Lookup<LoginRecord> {
                if (!envelope.client) return Absent{};
                return logins_->find(*envelope.client);
            });
            return;
        case Question::disabled:
            findings.disabled = listed(guarded([&] { return disabled_.find(question.logins, findings.notes); }));
            return;
        case Question::pop_disabled:
            findings.pop_disabled = guarded([&] { return disabled_.find(question.logins, findings.notes); });
            return;
        case Question::pop_retired:
            findings.pop_retired = guarded([&] { return retired_.find(question.logins, findings.notes); });
            return;
        case Question::sender:
            findings.sender = guarded([&] { return senders_.find(envelope.reverse_path); });
            return;
        case Question::sender_domain:
            findings.sender_domain = guarded([&] { return domains_.find_local(envelope.reverse_path.domain); });
            return;
        case Question::brake:
            findings.brake = guarded([&] {
                const std::string& login = question.logins.front();
                return counts().brake(login, authenticated_as(envelope, login) ? envelope.client : std::nullopt, limit_now());
            });
            return;
        case Question::limits:
            findings.limits = guarded([&] {
                const LimitSubject who{question.logins.empty() ? std::string{} : question.logins.front(), envelope.client};
                return counts().charge(who, envelope.message_counted, limit_now());
            });
            return;
    }
}

/// Whose refusal it is: a login that was proved, or none. An old POP login of the address says nothing of who is there.
void Service::count_refusal(const Verdict& verdict, const Envelope& envelope) const {
    if (!limits_->counts_refusals() || !counts_as_refusal(verdict)) return;
    LimitSubject who{{}, envelope.client};
    if (envelope.auth) who.login = without_realm(envelope.auth->identity, envelope.host_name);
    else if (verdict.reason == Reason::sender_not_owned) who.login = verdict.user;
    limits_->count_refusal(who, limit_now());
}

/// A brake that the verdict itself brings on is told at once, since no later recipient may come to ask for it.
void Service::count_offence(const Verdict& verdict, const Envelope& envelope, Findings& findings) const {
    const auto cause = offence(settings(), envelope, findings, verdict);
    if (!cause) return;
    const auto login = without_realm(envelope.auth->identity, envelope.host_name);
    if (auto braked = limits_->count_against(login, *cause, limit_now())) findings.brake = *std::move(braked);
}

void Service::count(const Verdict& verdict, const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const {
    try {
        count_refusal(verdict, envelope);
        count_offence(verdict, envelope, findings);
    } catch (const std::exception& fault) {
        findings.notes.push_back(std::string{"limits: "} + fault.what() + "; what this recipient counts against its sender is lost");
        if (health_) health_->failed(Source::counts, findings.notes.back(), now);
    }
}

Verdict Service::judge(const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const {
    for (int questions = 0; questions < kMostQuestions; ++questions) {
        Decision decision = policy_.decide(envelope, findings, now);
        if (Verdict* verdict = std::get_if<Verdict>(&decision)) {
            count(*verdict, envelope, findings, now);
            return std::move(*verdict);
        }
        ask(std::get<Question>(decision), envelope, findings, now);
    }
    Verdict verdict;  // Defers.
    verdict.why = "the policy asks the same question again and again";
    return verdict;
}

}  // namespace relay
