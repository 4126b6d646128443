// What relayers.db held when it was last read, in memory: entries by the page they stand on, so that a page that
// changed is replaced alone.
//
// Values; whoever shares a picture between threads locks it. Every page takes what the fullest needs: 16 bytes for each
// of its IPv4 entries, 32 for IPv6, and some 100 more; of a million IPv4 entries that is 26 bytes each. Logins and data
// that cannot be read come on top, as they stand on disk.
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
#include "policy/source/relayers/page_tables.h"

namespace relay {

/// Why a look-up that meets this record is Failed.
std::string unreadable_record(const std::string& path, std::string_view key, std::string_view data);

/// The entries of one page; built by PageBuilder.
struct PageEntries {
    AddressTable<4>::Entries v4;
    AddressTable<16>::Entries v6;
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
    /// Of no file: nothing may be looked for in it.
    RelayersPicture() = default;
    /// Without buckets all records are on "page 0", in no order.
    explicit RelayersPicture(std::optional<MetaPage> buckets) : buckets_{buckets} {}

    /// The next page of a file that is read anew, from page 0 on.
    void add(PageEntries page);
    /// After the last of them.
    void settle();
    /// A page that was read again gets its new entries; `page` is left with what is to be freed where nobody waits. False
    /// where there is no room: the file is to be read anew.
    [[nodiscard]] bool replace(std::size_t number, PageEntries& page) noexcept;
    /// Which spellings are on the pages, among others.
    void note(const Spellings& spellings) noexcept;

    [[nodiscard]] std::size_t pages() const { return next_.size(); }

    /// An address, and where to look for it first.
    struct Client {
        explicit Client(const Address& client);
        const Address& address;
        std::uint32_t hash;  ///< Of our own spelling.
    };
    /// As RelayersReader::find(), without the file.
    [[nodiscard]] Lookup<LoginRecord> find(const Client& client, const PopSettings& settings) const;
    /// Has the memory brought in that find() will look at first.
    void prefetch(const Client& client) const;

private:
    [[nodiscard]] Lookup<LoginRecord> find_in_network(const Address& client, const PopSettings& settings) const;
    template <class UsePage>
    void each_page_of_hash(std::uint32_t hash, UsePage use) const;
    template <class UsePage>
    void each_page_of(const Client& client, UsePage use) const;

    std::optional<MetaPage> buckets_;
    PageTables<4> v4_;
    PageTables<16> v6_;
    std::vector<std::uint32_t> next_;
    std::vector<std::string> texts_;
    Spellings spellings_;
};

/// What a reading found: all pages, or those that changed since the picture it is applied to.
struct PictureChange {
    std::optional<RelayersPicture> whole;
    std::vector<std::pair<std::uint32_t, PageEntries>> changed;
    Spellings spellings;  ///< Of the changed ones.
};

/// Swaps: `change` is left with what the picture held. False where the file is to be read anew.
[[nodiscard]] bool apply(PictureChange& change, RelayersPicture& picture) noexcept;

}  // namespace relay
