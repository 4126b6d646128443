#include "tests/property/relayers_world.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <ostream>
#include <thread>

#include "policy/source/files/fault.h"

using namespace relay;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace property {
namespace {

namespace fs = std::filesystem;
using std::chrono::sys_seconds;

constexpr std::size_t kPage = 4096;

sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

LoginRecord record_of(const Step& step, std::vector<Login> logins = {}) {
    return {Layout::timestamp, now() - std::chrono::seconds{step.age}, std::move(logins)};
}

const std::string& key_of(const Step& step) { return keys_of(step.client)[static_cast<std::size_t>(step.spelling)]; }

/// As another program may have written it: without logins, with, and no record at all.
std::string datum_of(const Step& step) {
    static const std::array<const char*, 4> tails = {"", "", " alice", " x"};
    if (step.variant == 7) return "junk";
    return encode_login_record(record_of(step)) + tails[static_cast<std::size_t>(step.variant) % tails.size()];
}

/// Under the lock that all who write take.
Descriptor locked(const std::string& path) {
    Descriptor file{::open(path.c_str(), O_RDWR)};
    if (!file || ::flock(file.get(), LOCK_EX) != 0) throw std::runtime_error{"cannot lock " + path};
    return file;
}

void write_at(const Descriptor& file, std::size_t at, std::string_view bytes) {
    if (::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error{"cannot write"};
}

void truncate(const Descriptor& file, std::size_t size) {
    if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) throw std::runtime_error{"cannot truncate"};
}

std::array<timespec, 2> times_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw std::runtime_error{"cannot stat " + path};
    return {status.st_atim, status.st_mtim};
}

void set_times(const std::string& path, const std::array<timespec, 2>& times) {
    if (::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0) throw std::runtime_error{"cannot touch " + path};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Step& step) {
    static constexpr auto kNames = std::to_array<const char*>(
        {"add", "record", "import", "remove", "expire", "put", "put_with_old_times", "erase", "makemap", "rename_over",
         "rewrite_in_place", "damage_page", "cut_short", "remove_file", "set_time", "rest"});
    static_assert(kNames.size() == kChanges);
    return out << kNames[static_cast<std::size_t>(step.change)] << " client " << step.client << " variant " << step.variant
               << " spelling " << step.spelling << " age " << step.age << '\n';
}

void World::take(const Step& step) {
    try {
        change(step);
    } catch (const Fault&) {  // On a damaged file writers fail, and change nothing.
        if (structure_ == Structure::sound) throw;
    }
    check(step);
}

void World::change(const Step& step) {
    const bool there = fs::exists(path_);
    switch (step.change) {
        case Change::add:
        case Change::record:
        case Change::import:
        case Change::remove:
        case Change::expire: return write(step);
        case Change::put:
        case Change::put_with_old_times:
        case Change::erase: return there ? write_by_hand(step) : void();
        case Change::makemap:
        case Change::rename_over: return replace(step);
        case Change::rewrite_in_place: return there ? replace(step) : void();
        case Change::damage_page:
        case Change::cut_short: return there ? damage(step) : void();
        case Change::remove_file: return remove_file();
        case Change::set_time: return there ? set_time(step) : void();
        case Change::rest: return std::this_thread::sleep_for(40ms);
    }
}

void World::write(const Step& step) {
    const Address client = address_of(step.client);
    const LoginRecord plain = record_of(step);
    if (step.change == Change::add) {
        writer_.add({client}, plain);
        model_.set(step.client, plain);
    } else if (step.change == Change::record) {
        const std::string name = "user" + std::to_string(step.spelling);
        writer_.record({{client, plain.at, name}, {address_of(step.variant), plain.at, name}});
        for (const int each : std::set{step.client, step.variant}) model_.merge(each, {Layout::timestamp, plain.at, {{plain.at, name}}});
    } else if (step.change == Change::import) {  // Up to more than a file of makemap's holds without growing.
        std::map<Address, LoginRecord> records{{client, plain}};
        for (int i = 0; i < 150 * step.spelling; ++i)
            records.emplace(Address::v4({10, 1, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)}), plain);
        writer_.import(records);
        model_.merge(step.client, plain);
    } else if (step.change == Change::remove) {
        writer_.remove({client});
        model_.forget(step.client);
    } else if (structure_ == Structure::sound) {  // Who fails midway has removed some.
        const sys_seconds oldest = now() - 24h;
        writer_.expire(oldest);
        model_.expire(oldest);
    }
}

