#include "policy/source/relayers/relayers_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>

#include "policy/source/database/database.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/logins/clock_watch.h"
#include "policy/source/logins/newest_record.h"
#include "policy/source/relayers/refresher.h"
#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_loader.h"
#include "policy/source/relayers/relayers_picture.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Without a picture a recipient waits for it; makemap holds its lock for seconds, and who is deferred comes again.
constexpr milliseconds kLockWait{250};
/// With one: as long as a writer needs for a commit, so that the one before it, acknowledged, is seen; then no more.
constexpr milliseconds kGrace{10};
constexpr std::chrono::seconds kWithoutGrace{1};
constexpr std::chrono::microseconds kBetweenTries{200};
constexpr std::chrono::seconds kRestAfterFault{1};
constexpr int kTries = 3;  // While the file is replaced under our hands.

}  // namespace

struct RelayersReader::State {
    explicit State(PopSettings pop) : settings{std::move(pop)} {}

    Lookup<LoginRecord> find(const Address& client) {
        if (auto answer = from_memory(client)) return std::move(*answer);
        for (int tries = 1;; ++tries) {
            try {
                return !client.is_v4() && settings.prefix6 < 128 ? find_refreshed(client) : find_in_file(client);
            } catch (const Fault& fault) {
                if (fault.trouble == Trouble::damaged) return Failed{in_the_same_words(fault.what())};
                if (fault.trouble != Trouble::replaced || tries == kTries) return Failed{fault.what()};
            }
        }
    }

    /// Nothing when the file is not known to be the one in memory.
    std::optional<Lookup<LoginRecord>> from_memory(const Address& address) {
        const RelayersPicture::Client client{address};
        prefetch(client);
        struct stat status {};
        if (::stat(settings.database.c_str(), &status) != 0) return std::nullopt;
        const std::shared_lock guard{mutex};
        if (!stamp || *stamp != FileStamp{status}) return std::nullopt;
        if (!damage.empty()) return Failed{damage};
        return picture.find(client, settings);
    }

    /// A large picture is in no cache, and the kernel's answer takes longer than memory does: both are waited for at once.
    void prefetch(const RelayersPicture::Client& client) {
        const std::shared_lock guard{mutex};
        if (stamp) picture.prefetch(client);
    }

    Lookup<LoginRecord> find_in_file(const Address& client) {
        const auto attempt = open(client);
        if (attempt.file || attempt.locked) refresher.ask();
        if (attempt.locked) return outdated(client);
        if (!attempt.file) return missing();
        return look_up(*attempt.file, client);
    }

    /// Of a file that was there, and that nobody replaced, nothing is known any more.
    Lookup<LoginRecord> missing() const {
        if (!was_there) return Absent{};
        return Failed{escaped(settings.database) + ": is gone, and was there before"};
    }

    /// One damage may look different from every page: it is told as it was met first, until the file changes.
    std::string in_the_same_words(const std::string& what) {
        struct stat status {};
        if (::stat(settings.database.c_str(), &status) != 0) return what;
        const std::unique_lock guard{mutex};
        if (told_of != FileStamp{status}) {
            told_of = FileStamp{status};
            told = what;
        }
        return told;
    }

    Lookup<LoginRecord> look_up(const LockedFile& file, const Address& client) {
        NewestRecord newest;
        std::string unreadable;
        const auto take = [&](std::string_view key, std::string_view data) {
            auto record = decode_login_record(data, settings.layout);
            if (record) newest.take(std::move(*record));
            else unreadable = unreadable_record(settings.database, key, data);
        };
        const auto take_all = [&](auto&& database) {
            for (const std::string& key : relayers_keys(client))
                database.each_under(key, [&](std::string_view data) { take(key, data); });
        };
        if (auto hash = HashFile::open(file)) take_all(*hash);
        else take_all(Database{file, Database::Access::read, check});
        if (!unreadable.empty()) return Failed{unreadable};
        return newest.answer();
    }

    /// The keys of a network lie anywhere in a hash, so that only a whole picture can answer.
    Lookup<LoginRecord> find_refreshed(const Address& client) {
        std::unique_lock guard{loading};
        if (auto answer = from_memory(client)) return std::move(*answer);  // Another look-up has just refreshed it.
        auto attempt = open(client);
        if (attempt.locked) return outdated(client);
        if (!attempt.file) return missing();
        refresh(*attempt.file);
        return last_good(client);
    }

    bool permits(const Lookup<LoginRecord>& answer) const {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        return answer.found() && freshness(answer.value(), now, settings.window) != Freshness::expired;
    }

    /// What the last good picture still permits. What it does not permit may have been written since: a user who has
    /// just logged in is asked to wait, not turned away.
    Lookup<LoginRecord> outdated(const Address& client) {
        auto answer = last_good(client);
        if (answer.failed() || permits(answer)) return answer;
        return Failed{escaped(settings.database) + ": changed since it was read, and is locked by another process"};
    }

