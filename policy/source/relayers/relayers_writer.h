// Changes relayers.db under sendmail's lock (flock LOCK_EX); format: policy/login_record.h, layout timestamp.
//
// A change is one locked commit that is on disk when the call returns. The access method of the file is kept (hash or
// btree), and so is what cannot be read in it. Errors are thrown as Fault. No state but the path: one owner, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/login_record.h"

namespace relay {

class RelayersWriter {
public:
    explicit RelayersWriter(std::string path, std::chrono::milliseconds lock_wait = std::chrono::seconds{10})
        : path_{std::move(path)}, lock_wait_{lock_wait} {}

    struct Expired {
        std::size_t removed = 0;
        std::size_t unreadable = 0;  ///< Records that are no login of an address; left as they are.
    };

    /// Sets the record of each client, taking away what stood under other spellings. A missing database is made, mode
    /// 0640, with the group of its directory.
    void add(const std::vector<Address>& clients, const LoginRecord& record);
    /// Merges logins into the records of their clients: newest first, at most kMaxLogins names, each once. An older event
    /// never overwrites a newer one, nor an admin's permission in the future. Events may repeat, in any order.
    void record(const std::vector<LoginEvent>& events);
    /// Under every spelling. Returns those that had no entry.
    std::vector<Address> remove(const std::vector<Address>& clients);
    /// Removes the records whose timestamp is before `oldest`.
    Expired expire(std::chrono::sys_seconds oldest);

private:
    std::string path_;
    std::chrono::milliseconds lock_wait_;
};

}  // namespace relay
