#include "policy/source/database/database.h"

#include <db.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <vector>

#include "policy/source/database/database_check.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr std::size_t kMaxRecord = std::size_t{1} << 20;
constexpr int kMaxDuplicates = 1000;
/// More pairs than a page can hold. By the number of its pairs, then, no bucket ever splits, which is no single write.
constexpr std::uint32_t kFillFactor = kPageSize / 6;
constexpr std::uint64_t kLeastCache = 256 << 10;
constexpr std::uint64_t kMostCache = 256 << 20;

struct CloseDb {
    /// What was not committed is not written.
    void operator()(DB* db) const { db->close(db, DB_NOSYNC); }
};
struct CloseCursor {
    void operator()(DBC* cursor) const { cursor->close(cursor); }
};
using Cursor = std::unique_ptr<DBC, CloseCursor>;

/// libdb only reads what a key or datum of put() and get() points to.
DBT bytes(std::string_view text) {
    DBT dbt{};
    dbt.data = const_cast<char*>(text.data());
    dbt.size = static_cast<std::uint32_t>(text.size());
    return dbt;
}

/// Memory of ours, of bounded size, that libdb fills: a damaged length cannot make it allocate or overrun.
class Buffer {
public:
    DBT* dbt() {
        dbt_.data = memory_.data();
        dbt_.ulen = static_cast<std::uint32_t>(memory_.size());
        dbt_.flags = DB_DBT_USERMEM;
        return &dbt_;
    }
    /// After DB_BUFFER_SMALL; false when this one was large enough or the limit is reached.
    bool grow() {
        if (dbt_.size <= memory_.size() || dbt_.size > kMaxRecord) return false;
        memory_.resize(dbt_.size);
        return true;
    }
    [[nodiscard]] std::string_view text() const { return {memory_.data(), dbt_.size}; }

private:
    DBT dbt_{};
    std::vector<char> memory_ = std::vector<char>(4096);
};

}  // namespace

struct Database::Handle {
    explicit Handle(std::string name) : path{std::move(name)} {
        DB* created = nullptr;
        check(db_create(&created, nullptr, 0), "prepare");
        db.reset(created);
        db->dbenv->app_private = this;
        db->set_errcall(db.get(), remember);
        db->set_msgcall(db.get(), [](const DB_ENV*, const char*) {});
    }

    static void tell(DB* db, int /*operation*/, int percent) noexcept {
        auto& handle = *static_cast<Handle*>(db->dbenv->app_private);
        try {
            if (!handle.thrown) handle.watch->percent(percent);
        } catch (...) {
            handle.thrown = std::current_exception();
        }
    }

    /// libdb says in its messages what an error number cannot; the first one counts.
    static void remember(const DB_ENV* environment, const char* /*prefix*/, const char* message) noexcept {
        auto& said = static_cast<Handle*>(environment->app_private)->message;
        try {
            if (said.empty()) said = message;
        } catch (...) {  // NOLINT(bugprone-empty-catch): the error number still tells.
        }
    }

    void check(int error, std::string_view doing, std::string_view key = {}) const {
        if (error != 0) throw fault(error, doing, key);
    }

    [[nodiscard]] Fault fault(int error, std::string_view doing, std::string_view key) const {
        const bool permission = error == EACCES || error == EPERM;
        const bool of_system = error > 0 && error != EINVAL;
        std::string why = escaped(path) + ": " + std::string{doing};
        if (!key.empty()) why += " " + escaped(key);
        why += ": " + std::string{db_strerror(error)};
        if (!message.empty()) why += " (" + escaped(message) + ")";
        return {permission ? Trouble::forbidden : of_system ? Trouble::system : Trouble::damaged, why};
    }

    void set_cache(std::uint64_t bytes) const {
        const auto size = static_cast<std::uint32_t>(std::clamp(bytes, kLeastCache, kMostCache));
        check(db->set_cachesize(db.get(), 0, size, 1), "prepare");
    }

    void open(std::uint32_t flags) const {
        check(db->open(db.get(), nullptr, path.c_str(), nullptr, DB_UNKNOWN, flags, 0), "open");
    }

    Cursor cursor(std::string_view doing) {
        DBC* opened = nullptr;
        check(db->cursor(db.get(), nullptr, &opened, 0), doing);
        return Cursor{opened};
    }

    std::string path;
    std::string message;
    Watch* watch = nullptr;  ///< Told by verify(); what it threw is kept, as no exception may pass through C.
    std::exception_ptr thrown;
    std::unique_ptr<DB, CloseDb> db;
};

