#include "policy/source/service.h"

#include <exception>

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

}  // namespace

Service::Service(Settings settings)
    : policy_{settings}, domains_{settings.destinations}, relayers_{settings.pop} {}

void Service::answer(const Question& question, const Envelope& envelope, Findings& findings) const {
    switch (question.kind) {
        case Question::our_domain:
            findings.our_domain = guarded([&] { return domains_.find(envelope.forward_path.domain); });
            return;
        case Question::login:
            findings.login = guarded([&]() -> Lookup<LoginRecord> {
                if (!envelope.client) return Absent{};
                return relayers_.find(*envelope.client);
            });
            return;
        case Question::disabled:
        case Question::pop_disabled:
        case Question::pop_retired:
        case Question::sender:
        case Question::sender_domain:
        case Question::brake:
        case Question::limits: return;  // No configuration makes these questions be asked yet; asked again, they defer.
    }
}

Verdict Service::judge(const Envelope& envelope, Findings& findings, std::chrono::sys_seconds now) const {
    for (int questions = 0; questions < kMostQuestions; ++questions) {
        Decision decision = policy_.decide(envelope, findings, now);
        if (Verdict* verdict = std::get_if<Verdict>(&decision)) return std::move(*verdict);
        answer(std::get<Question>(decision), envelope, findings);
    }
    Verdict verdict;  // Defers.
    verdict.why = "the policy asks the same question again and again";
    return verdict;
}

}  // namespace relay
