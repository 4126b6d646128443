// A directory of its own for each test, and what the tests put into it.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/database/database.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/relayers/relayers_entries.h"
#include "policy/source/relayers/relayers_walk.h"

namespace relay {

class Scratch {
public:
    Scratch() {
        if (!::mkdtemp(name_.data())) throw std::runtime_error{"mkdtemp"};
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { std::filesystem::remove_all(name_); }

    [[nodiscard]] const std::string& path() const { return name_; }
    [[nodiscard]] std::string operator/(std::string_view file) const { return name_ + '/' + std::string{file}; }

private:
    std::string name_ = "/tmp/milter-relay-test.XXXXXX";
};

inline void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << bytes;
    if (!file.flush()) throw std::runtime_error{"cannot write " + path};
}

inline std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// Root may read everything, so the tests step down for a while.
class AsNobody {
public:
    AsNobody() {
        if (::geteuid() == 0 && ::seteuid(65534) != 0) throw std::runtime_error{"seteuid"};
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() {
        if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
    }
};

/// Runs sendmail's own makemap, whose warnings are told only when it fails.
inline void run_makemap(const std::string& arguments, const std::string& map, const std::string& files) {
    const std::string command = "PATH=$PATH:/usr/sbin:/sbin makemap " + arguments + " '" + map + "' " + files + " 2> '" + map + ".err'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error{"failed: " + command + ": " + read_file(map + ".err")};
}

/// `makemap("hash", dir / "relayers", "10.0.0.1 5\n")` makes dir/relayers.db.
inline void makemap(const std::string& kind, const std::string& map, const std::string& text, const std::string& options = "") {
    write_file(map + ".txt", text);
    run_makemap(options + ' ' + kind, map, "< '" + map + ".txt'");
}

/// What `makemap -u` prints.
inline std::string unmakemap(const std::string& kind, const std::string& map) {
    run_makemap("-u " + kind, map, "> '" + map + ".out'");
    return read_file(map + ".out");
}

/// Puts a record as it is into the database at `path`, which is made when it is missing.
inline void put_raw(const std::string& path, std::string_view key, std::string_view data) {
    if (!std::filesystem::exists(path)) Database::create(path);
    const auto file = LockedFile::open(path, Lock::exclusive, std::chrono::seconds{1});
    DatabaseCheck check;
    Database database{*file, Database::Access::write, check};
    database.put(key, data);
    database.commit();
}

inline std::string get_raw(const std::string& path, std::string_view key) {
    const auto file = LockedFile::open(path, Lock::shared, std::chrono::seconds{1});
    DatabaseCheck check;
    Database database{*file, Database::Access::read, check};
    std::string found = "(absent)";
    database.each_under(key, [&found](std::string_view data) { found = data; });
    return found;
}

/// Every record; nothing when the file is missing.
inline std::optional<std::vector<RelayersEntry>> read_relayers(const std::string& path, std::chrono::milliseconds lock_wait) {
    auto walk = RelayersWalk::open(path, lock_wait);
    if (!walk) return std::nullopt;
    std::vector<RelayersEntry> entries;
    while (walk->next([&entries](auto key, auto data) { entries.emplace_back(key, data); })) {
    }
    return entries;
}

/// Collects what is written to standard error while it lives.
class CapturedError {
public:
    explicit CapturedError(std::string path) : path_{std::move(path)}, saved_{::dup(2)} {
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(file, 2);
        ::close(file);
    }
    CapturedError(const CapturedError&) = delete;
    CapturedError& operator=(const CapturedError&) = delete;
    ~CapturedError() {
        ::dup2(saved_, 2);
        ::close(saved_);
    }
    [[nodiscard]] std::string text() const { return read_file(path_); }

private:
    std::string path_;
    int saved_;
};

}  // namespace relay