void World::write_by_hand(const Step& step) {
    const auto times = times_of(path_);
    if (step.change == Change::erase) {
        const auto file = LockedFile::open(path_, Lock::exclusive, 10s);
        DatabaseCheck check;
        Database database{*file, Database::Access::write, check};
        database.erase(key_of(step));
        database.commit();
        model_.records.erase(key_of(step));
        return;
    }
    const std::string datum = datum_of(step);
    put_raw(path_, key_of(step), datum);
    model_.records[key_of(step)] = datum;
    if (step.change == Change::put_with_old_times) set_times(path_, times);
}

/// As before, but for one client.
RelayersModel World::replaced(const Step& step) const {
    RelayersModel content = model_;
    content.forget(step.client);
    if (step.variant % 4 != 0) content.records[key_of(step)] = datum_of(step);
    return content;
}

std::string World::built(const RelayersModel& content, bool hash) const {
    Database database = Database::create(directory_ / "next", {hash, buckets_});
    for (const auto& [key, datum] : content.records) database.put(key, datum);
    database.commit();
    return directory_ / "next";
}

void World::replace(const Step& step) {
    const bool hash = step.age % 3 != 0;
    RelayersModel content = replaced(step);
    if (step.change == Change::makemap) {  // Whose text holds no NUL; -f keeps the case of keys.
        std::string text;
        std::erase_if(content.records, [](const auto& entry) { return entry.first.ends_with('\0'); });
        for (const auto& [key, datum] : content.records) text.append(key).append("\t").append(datum).append("\n");
        relay::makemap(hash ? "hash" : "btree", directory_ / "r", text, "-f");
    } else if (step.change == Change::rename_over) {
        const std::string next = built(content, hash);
        if (step.spelling == 0 && fs::exists(path_)) set_times(next, times_of(path_));
        fs::rename(next, path_);
    } else {
        rewrite_slowly(step, read_file(built(content, hash)));
    }
    model_ = content;
    structure_ = Structure::sound;
}

/// As makemap does it, with look-ups in between.
void World::rewrite_slowly(const Step& step, const std::string& bytes) {
    const Descriptor file = locked(path_);
    const std::size_t half = bytes.size() / 2;
    truncate(file, 0);
    check_locked(step.client);
    write_at(file, 0, std::string_view{bytes}.substr(0, half));
    check_locked(step.client);
    write_at(file, half, std::string_view{bytes}.substr(half));
    check_locked(step.variant);
}

void World::damage(const Step& step) {
    const Descriptor file = locked(path_);
    const std::size_t pages = fs::file_size(path_) / kPage;
    if (pages < 2) return;
    const std::size_t page = 1 + static_cast<std::size_t>(step.age) % (pages - 1);
    if (step.change == Change::cut_short) {
        truncate(file, page * kPage);
        structure_ = Structure::useless;
        return;
    }
    write_at(file, page * kPage, std::string(kPage, '\xff'));
    if (structure_ == Structure::sound) structure_ = Structure::torn;
}

void World::remove_file() {
    fs::remove(path_);
    model_ = {};
    structure_ = Structure::sound;
}

void World::set_time(const Step& step) {
    if (step.variant == 0) return writer_.touch();
    auto times = times_of(path_);
    if (step.variant % 3 != 0) times[1].tv_sec += step.age - 1000;
    set_times(path_, times);
}

}  // namespace property
