// Entries as the text that list and dump print, and that `makemap hash relayers` takes back.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/relayers/relayers_entries.h"

namespace relay {

/// "# timestamp (UTC): Tue Sep 22 22:15:27 1998", a line break, "10.11.12.13 906502527" with logins where known, a line
/// break. What makemap(8) could not take back becomes a comment: an entry that cannot be read.
std::string entry_text(const RelayersEntry& entry);

/// One login as entry_text() prints an entry.
std::string login_text(const RelayersEntry& entry, const Login& login);

/// Which entry of an address counts where it stands under several keys, since makemap takes a key once: the newest.
/// Remembers only the addresses that have another key than ours. First note_key() of every record; then, where there is
/// need, note_entry() of every record; then outdone().
class SeveralKeys {
public:
    void note_key(std::string_view key);
    /// Is note_entry() to be called at all?
    [[nodiscard]] bool need() const { return !newest_.empty(); }
    void note_entry(const RelayersEntry& entry);
    [[nodiscard]] bool outdone(const RelayersEntry& entry) const;

private:
    struct Newest {
        std::string key;
        std::chrono::sys_seconds at;
    };
    std::map<Address, std::optional<Newest>> newest_;
};

/// entry_text(), or a comment where another spelling of the same address outdoes it.
std::string entry_text(const RelayersEntry& entry, const SeveralKeys& several);

/// The logins of an entry; one without a name where none is known.
std::vector<Login> logins_of(const RelayersEntry& entry);

/// As asctime(3), in UTC and English, without the line break.
std::string utc_text(std::chrono::sys_seconds at);

}  // namespace relay
