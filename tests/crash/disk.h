// A disk whose power may fail: what of a directory tree is sure to be on it, and what only may be.
//
// A file's bytes, size and mode are sure once the file was synced after them, a name once its directory was. What was
// not synced survives in any subset, in its order. Writes are torn at pages of 4096 bytes, never within one: that much
// the file systems of Linux promise in practice, and Berkeley DB relies on it. A smaller unit is for what a device
// without that promise would do.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/crash/trace.h"

namespace relay::crash {

/// The bytes of a file, page by page; what is missing is zero.
struct Image {
    static constexpr std::uint64_t kPage = 4096;
    struct Page {
        std::array<char, kPage> bytes{};
        std::uint64_t fingerprint = 0;  ///< 0 where all bytes are zero.
    };

    std::map<std::uint64_t, std::shared_ptr<const Page>> pages;
    std::uint64_t size = 0;
    std::uint64_t mode = 0;

    void write(std::uint64_t offset, std::string_view bytes);
    void resize(std::uint64_t new_size);
    /// The same bytes and size have the same fingerprint.
    [[nodiscard]] std::uint64_t fingerprint() const;
};

/// Names, relative to the tree, and what they name.
using Tree = std::map<std::string, Image>;

Tree load_tree(const std::string& directory);
/// Into an empty directory.
void store_tree(const Tree& tree, const std::string& directory);

/// Says of each change that was not synced whether it survives.
using Survives = std::function<bool()>;

class Disk {
public:
    /// Everything in `tree` is synced. `inodes`: of the files by name, as the trace will call them.
    /// `unit`: of how many bytes each survives whole, a power of two.
    Disk(const Tree& tree, const std::map<std::string, std::uint64_t>& inodes, std::uint64_t unit = Image::kPage);
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    void apply(const Operation& operation);
    /// What is found after the power came back.
    [[nodiscard]] Tree after_power_cut(const Survives& survives) const;
    /// What running processes see.
    [[nodiscard]] Tree now() const;

private:
    struct File {
        Image durable;
        std::vector<Operation> pending;
    };
    /// Several names at once change atomically: a rename. No file: the name is gone.
    struct Entries {
        std::vector<std::pair<std::string, std::shared_ptr<File>>> changes;
    };
    using Names = std::map<std::string, std::shared_ptr<File>>;

    void change_names(Entries entries);
    void sync_directory(const std::string& name);

    std::uint64_t unit_;
    std::map<std::uint64_t, std::shared_ptr<File>> files_;
    Names names_;
    Names durable_names_;
    std::vector<Entries> pending_names_;
};

}  // namespace relay::crash
