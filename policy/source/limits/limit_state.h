// What limits and guard know, as bytes of a file. The bytes are a contract:
//
//   "MRLIMITS", u32 version (2),
//   moment: str boot, i64 ns since boot, i64 seconds since 1970,
//   seed: u64, u64,
//   u32 limits, each: str name, u32 keys, each: u64 fingerprint, i64 ns that it still owes, str text,
//   u32 logins, each: str login, i64 ns that its brake still holds (0 none, -1 for ever), u8 cause of that (0 networks,
//       1 refusals, 2 limit hits), u32 how many, i64 ns that its refusals still owe, i64 ns that its limit hits do,
//       u32 seen, each: 16 bytes address, u8 bits, i64 ns ago,
//   u64 SipHash-2-4 of all before, with the key 0.
//
// Numbers are little-endian, str is u16 length and bytes. Times count from the moment, so that a later process can take
// them on whatever its clock says. The checksum finds accidents; against forgery the file has mode 0600.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/source/limits/limit_clock.h"
#include "policy/source/limits/limit_table.h"
#include "policy/source/limits/login_guard.h"

namespace relay {

struct LimitState {
    struct Limit {
        std::string name;
        std::vector<LimitTable::Entry> keys;
        bool operator==(const Limit&) const = default;
    };
    LimitMoment moment;
    SipKey seed{};
    std::vector<Limit> limits;
    std::vector<LoginGuard::Entry> logins;
    bool operator==(const LimitState&) const = default;
};

std::string encode_limit_state(const LimitState& state);

/// The state, or why these bytes are none. Whatever it takes is within the bounds of the tables.
std::variant<LimitState, std::string> decode_limit_state(std::string_view bytes);

/// The same at a later moment: what was owed, seen and braked then is that much older now. The moment is `now`.
LimitState aged(LimitState state, const LimitMoment& now);

}  // namespace relay
