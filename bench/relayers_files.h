// Databases to measure with, made once a run and removed at its end; and libdb's own ways, to be compared with.
#pragma once

#include <db.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/load/client_address.h"

namespace relay::bench {

struct CloseDb {
    void operator()(DB* db) const { db->close(db, DB_NOSYNC); }
};
using OpenDb = std::unique_ptr<DB, CloseDb>;

inline void must(int error) {
    if (error != 0) throw std::runtime_error{db_strerror(error)};
}

inline OpenDb open_db(const std::string& path, std::uint32_t flags) {
    DB* created = nullptr;
    must(db_create(&created, nullptr, 0));
    OpenDb db{created};
    must(db->open(db.get(), nullptr, path.c_str(), nullptr, DB_UNKNOWN, flags, 0));
    return db;
}

inline DBT dbt(const std::string& text) {
    DBT value{};
    value.data = const_cast<char*>(text.data());
    value.size = static_cast<std::uint32_t>(text.size());
    return value;
}

class Files {
public:
    Files() {
        if (!::mkdtemp(directory_.data())) throw std::runtime_error{"mkdtemp"};
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() { std::filesystem::remove_all(directory_); }

    /// Pre-sized for `entries` clients, so that no bucket splits, with all of them in it.
    std::string with(std::uint32_t entries) {
        const std::string path = directory_ + '/' + std::to_string(entries) + ".db";
        if (std::filesystem::exists(path)) return path;
        DB* created = nullptr;
        must(db_create(&created, nullptr, 0));
        const OpenDb db{created};
        must(db->set_pagesize(created, 4096));
        must(db->set_h_ffactor(created, 75));
        must(db->set_h_nelem(created, std::max<std::uint32_t>(entries, 100'000)));
        must(db->set_cachesize(created, 0, 256U << 20, 1));
        must(db->open(created, nullptr, path.c_str(), nullptr, DB_HASH, DB_CREATE, 0640));
        for (std::uint32_t i = 0; i < entries; ++i) {
            const std::string key = client(i).text();
            const std::string data = std::to_string(1'700'000'000 + i % 100'000);
            DBT where = dbt(key);
            DBT what = dbt(data);
            must(db->put(created, nullptr, &where, &what, 0));
        }
        must(db->sync(created, 0));
        return path;
    }

private:
    std::string directory_ = "/tmp/milter-relay-bench.XXXXXX";
};

/// A figure of /proc/self/status, as "VmRSS", in bytes.
inline std::size_t process_status(const std::string& name) {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name + ':')) return std::stoul(line.substr(name.size() + 1)) * 1024;
    return 0;
}

}  // namespace relay::bench
