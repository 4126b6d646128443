// Reads relayers.db: found, absent or failed, each for the right reason. Format: policy/login_record.h.
//
// Answers from memory, at one stat(2) a look-up, while the file is as it was when it was read. When it changed, the one
// client is looked up in the file at once, under flock(LOCK_SH) as sendmail's maps take it, and a thread of its own
// reads what changed. A look-up waits for no writer once there is a picture to answer from: where the lock is refused
// (beyond a grace of a few milliseconds, in which the writer before acknowledged its login), the last good picture
// permits whom it permits, and every other answer is Failed: a login may have come since. Thread-safe. The access method (hash, btree) is detected.
#pragma once

#include <memory>

#include "policy/settings.h"
#include "policy/source/logins/login_reader.h"

namespace relay {

class RelayersReader : public LoginReader {
public:
    explicit RelayersReader(PopSettings settings);
    /// Stops a reading that is going on.
    ~RelayersReader() override;

    /// The newest entry of `client` under any of its spellings (RFC 5952, uncompressed, "ipv6:" prefixed, IPv4-mapped;
    /// with or without trailing NUL), or with prefix6 < 128 the newest of its network.
    /// A missing file is empty if its directory can be read and no look-up ever met it; else Failed, as are a corrupt datum,
    /// any in a damaged file (from when that was seen until it changes), and one that only a step of the clock made old.
    [[nodiscard]] Lookup<LoginRecord> find(const Address& client) const override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace relay
