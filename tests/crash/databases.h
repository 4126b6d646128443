// Databases to begin with: random entries, in files of a chosen shape.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <utility>

#include "tests/crash/contents.h"
#include "tests/crash/scenarios.h"

namespace relay::crash {

using Entry = std::pair<std::string, std::string>;
using Maker = std::function<Entry(Random&)>;

Entry v4(Random& random);
Entry v6(Random& random);
Entry any(Random& random);          ///< One of the above.
Entry with_logins(Random& random);  ///< Of one to 16 logins, each as long as mail addresses are.

Entries some(const Maker& make, Random& random, std::size_t count);
/// Newer logins at the addresses of some of `entries`.
Entries relogin(Random& random, const Entries& entries, std::size_t count);

/// Pre-sized: no bucket ever splits for the number of its entries. 16 and 64 buckets, and 2,048 as in relayers.db.
inline constexpr Shape kSmall{1000, 16'000};
inline constexpr Shape kMiddle{1000, 64'000};
inline constexpr Shape kLarge{75, 100'000};
/// 4,096 buckets: commits keep in it what they changed (RecentChanges).
inline constexpr Shape kHuge{75, 300'000};

/// Fills two buckets until the next entry would make the file grow, or one of the next few; answers that entry.
Entries make_nearly_full(const std::string& path, Random& random, const Maker& make);
/// Overwrites a page that holds entries.
void spoil_a_page(const std::string& path, Random& random);
void write_makemap_text(const std::string& path, const Entries& entries);

}  // namespace relay::crash
