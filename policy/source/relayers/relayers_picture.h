// What relayers.db held when it was last read, in memory: entries by the page they stand on, so that a page that
// changed is replaced alone.
//
// Values; whoever shares a picture between threads locks it. An IPv4 entry takes 16 bytes, an IPv6 entry 32, a page some
// 100; logins and data that cannot be read come on top, as they stand on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/address.h"
#include "policy/findings.h"
#include "policy/settings.h"
#include "policy/source/database/database_page.h"
#include "policy/source/relayers/address_table.h"

namespace relay {

/// Why a look-up that meets this record is Failed.
std::string unreadable_record(const std::string& path, std::string_view key, std::string_view data);

/// The entries of one page; built by PageBuilder.
struct PageEntries {
    AddressTable<4> v4;
    AddressTable<16> v6;
    std::string texts;       ///< What is no plain timestamp: see relayers_picture.cpp.
    std::uint32_t next = 0;  ///< The next page of the bucket.
};

/// Which of relayers_keys() are there at all, a bit each: an ordinary look-up tries one.
struct Spellings {
    std::uint32_t v4 = 0;
    std::uint32_t v6 = 0;
};

/// Takes the records of one page as they stand on disk.
class PageBuilder {
public:
    explicit PageBuilder(Layout layout) : layout_{layout} {}

    void take(std::string_view key, std::string_view data);
    [[nodiscard]] const Spellings& spellings() const { return spellings_; }
    /// Leaves the builder empty, but for the spellings.
    PageEntries page(std::uint32_t next);

private:
    std::uint64_t store(std::string_view key, std::string_view data);

    Layout layout_;
    AddressTable<4>::Entries v4_;
    AddressTable<16>::Entries v6_;
    std::string texts_;
    Spellings spellings_;
};

class RelayersPicture {
public:
    /// What a reading found: all pages, or those that changed since the picture it is applied to.
    struct Change {
        std::optional<MetaPage> buckets;  ///< Nothing: all records are on "page 0", in no order.
        std::vector<PageEntries> whole;   ///< All of them by number; empty when only `changed` did.
        std::vector<std::pair<std::uint32_t, PageEntries>> changed;
        Spellings spellings;
    };
    /// Swaps: `change` is left with what the picture held, to be freed where nobody waits.
    void apply(Change& change) noexcept;

    /// As RelayersReader::find(), without the file.
    [[nodiscard]] Lookup<LoginRecord> find(const Address& client, const PopSettings& settings) const;
    /// Has the memory brought in that find() will look at, as far as one spelling goes.
    void prefetch(const Address& client) const;

private:
    [[nodiscard]] Lookup<LoginRecord> find_in_network(const Address& client, const PopSettings& settings) const;
    template <class UsePage>
    void each_page_of_key(std::string_view key, UsePage use) const;
    template <class UsePage>
    void each_page_of(const Address& client, UsePage use) const;

    std::optional<MetaPage> buckets_;
    std::vector<PageEntries> pages_;
    Spellings spellings_;
};

}  // namespace relay
