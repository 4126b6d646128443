// Reads relayers.db: found, absent or failed, each for the right reason. Format: policy/login_record.h.
//
// Thread-safe. A file that was replaced is seen at the next look-up. Takes flock(LOCK_SH), as sendmail's maps do,
// and never waits for it without bound. The access method (hash, btree) is detected.
#pragma once

#include "policy/address.h"
#include "policy/findings.h"
#include "policy/settings.h"
#include "policy/source/database/database_check.h"

namespace relay {

class RelayersReader {
public:
    explicit RelayersReader(PopSettings settings) : settings_{std::move(settings)} {}

    /// The newest entry of `client` under any of its spellings (RFC 5952, uncompressed, "ipv6:" prefixed, IPv4-mapped;
    /// with or without trailing NUL), or with prefix6 < 128 the newest of its network.
    /// A missing file is an empty one only when its directory can be read; a corrupt datum is Failed.
    [[nodiscard]] Lookup<LoginRecord> find(const Address& client) const;

private:
    [[nodiscard]] Lookup<LoginRecord> find_once(const Address& client) const;

    PopSettings settings_;
    mutable DatabaseCheck check_;
};

}  // namespace relay
