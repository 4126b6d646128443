// A Berkeley DB file as pages, read by pread(2) at bounded offsets: what DatabaseCheck, HashFile and the loader share.
//
// Holds no lock and owns no descriptor: the LockedFile must outlive it. One thread at a time. What is wrong with the
// bytes is thrown as std::runtime_error by name ("is cut short"), what the system says as Fault; named() joins both.
#pragma once

#include <string>
#include <vector>

#include "policy/source/database/database_page.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/database/page_bytes.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {

class PagedFile {
public:
    /// Reads the meta page; `file` is all there as far as its size tells.
    explicit PagedFile(const LockedFile& file);

    [[nodiscard]] const MetaPage& meta() const { return meta_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// The bytes of page `number`, 1 to last_page, whatever they are; valid until the next call. Who goes from page to
    /// page has up to 256 KiB of them read at once.
    Bytes page(std::uint32_t number);

private:
    void read_run(std::uint32_t number);

    int descriptor_;
    std::string path_;
    MetaPage meta_;
    std::vector<std::byte> run_;
    std::uint32_t run_first_ = 1;
    std::size_t run_pages_ = 0;
};

/// What `work` returns; what it finds wrong becomes a Fault (damaged) that names the file.
template <class Work>
auto named(const std::string& path, Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const Fault&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw Fault{Trouble::damaged, escaped(path) + ": " + error.what()};
    }
}

}  // namespace relay