    /// The lock is let go before `reading` frees what the picture held. False where the file is to be read anew.
    bool take(RelayersLoader::Reading& reading) {
        const std::unique_lock guard{mutex};
        stamp.reset();
        if (!apply(reading.change, picture)) return false;
        stamp = reading.stamp;
        damage.clear();
        good = true;
        return true;
    }

    /// With `loading`. Throws Fault.
    void refresh(LockedFile& file) try {
        auto reading = loader.read(file, refresher.stopping());
        if (reading && !take(*reading)) {
            loader.forget();
            reading = loader.read(file, refresher.stopping());
            if (reading) static_cast<void>(take(*reading));  // A whole one has room.
        }
    } catch (const Fault& fault) {
        if (fault.trouble != Trouble::damaged) throw;
        RelayersPicture none;
        const FileStamp seen = file.stamp();
        const std::string what = in_the_same_words(fault.what());
        const std::unique_lock guard{mutex};
        std::swap(picture, none);
        stamp.reset();
        if (seen.settled()) stamp = seen;
        damage = what;
        good = false;
        throw Fault{Trouble::damaged, what};
    }

    /// However long that takes; nothing when the file is missing, or the thread is to stop.
    std::optional<LockedFile> when_unlocked() {
        for (auto pause = milliseconds{1}; !refresher.stopping(); pause = std::min(2 * pause, milliseconds{20})) {
            auto attempt = LockedFile::attempt(settings.database, Lock::shared);
            if (!attempt.locked) return std::move(attempt.file);
            std::this_thread::sleep_for(pause);
        }
        return std::nullopt;
    }

    /// The work of the thread.
    Refresher::Rest refresh_in_background() noexcept {
        try {
            const std::lock_guard guard{loading};
            if (auto file = when_unlocked()) refresh(*file);
            const std::shared_lock shared{mutex};
            return stamp ? Refresher::Rest{} : FileStamp::kTick;
        } catch (const Fault& fault) {
            return fault.trouble == Trouble::damaged || fault.trouble == Trouble::replaced ? FileStamp::kTick : kRestAfterFault;
        } catch (...) {  // Memory, most likely; look-ups in the file go on, and say what is wrong with it.
            return kRestAfterFault;
        }
    }

    /// Only for a client whom the last good picture does not permit a writer is waited for, who may be recording him.
    LockedFile::Attempt open(const Address& client) {
        auto attempt = LockedFile::attempt(settings.database, Lock::shared);
        if (attempt.file || attempt.locked) was_there = true;
        if (!attempt.locked) return attempt;
        if (!has_picture()) return {LockedFile::open(settings.database, Lock::shared, kLockWait), false};
        const auto now = Clock::now();
        if (now < no_grace_until.load() || permits(last_good(client))) return attempt;
        while (attempt.locked && Clock::now() < now + kGrace) {
            std::this_thread::sleep_for(kBetweenTries);
            attempt = LockedFile::attempt(settings.database, Lock::shared);
        }
        if (attempt.locked) no_grace_until = Clock::now() + kWithoutGrace;
        return attempt;
    }

    bool has_picture() {
        const std::shared_lock guard{mutex};
        return good;
    }

    Lookup<LoginRecord> last_good(const Address& client) {
        const std::shared_lock guard{mutex};
        if (!good) return Failed{damage.empty() ? escaped(settings.database) + ": was not read" : damage};
        return picture.find(RelayersPicture::Client{client}, settings);
    }

    const PopSettings settings;
    DatabaseCheck check;
    ClockWatch clock{ClockWatch::now()};
    std::atomic<Clock::time_point> no_grace_until{};
    std::atomic<bool> was_there{false};

    std::shared_mutex mutex;  ///< Guards what is below, down to `loading`.
    RelayersPicture picture;
    std::optional<FileStamp> stamp;  ///< Of the file that picture or damage is of, if that can be told by a stamp.
    std::string damage;
    std::optional<FileStamp> told_of;  ///< The file that was found damaged, and the words for it.
    std::string told;
    bool good = false;  ///< There is a picture, of the file as it is or as it was.

    std::mutex loading;  ///< Guards the loader.
    RelayersLoader loader{settings};

    Refresher refresher{[this] { return refresh_in_background(); }};  // The last, so that its thread ends first.
};

RelayersReader::RelayersReader(PopSettings settings) : state_{std::make_unique<State>(std::move(settings))} {}
RelayersReader::~RelayersReader() = default;

Lookup<LoginRecord> RelayersReader::find(const Address& client) const {
    return state_->clock.doubt(state_->find(client), state_->settings.window);
}

}  // namespace relay
