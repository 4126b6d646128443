#include "policy/source/database/database.h"

#include <db.h>

#include <cerrno>
#include <limits>
#include <vector>

#include "policy/source/database/database_check.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::size_t kMaxRecord = std::size_t{1} << 20;
constexpr int kMaxDuplicates = 1000;
constexpr std::uint32_t kPageSize = 4096;
constexpr std::uint32_t kFillFactor = 75;       // With kExpectedEntries: no bucket ever splits, so that a crash
constexpr std::uint32_t kExpectedEntries = 100'000;  // beside a put of a new key cannot lose old ones.

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

    Cursor cursor(std::string_view doing) {
        DBC* opened = nullptr;
        check(db->cursor(db.get(), nullptr, &opened, 0), doing);
        return Cursor{opened};
    }

    std::string path;
    std::string message;
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

/// Duplicates would make "the entry of an address" mean several.
void require_writable(DB& db, const LockedFile& file) {
    std::uint32_t flags = 0;
    if (db.get_flags(&db, &flags) != 0 || (flags & (DB_DUP | DB_DUPSORT)) != 0)
        throw Fault{Trouble::damaged, escaped(file.path()) + ": holds several records for one key (makemap -d); "
                                                             "build it again without -d"};
}

}  // namespace

Database::Database(const LockedFile& file, Access access, DatabaseCheck& check) {
    check.require_sound(file);
    handle_ = std::make_unique<Handle>(file.path());
    DB& db = *handle_->db;
    const std::uint32_t flags = access == Access::read ? DB_RDONLY : 0;
    handle_->check(db.open(&db, nullptr, file.path().c_str(), nullptr, DB_UNKNOWN, flags, 0), "open");
    require_same(db, file);
    if (access == Access::write) require_writable(db, file);
}

Database::~Database() = default;

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

void Database::commit() {
    handle_->check(handle_->db->sync(handle_->db.get(), 0), "write to disk");
    DB* db = handle_->db.release();
    handle_->check(db->close(db, 0), "close");
}

void Database::create(const std::string& path) {
    Handle handle{path};
    DB& db = *handle.db;
    handle.check(db.set_pagesize(&db, kPageSize), "prepare");
    handle.check(db.set_h_ffactor(&db, kFillFactor), "prepare");
    handle.check(db.set_h_nelem(&db, kExpectedEntries), "prepare");
    handle.check(db.open(&db, nullptr, path.c_str(), nullptr, DB_HASH, DB_CREATE | DB_TRUNCATE, 0), "create");
    handle.check(db.sync(&db, 0), "write to disk");
}

}  // namespace relay
