// Changes the entries of client addresses, whatever they are kept in; what an entry says: policy/login_record.h.
//
// A change is kept when the call returns. Errors are thrown as Fault, and what a Watch throws is passed on. One owner, any
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/login_record.h"
#include "policy/source/files/watch.h"

namespace relay {

class LoginWriter {
public:
    LoginWriter() = default;
    LoginWriter(const LoginWriter&) = delete;
    LoginWriter& operator=(const LoginWriter&) = delete;
    virtual ~LoginWriter() = default;

    /// Told of each change from now on; must outlive this.
    virtual void watch(Watch& watch) = 0;

    struct Expired {
        std::size_t removed = 0;
        std::size_t unreadable = 0;  ///< Records that are no login of an address; left as they are.
    };

    /// A login that was taken out of an entry.
    struct LoginRemoved {
        Address client;
        std::string login;
        bool entry_stays = false;  ///< Others logged in from there as well.
    };

    /// Sets the record of each client.
    void add(const std::vector<Address>& clients, const LoginRecord& record);
    /// Merges logins into the records of their clients: newest first, at most kMaxLogins names, each once. An older event
    /// never overwrites a newer one, nor an admin's permission in the future. Events may repeat, in any order; those that
    /// tell nothing new change nothing. A record that cannot be read gives way to the login.
    void record(const std::vector<LoginEvent>& events);
    /// The same for records: what is there and is newer stays.
    void import(const std::map<Address, LoginRecord>& records);

    /// What is to stand of a client, given what does; nothing where there is no entry, or none that can be read. An answer
    /// of nothing takes the entry away, but never one that cannot be read. Asked again where another writer was faster:
    /// the last answer is what was done.
    using Revision = std::function<std::optional<LoginRecord>(const Address& client, const std::optional<LoginRecord>& standing)>;
    /// No other writer's change comes between the question and the answer. Nothing is made for no clients.
    virtual void revise(const std::vector<Address>& clients, const Revision& revision) = 0;

    /// Returns those that had no entry.
    virtual std::vector<Address> remove(const std::vector<Address>& clients) = 0;
    /// Takes these logins out of all records that name them; a record that names nobody else goes. They are looked for
    /// without keeping others out: one that logs in meanwhile may stay.
    virtual std::vector<LoginRemoved> remove_logins(const std::vector<std::string>& names) = 0;
    /// Removes the records whose timestamp is before `oldest`, a few at a time. What makes it end midway has removed only
    /// what was old, and a file gets that back where a Watch ends it.
    virtual Expired expire(std::chrono::sys_seconds oldest) = 0;

    /// A change that others cannot see yet: when touch() is to be called. Nothing where no touch is owed.
    [[nodiscard]] virtual std::optional<std::chrono::sys_seconds> touch_due() const { return std::nullopt; }
    /// For who lives on: to be called when it is due.
    virtual void touch() {}
    /// For who ends now: somebody else does it.
    virtual void leave_touch_behind() {}
};

/// Takes the logins `names` out of `record`, each told in `removed` as one of `client`; what is left, or nothing.
std::optional<LoginRecord> without_logins(const LoginRecord& record, const std::vector<std::string>& names, const Address& client,
                                          std::vector<LoginWriter::LoginRemoved>& removed);
[[nodiscard]] bool names_any(const LoginRecord& record, const std::vector<std::string>& names);

}  // namespace relay
