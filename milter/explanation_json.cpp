// The JSON of an explanation. Bytes that are not UTF-8 become U+FFFD; all that is not ASCII is written as \uXXXX.
#include <nlohmann/json.hpp>

#include "milter/explanation.h"

namespace relay {
namespace {

using nlohmann::ordered_json;

ordered_json reply_json(const std::optional<Reply>& reply) {
    if (!reply) return nullptr;
    return {{"code", reply->code}, {"enhanced_status", reply->enhanced_status}, {"text", reply->text}};
}

ordered_json path_json(const std::string& raw, const Path& path) {
    return {{"path", raw}, {"local_part", path.local_part}, {"domain", path.domain}, {"null", path.null},
            {"routes_onward", path.routes_onward}};
}

ordered_json auth_json(const std::optional<Authentication>& auth) {
    if (!auth) return nullptr;
    return {{"identity", auth->identity}, {"author", auth->author}, {"mechanism", auth->mechanism}, {"ssf", auth->ssf}};
}

ordered_json tls_json(const std::optional<Tls>& tls) {
    if (!tls) return nullptr;
    return {{"version", tls->version}, {"bits", tls->bits}, {"verify", tls->verify}};
}

ordered_json facts_json(const Explanation& e) {
    const auto& envelope = e.judged.told.envelope;
    ordered_json facts{{"at", e.now.time_since_epoch().count()},
                       {"client", envelope.client ? ordered_json(envelope.client->text()) : nullptr},
                       {"local_submission", envelope.local_submission},
                       {"name", envelope.client_name},
                       {"resolve", envelope.client_resolve},
                       {"auth", auth_json(envelope.auth)},
                       {"tls", tls_json(envelope.tls)},
                       {"recipients_before", envelope.recipients_before},
                       {"from", path_json(e.judged.from, envelope.reverse_path)},
                       {"to", path_json(e.judged.to, envelope.forward_path)},
                       {"mailer", envelope.rcpt_mailer},
                       {"dest", nullptr},
                       {"relay_client", nullptr}};
    if (envelope.sendmail) {
        facts["dest"] = name_of(envelope.sendmail->destination);
        facts["relay_client"] = name_of(envelope.sendmail->client);
    }
    return facts;
}

ordered_json found_json(const Listed&, const Explanation&) { return {{"answer", "found"}}; }

ordered_json found_json(const LoginRecord& record, const Explanation& e) {
    auto logins = ordered_json::array();
    for (const auto& login : record.logins)
        logins.push_back({{"at", login.at.time_since_epoch().count()}, {"name", login.name}});
    return {{"answer", "found"},
            {"at", record.at.time_since_epoch().count()},
            {"age", (e.now - record.at).count()},
            {"freshness", freshness_text(record, e)},
            {"logins", std::move(logins)}};
}

ordered_json found_json(const ListedLogins& listed, const Explanation&) {
    return {{"answer", "found"}, {"logins", listed.names}};
}

ordered_json found_json(const Owners& owners, const Explanation&) {
    return {{"answer", "found"}, {"owners", owners.logins}, {"anyone", owners.anyone}};
}

ordered_json found_json(const Braked& braked, const Explanation&) {
    return {{"answer", "found"}, {"action", name_of(braked.action)}, {"left", braked.left.count()}, {"why", braked.why}};
}

ordered_json found_json(const OverLimits& over, const Explanation&) {
    auto limits = ordered_json::array();
    for (const auto& limit : over.limits)
        limits.push_back({{"limit", limit.limit},
                          {"action", name_of(limit.action)},
                          {"wait", limit.wait.count()},
                          {"mode", name_of(limit.mode)}});
    return {{"answer", "found"}, {"limits", std::move(limits)}};
}

template <class Value>
ordered_json finding_json(const std::optional<Lookup<Value>>& finding, const Explanation& e) {
    if (!finding) return nullptr;
    if (finding->failed()) return {{"answer", "failed"}, {"why", finding->why()}};
    return finding->absent() ? ordered_json{{"answer", "absent"}} : found_json(finding->value(), e);
}

ordered_json findings_json(const Explanation& e) {
    ordered_json json;
    each_finding(e.judged.findings,
                 [&](const char* name, const auto& finding) { json[name] = finding_json(finding, e); });
    return json;
}

ordered_json would_json(const Verdict& verdict) {
    auto reasons = ordered_json::array();
    for (const Reason reason : verdict.would) reasons.push_back(name_of(reason));
    return reasons;
}

}  // namespace

std::string as_json(const Explanation& e) {
    const auto& verdict = e.judged.verdict;
    const ordered_json json{{"action", name_of(verdict.action)},
                            {"via", name_of(verdict.via)},
                            {"reason", name_of(verdict.reason)},
                            {"row", verdict.row},
                            {"row_text", row_text(verdict.row)},
                            {"reply", reply_json(e.judged.reply)},
                            {"user", std::string_view{verdict.user}},
                            {"age", verdict.age ? ordered_json(verdict.age->count()) : nullptr},
                            {"policy", name_of(verdict.methods)},
                            {"mode", name_of(verdict.mode)},
                            {"why", verdict.why},
                            {"would", would_json(verdict)},
                            {"limit", verdict.limit},
                            {"wait", verdict.wait ? ordered_json(verdict.wait->count()) : nullptr},
                            {"facts", facts_json(e)},
                            {"findings", findings_json(e)},
                            {"notes", e.notes},
                            {"faults", e.judged.told.faults}};
    return json.dump(2, ' ', true, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace relay
