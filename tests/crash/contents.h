// What a database holds, as libdb and makemap(8) say: none of the code that is tried out here has a part in it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace relay::crash {

using Entries = std::map<std::string, std::string>;

struct Contents {
    enum class State { missing, sound, damaged } state = State::missing;
    Entries entries;
    std::string fault;  ///< What is damaged.
    bool operator==(const Contents&) const = default;
};

/// Verified and read in a process of its own, which a damaged file may end or hold up.
Contents read_contents(const std::string& path);

/// By `makemap -u hash`; throws std::runtime_error when it fails.
Entries unmakemap(const std::string& path);
/// By sendmail's own `makemap hash` with these options.
void makemap(const std::string& path, const Entries& entries, const std::string& option = "");

/// How a database is laid out that a test begins with.
struct Shape {
    std::uint32_t fill_factor = 0;  ///< 0: libdb's choice, buckets split as they fill.
    std::uint32_t expected = 0;
};
/// Puts them, one after the other, into a new or an old file; synced at the end.
void put_entries(const std::string& path, const Entries& entries, Shape shape = {});

}  // namespace relay::crash
