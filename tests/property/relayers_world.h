// A relayers.db under random changes: whether RelayersReader answers as RelayersModel does.
//
// The changes are those of our own writer, and of everybody else: records put by hand, makemap(8), a file renamed over
// it, truncated and rewritten under its lock, damaged, removed, given another time. After each change the very first
// look-up has to know it. One thread at a time.
#pragma once

#include <iosfwd>
#include <map>
#include <set>
#include <string>

#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_writer.h"
#include "tests/property/relayers_model.h"
#include "tests/unit/source/scratch.h"

namespace property {

enum class Change {
    add, record, import, remove, expire,      // by RelayersWriter
    put, put_with_old_times, erase,           // by libdb, with the times that the kernel gives the file or the old ones
    makemap, rename_over, rewrite_in_place,   // whole files
    damage_page, cut_short, remove_file, set_time,
    rest,                                     // the reader may come to answer from memory
};
inline constexpr int kChanges = static_cast<int>(Change::rest) + 1;

struct Step {
    Change change;
    int client;    ///< Who is changed; look-ups begin with this one.
    int variant;   ///< 0 to 7: a second client, or a kind of the change.
    int spelling;  ///< Of the client's key, where others write it.
    int age;       ///< Of the login, in seconds before now; or any number.
};
std::ostream& operator<<(std::ostream& out, const Step& step);

class World {
public:
    /// Of as many buckets are the files that are renamed over it, and the one that is there to begin with. From 4,096 on
    /// commits keep what they changed (RecentChanges).
    explicit World(std::uint32_t buckets = 64);
    /// Changes the file, and looks everybody up. Throws std::runtime_error with an answer that is wrong, and Fault where
    /// the writer fails on a sound file.
    void take(const Step& step);

private:
    enum class Structure {
        sound,
        torn,     ///< Who meets a damaged page fails; all do when the whole file was looked at.
        useless,  ///< Cut short: everybody fails.
    };

    void change(const Step& step);
    void write(const Step& step);
    void write_by_hand(const Step& step);
    void replace(const Step& step);
    void rewrite_slowly(const Step& step, const std::string& bytes);
    void damage(const Step& step);
    void remove_file();
    void set_time(const Step& step);
    [[nodiscard]] RelayersModel replaced(const Step& step) const;
    [[nodiscard]] std::string built(const RelayersModel& content, bool hash) const;

    void check(const Step& step);
    void check_locked(int client);
    void check_all_fail();
    [[nodiscard]] std::set<std::string> or_gone(std::set<std::string> right) const;
    void require_right(const char* who, int client, const std::string& got, const std::set<std::string>& right) const;

    const std::uint32_t buckets_;
    relay::Scratch directory_;
    std::string path_ = directory_ / "r.db";
    RelayersModel model_;
    Structure structure_ = Structure::sound;
    bool was_there_ = false;  ///< The readers have met the file.
    std::map<int, std::set<std::string>> told_;  ///< By client: every answer that was right at some time.
    relay::RelayersWriter writer_{path_};
    relay::RelayersReader reader_;
    relay::RelayersReader network_;
};

}  // namespace property
