#include "milter/doctor/sasl_server.h"

#include <sasl/sasl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "milter/sendmail/cf_lines.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay::doctor {
namespace {

/// Each callback has a type of its own, and libsasl2 takes all as this one.
using Procedure = int (*)();

template <class Function>
Procedure procedure(Function* function) {
    return reinterpret_cast<Procedure>(reinterpret_cast<void (*)()>(function));
}

constexpr std::size_t kMostConfig = 1 << 20;
constexpr std::size_t kMostLog = 20;

std::string text_of(const char* text) { return escaped(text ? text : ""); }

}  // namespace

int SaslServer::log_callback(void* self, int level, const char* text) {
    auto& log = static_cast<SaslServer*>(self)->log_;
    // beyond SASL_LOG_NOTE are debugging and, at SASL_LOG_PASS, passwords
    if (level <= SASL_LOG_NOTE && log.size() < kMostLog) log.push_back(text_of(text));
    return SASL_OK;
}

int SaslServer::verify_callback(void* self, const char* file, int type) {
    if (type == SASL_VRFY_CONF) static_cast<SaslServer*>(self)->candidates_.emplace_back(file);
    return SASL_OK;
}

SaslServer::SaslServer(const std::string& realm) {
    for (const char* name : {"SASL_PATH", "SASL_CONF_PATH"}) ::unsetenv(name);
    static std::array<sasl_callback_t, 3> callbacks{};  // the library keeps the pointer
    callbacks[0] = {SASL_CB_LOG, procedure(log_callback), this};
    callbacks[1] = {SASL_CB_VERIFYFILE, procedure(verify_callback), this};
    callbacks[2] = {SASL_CB_LIST_END, nullptr, nullptr};
    int code = sasl_server_init(callbacks.data(), "Sendmail");
    is_set_up_ = code == SASL_OK;
    if (is_set_up_) code = sasl_server_new("smtp", realm.c_str(), nullptr, nullptr, nullptr, nullptr, 0, &connection_);
    if (code != SASL_OK) fault_ = text_of(sasl_errstring(code, nullptr, nullptr));
    read_config();
}

SaslServer::~SaslServer() {
    if (connection_) sasl_dispose(&connection_);
    if (is_set_up_) sasl_done();
}

/// The first candidate that is there, as the library takes it: "key: value" lines, # begins a comment line.
void SaslServer::read_config() {
    for (const auto& file : candidates_)
        if (::access(file.c_str(), F_OK) == 0) {
            config_file_ = file;
            break;
        }
    if (config_file_.empty()) return;
    try {
        const auto file = read_small_file(config_file_, kMostConfig);
        std::string_view rest = file ? std::string_view{file->text} : std::string_view{};
        while (!rest.empty()) {
            const auto end = std::min(rest.find('\n'), rest.size());
            const auto line = trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const auto colon = line.find(':');
            if (line.starts_with('#') || colon == line.npos) continue;
            options_.try_emplace(std::string{trimmed(line.substr(0, colon))}, trimmed(line.substr(colon + 1)));
        }
    } catch (const Fault& fault) {
        fault_ = fault.what();
    }
}

std::optional<std::string> SaslServer::option(const std::string& key) const {
    const auto found = options_.find(key);
    return found == options_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<std::string> SaslServer::mechanisms() const {
    if (!connection_) return {};
    const char* text = nullptr;
    // as in a session under TLS: else the library keeps PLAIN back
    sasl_ssf_t strength = 256;
    sasl_setprop(connection_, SASL_SSF_EXTERNAL, &strength);
    const int code = sasl_listmech(connection_, nullptr, "", " ", "", &text, nullptr, nullptr);
    return code == SASL_OK && text ? cf_words(text, " ") : std::vector<std::string>{};
}

SaslServer::Answer SaslServer::check_password(const std::string& login, const Secret& password) {
    log_.clear();
    Answer answer;
    const auto text = password.text();
    answer.code = sasl_checkpass(connection_, login.data(), static_cast<unsigned>(login.size()), text.data(),
                                 static_cast<unsigned>(text.size()));
    answer.detail = answer.code == SASL_OK ? "" : text_of(sasl_errdetail(connection_));
    const void* name = nullptr;
    if (answer.code == SASL_OK && sasl_getprop(connection_, SASL_USERNAME, &name) == SASL_OK)
        answer.authenticated_as = text_of(static_cast<const char*>(name));
    answer.log = log_;
    return answer;
}

}  // namespace relay::doctor