namespace {

/// libdb opens by path; what it opened must be what was locked and checked.
void require_same(DB& db, const LockedFile& file) {
    int descriptor = -1;
    struct stat status {};
    if (db.fd(&db, &descriptor) != 0 || ::fstat(descriptor, &status) != 0 || !FileStamp{status}.same_file(file.stamp()))
        throw Fault{Trouble::replaced, escaped(file.path()) + ": was replaced while it was being opened"};
}

void require_writable(DB& db, const LockedFile& file) {
    std::uint32_t flags = 0;
    if (db.get_flags(&db, &flags) != 0 || (flags & (DB_DUP | DB_DUPSORT)) != 0)
        throw duplicates_fault(file.path());
}

}  // namespace

Fault duplicates_fault(const std::string& path) {
    return {Trouble::damaged, escaped(path) + ": holds several records for one key (makemap -d); build it again without -d"};
}

Database::Database(const LockedFile& file, Access access, DatabaseCheck& check) {
    check.require_sound(file);
    handle_ = std::make_unique<Handle>(file.path());
    handle_->open(access == Access::read ? DB_RDONLY : 0);
    require_same(*handle_->db, file);
    if (access == Access::write) require_writable(*handle_->db, file);
}

Database::Database(std::unique_ptr<Handle> handle) : handle_{std::move(handle)} {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Database Database::in_place(const LockedFile& file, std::size_t pages) {
    auto handle = std::make_unique<Handle>(file.path());
    handle->set_cache(2 * pages * kPageSize);
    handle->open(0);
    require_same(*handle->db, file);
    require_writable(*handle->db, file);
    return Database{std::move(handle)};
}

Database Database::create(const std::string& path, const Shape& shape) {
    auto handle = std::make_unique<Handle>(path);
    DB& db = *handle->db;
    handle->check(db.set_pagesize(&db, kPageSize), "prepare");
    handle->set_cache(shape.hash ? kLeastCache : kMostCache / 4);  // We fill a hash ourselves (hash_build.h).
    if (shape.hash) {
        handle->check(db.set_h_ffactor(&db, kFillFactor), "prepare");
        handle->check(db.set_h_nelem(&db, (shape.buckets - 1) * kFillFactor + 1), "prepare");
    }
    const DBTYPE kind = shape.hash ? DB_HASH : DB_BTREE;
    handle->check(db.open(&db, nullptr, path.c_str(), nullptr, kind, DB_CREATE | DB_TRUNCATE, 0), "create");
    handle->check(db.sync(&db, 0), "write to disk");
    return Database{std::move(handle)};
}

void Database::each_under(std::string_view key, const std::function<void(std::string_view)>& use) {
    const Cursor cursor = handle_->cursor("read");
    DBT wanted = bytes(key);
    Buffer data;
    std::uint32_t step = DB_SET;
    for (int records = 0; records < kMaxDuplicates; ++records) {
        const int error = cursor->get(cursor.get(), &wanted, data.dbt(), step);
        if (error == DB_NOTFOUND) return;
        if (error == DB_BUFFER_SMALL && data.grow()) continue;
        handle_->check(error, "read", key);
        use(data.text());
        step = DB_NEXT_DUP;
    }
    throw Fault{Trouble::damaged, escaped(handle_->path) + ": read " + escaped(key) + ": too many records"};
}

void Database::each(const std::function<void(std::string_view, std::string_view)>& use) {
    const Cursor cursor = handle_->cursor("read");
    Buffer key;
    Buffer data;
    for (;;) {
        const int error = cursor->get(cursor.get(), key.dbt(), data.dbt(), DB_NEXT);
        if (error == DB_NOTFOUND) return;
        if (error == DB_BUFFER_SMALL && (key.grow() || data.grow())) continue;
        handle_->check(error, "read its records");
        use(key.text(), data.text());
    }
}

void Database::put(std::string_view key, std::string_view data) {
    DBT where = bytes(key);
    DBT what = bytes(data);
    handle_->check(handle_->db->put(handle_->db.get(), nullptr, &where, &what, 0), "write", key);
}

bool Database::erase(std::string_view key) {
    DBT where = bytes(key);
    const int error = handle_->db->del(handle_->db.get(), nullptr, &where, 0);
    if (error == DB_NOTFOUND) return false;
    handle_->check(error, "delete", key);
    return true;
}

void Database::sync() {
    handle_->check(handle_->db->sync(handle_->db.get(), 0), "write to disk");
}

void Database::commit() {
    sync();
    handle_.reset();
}

std::string Database::verify(const LockedFile& file, Watch& watch) {
    Handle handle{file.path()};
    handle.watch = &watch;
    handle.db->set_feedback(handle.db.get(), Handle::tell);
    const int error = handle.db->verify(handle.db.release(), file.path().c_str(), nullptr, nullptr, 0);
    if (handle.thrown) std::rethrow_exception(handle.thrown);
    if (error == 0) return {};
    return handle.message.empty() ? db_strerror(error) : handle.message;
}

std::string Database::verify(const LockedFile& file) {
    Watch nobody;
    return verify(file, nobody);
}

}  // namespace relay
