#include "milter/session.h"

namespace relay {

Judged judge(const Service& service, const Client& client, const Message& message, std::string_view forward_path,
             const MacroGetter& macro, std::chrono::sys_seconds now) {
    Judged judged{.told = read_macros(client, macro),
                  .from = message.reverse_path,
                  .to = std::string{forward_path},
                  .findings = {},
                  .verdict = {},
                  .reply = {}};
    Envelope& envelope = judged.told.envelope;
    envelope.reverse_path = parse_path(message.reverse_path);
    envelope.forward_path = parse_path(forward_path);
    envelope.recipients_before = message.recipients_permitted;
    envelope.message_counted = message.counted;
    judged.verdict = service.judge(envelope, judged.findings, now);
    judged.reply = reply_for(judged.verdict, service.settings().reply, envelope.client);
    return judged;
}

std::optional<Judged> Session::judge_recipient(std::string_view forward_path, const MacroGetter& macro,
                                               std::chrono::sys_seconds now) {
    if (!message_) return {};
    auto judged = judge(*service_, client_, *message_, forward_path, macro, now);
    const Verdict& verdict = judged.verdict;
    if (verdict.action == Action::permit) ++message_->recipients_permitted;
    const auto& limits = judged.findings.limits;
    if (verdict.action == Action::permit && verdict.via != Via::monitor && limits && !limits->failed()) message_->counted = true;
    return judged;
}

}  // namespace relay
