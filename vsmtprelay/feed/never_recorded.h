// [pop] never of milter-relay.toml(5), where logins are recorded: the addresses whose logins go nowhere. One owner.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "paths.h"
#include "policy/login_record.h"
#include "policy/network.h"
#include "policy/settings.h"

namespace relay {

class NeverRecorded {
public:
    using Log = std::function<void(const std::string&)>;

    /// `log` is told once of each address, of 1,000 at most.
    explicit NeverRecorded(Log log, const PopSettings& pop = {});

    /// By default loopback, the addresses that this host has now, and a client that is the server's own end of the
    /// connection.
    void set(const PopSettings& pop);
    /// `local` is the server's end, where it is known.
    bool drops(const LoginEvent& event, const std::optional<Address>& local = std::nullopt);

private:
    Log log_;
    std::vector<Network> networks_;
    bool by_default_ = true;
    std::set<Address> told_;
};

/// [pop] of the configuration at `path`, whose absence is the defaults where it is the usual one. Where it cannot be read
/// it is the defaults, and `fault` says why: the milter honours no login of its never all the same.
PopSettings pop_settings(const std::string& path, std::string& fault);

/// The usual configuration.
inline constexpr const char* kUsualConfig = MILTER_RELAY_MAIL_DIR "/milter-relay.toml";

}  // namespace relay
