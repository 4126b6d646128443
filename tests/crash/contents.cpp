#include "tests/crash/contents.h"

#include <db.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "policy/source/files/descriptor.h"
#include "tests/crash/process.h"

namespace relay::crash {
namespace {

constexpr std::uint32_t kCache = 24U << 20U;
constexpr const char* kMakemap = "/usr/sbin/makemap";

struct CloseDb {
    void operator()(DB* db) const { db->close(db, DB_NOSYNC); }
};
using Handle = std::unique_ptr<DB, CloseDb>;

void require(int error, const std::string& doing) {
    if (error != 0) throw std::runtime_error{doing + ": " + db_strerror(error)};
}

Handle handle() {
    DB* db = nullptr;
    require(db_create(&db, nullptr, 0), "db_create");
    db->set_cachesize(db, 0, kCache, 1);  // DB->verify would write what does not fit into temporary files, slowly.
    db->set_errcall(db, [](const DB_ENV*, const char*, const char*) {});
    return Handle{db};
}

DBT bytes(std::string_view text) {
    DBT dbt{};
    dbt.data = const_cast<char*>(text.data());
    dbt.size = static_cast<std::uint32_t>(text.size());
    return dbt;
}

void verify(const std::string& path) {
    DB* db = handle().release();  // DB->verify ends the handle.
    require(db->verify(db, path.c_str(), nullptr, nullptr, 0), "DB->verify");
}

/// To `out`: lengths and bytes of each key and datum.
void write_entries(const std::string& path, FILE* out) {
    const Handle db = handle();
    require(db->open(db.get(), nullptr, path.c_str(), nullptr, DB_UNKNOWN, DB_RDONLY, 0), "DB->open");
    DBC* cursor = nullptr;
    require(db->cursor(db.get(), nullptr, &cursor, 0), "DB->cursor");
    DBT key{};
    DBT datum{};
    int error = 0;
    while ((error = cursor->get(cursor, &key, &datum, DB_NEXT)) == 0)
        for (const DBT& part : {key, datum}) {
            std::fwrite(&part.size, sizeof part.size, 1, out);
            std::fwrite(part.data, 1, part.size, out);
        }
    cursor->close(cursor);
    if (error != DB_NOTFOUND) require(error, "DBC->get");
}

[[noreturn]] void read_in_child(const std::string& path, int to) {
    ::alarm(20);
    FILE* const out = ::fdopen(to, "w");
    try {
        verify(path);
        write_entries(path, out);
        std::fflush(out);
        ::_exit(0);
    } catch (const std::exception& error) {
        std::fprintf(out, "%s", error.what());
        std::fflush(out);
    }
    ::_exit(1);
}

std::string read_all(int from) {
    std::string text;
    char part[65536];
    for (ssize_t length = 0; (length = ::read(from, part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(length));
    return text;
}

Entries entries_in(std::string_view text) {
    const auto take = [&text] {
        std::uint32_t length = 0;
        text.copy(reinterpret_cast<char*>(&length), sizeof length);
        std::string part{text.substr(sizeof length, length)};
        text.remove_prefix(sizeof length + length);
        return part;
    };
    Entries entries;
    while (!text.empty()) {
        std::string key = take();
        entries[std::move(key)] = take();
    }
    return entries;
}

std::string without_suffix(const std::string& path) {
    if (!path.ends_with(".db")) throw std::runtime_error{path + ": makemap wants a name that ends with .db"};
    return path.substr(0, path.size() - 3);
}

}  // namespace

Contents read_contents(const std::string& path) {
    if (!std::filesystem::exists(path)) return {};
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
    Descriptor from{ends[0]};
    Descriptor to{ends[1]};
    const pid_t child = ::fork();
    if (child == 0) read_in_child(path, to.get());
    to = Descriptor{};
    const std::string text = read_all(from.get());
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        return {Contents::State::damaged, {}, "libdb ended by signal " + std::to_string(WTERMSIG(status))};
    if (WEXITSTATUS(status) != 0) return {Contents::State::damaged, {}, text};
    return {Contents::State::sound, entries_in(text), {}};
}

Entries unmakemap(const std::string& path) {
    const Ended ended = run({{kMakemap, "-u", "hash", without_suffix(path)}});
    if (ended.code != 0) throw std::runtime_error{"makemap -u: " + ended.error};
    Entries entries;
    for (std::size_t at = 0; at < ended.output.size();) {
        const std::size_t end = ended.output.find('\n', at);
        const std::size_t tab = ended.output.find('\t', at);
        if (end == std::string::npos || tab > end)
            throw std::runtime_error{"makemap -u: says " + ended.output.substr(at)};
        entries[ended.output.substr(at, tab - at)] = ended.output.substr(tab + 1, end - tab - 1);
        at = end + 1;
    }
    return entries;
}

void makemap(const std::string& path, const Entries& entries, const std::string& option) {
    Command command{{kMakemap, "hash", without_suffix(path)}, {}};
    if (!option.empty()) command.words.insert(command.words.begin() + 1, option);
    for (const auto& [key, datum] : entries) command.input.append(key).append(" ").append(datum).append("\n");
    const Ended ended = run(command);
    if (ended.code != 0) throw std::runtime_error{"makemap: " + ended.error};
}

void put_entries(const std::string& path, const Entries& entries, Shape shape) {
    const Handle db = handle();
    require(db->set_pagesize(db.get(), 4096), "DB->set_pagesize");
    if (shape.fill_factor != 0) require(db->set_h_ffactor(db.get(), shape.fill_factor), "DB->set_h_ffactor");
    if (shape.expected != 0) require(db->set_h_nelem(db.get(), shape.expected), "DB->set_h_nelem");
    require(db->open(db.get(), nullptr, path.c_str(), nullptr, DB_HASH, DB_CREATE, 0640), "DB->open");
    for (const auto& [key, datum] : entries) {
        DBT where = bytes(key);
        DBT what = bytes(datum);
        require(db->put(db.get(), nullptr, &where, &what, 0), "DB->put");
    }
    require(db->sync(db.get(), 0), "DB->sync");
}

}  // namespace relay::crash
