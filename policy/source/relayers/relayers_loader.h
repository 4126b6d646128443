// Reads relayers.db into a RelayersPicture, and again only those pages that changed: as the file itself names them
// (RecentChanges), else as a comparison of all shows.
//
// Lets the lock go every few milliseconds, so that writers need not wait for a load. One thread at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "policy/settings.h"
#include "policy/source/database/database_check.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/database/recent_changes.h"
#include "policy/source/relayers/relayers_picture.h"

namespace relay {

class RelayersLoader {
public:
    explicit RelayersLoader(const PopSettings& settings);

    struct Reading {
        PictureChange change;
        /// Of the file that was read. Nothing when it changed meanwhile, or so shortly before that a write after the
        /// reading need not show in it.
        std::optional<FileStamp> stamp;
    };
    /// Everything that changed since the last reading, which the picture must have got. Nothing when `stop` became
    /// true. Throws Fault: damage of any part of the file, and what the system says. Then the next reading is whole.
    std::optional<Reading> read(LockedFile& file, const std::atomic<bool>& stop);

    /// The next reading is whole.
    void forget();

private:
    /// What is known of a page of the file as it was read last.
    struct Page {
        std::uint64_t hash = 0;
        PageLinks links;
    };
    using PageNumbers = std::optional<std::vector<std::uint32_t>>;

    PictureChange read_pages(HashFile& hash, LockedFile& file, const std::atomic<bool>& stop);
    bool begin_whole(const MetaPage& meta);
    PageNumbers changed_pages(const LockedFile& file);
    PictureChange read_by_libdb(const LockedFile& file);
    std::optional<PageEntries> read_page_again(HashFile& hash, std::uint32_t number, PageBuilder& builder);
    static void settle(PictureChange& change, const PageBuilder& builder);
    void check_pages();

    Layout layout_;
    std::uint64_t seed_;
    std::optional<MetaPage> meta_;
    std::vector<Page> pages_;
    std::map<std::uint32_t, std::vector<PageReference>> references_;
    bool links_changed_ = false;  ///< Since check_pages().
    std::optional<RecentChanges::Commit> commit_;  ///< All pages are as it left them, or as a later one.
    std::chrono::steady_clock::time_point compared_{};  ///< When all pages were.
    DatabaseCheck check_;
};

}  // namespace relay
