// Changes the logins on a server; keys: shared_keys.h. What others change meanwhile is merged with, never overwritten.
#pragma once

#include <memory>

#include "policy/source/logins/login_writer.h"
#include "policy/source/redis/redis_client.h"
#include "policy/source/shared/shared_entries.h"

namespace relay {

class SharedWriter : public LoginWriter {
public:
    /// An entry ends `window` ([pop] window) after its newest login. `deadline`: of each call; nothing means [redis] deadline.
    SharedWriter(std::shared_ptr<RedisClient> server, std::chrono::seconds window, std::optional<std::chrono::milliseconds> deadline = {});

    void watch(Watch& watch) override { watch_ = &watch; }

    /// Some hundreds in one call. Where it ends midway, those before stay changed.
    void revise(const std::vector<Address>& clients, const Revision& revision) override;
    std::vector<Address> remove(const std::vector<Address>& clients) override;
    std::vector<LoginRemoved> remove_logins(const std::vector<std::string>& names) override;
    /// The server itself removes what is older than the window.
    Expired expire(std::chrono::sys_seconds oldest) override;

private:
    void change(const std::vector<Address>& clients, const SharedEntries::Decide& decide);

    std::shared_ptr<RedisClient> server_;
    std::optional<std::chrono::milliseconds> deadline_;
    SharedEntries entries_;
    Watch nobody_;
    Watch* watch_ = &nobody_;
};

}  // namespace relay
