#include "milter/session.h"

namespace relay {

Judged judge(const Service& service, const Client& client, std::string_view reverse_path,
             std::string_view forward_path, const MacroGetter& macro, std::chrono::sys_seconds now) {
    Judged judged{.told = read_macros(client, macro),
                  .from = std::string{reverse_path},
                  .to = std::string{forward_path},
                  .findings = {},
                  .verdict = {}};
    judged.told.envelope.reverse_path = parse_path(reverse_path);
    judged.told.envelope.forward_path = parse_path(forward_path);
    judged.verdict = service.judge(judged.told.envelope, judged.findings, now);
    return judged;
}

std::optional<Judged> Session::judge_recipient(std::string_view forward_path, const MacroGetter& macro,
                                               std::chrono::sys_seconds now) const {
    if (!in_message_) return {};
    return judge(*service_, client_, reverse_path_, forward_path, macro, now);
}

}  // namespace relay
