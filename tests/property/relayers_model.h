// What a relayers.db of a few clients holds, as a map: what readers of the real file must answer. One thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string>

#include "policy/address.h"
#include "policy/login_record.h"

namespace property {

inline constexpr int kClients = 8;  ///< From 4 on IPv6, two each in one /64.
inline constexpr int kSpellings = 3;

/// Some of the keys that are a client's, ours first.
const std::array<std::string, kSpellings>& keys_of(int client);
relay::Address address_of(int client);

class RelayersModel {
public:
    /// The keys and data as they stand in the file.
    std::map<std::string, std::string> records;

    void set(int client, const relay::LoginRecord& record);
    /// As RelayersWriter::record and import() do.
    void merge(int client, const relay::LoginRecord& record);
    void forget(int client);
    void expire(std::chrono::sys_seconds oldest);

    /// "absent", "failed" (a record of his is none), or "found " and the record: several where that cannot be told.
    [[nodiscard]] std::set<std::string> answers(int client) const;
    /// Those where one login vouches for its /64.
    [[nodiscard]] std::set<std::string> answers_for_network(int client) const;
};

}  // namespace property
