// Cyrus SASL as sendmail sets it up (application "Sendmail", service "smtp"), to see what it reads and answers.
//
// libsasl2 is process-wide: one SaslServer in a process, and none after another. What it logs is kept here alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "milter/doctor/secret.h"

struct sasl_conn;

namespace relay::doctor {

class SaslServer {
public:
    /// `realm`: sendmail's AuthRealm, or its own name $j. Takes SASL_* out of the environment, as sendmail does.
    explicit SaslServer(const std::string& realm);
    SaslServer(const SaslServer&) = delete;
    SaslServer& operator=(const SaslServer&) = delete;
    ~SaslServer();

    /// Empty where the library is set up.
    [[nodiscard]] const std::string& fault() const { return fault_; }
    /// The configuration that was read; empty where none was found.
    [[nodiscard]] const std::string& config_file() const { return config_file_; }
    [[nodiscard]] const std::vector<std::string>& config_candidates() const { return candidates_; }
    /// Its keys: "pwcheck_method", "mech_list" ...
    [[nodiscard]] std::optional<std::string> option(const std::string& key) const;
    /// What the library itself would offer, with these plug-ins and this configuration.
    [[nodiscard]] std::vector<std::string> mechanisms() const;

    struct Answer {
        int code = 0;                  ///< SASL_OK, SASL_BADAUTH ...
        std::string detail;            ///< The library's words.
        std::string authenticated_as;  ///< What sendmail would call {auth_authen}.
        std::vector<std::string> log;  ///< What the library said meanwhile.
    };
    /// As PLAIN and LOGIN do in sendmail.
    Answer check_password(const std::string& login, const Secret& password);

private:
    static int log_callback(void* self, int level, const char* text);
    static int verify_callback(void* self, const char* file, int type);

    void read_config();

    sasl_conn* connection_ = nullptr;
    bool is_set_up_ = false;
    std::string fault_, config_file_;
    std::vector<std::string> candidates_, log_;
    std::map<std::string, std::string> options_;
};

}  // namespace relay::doctor
