// How relayers.db must not be written, each way as some program does it: the harness has to find them all.
//   unsafe_writer splits FILE               many puts into an ordinary file, one sync; buckets split meanwhile
//   unsafe_writer syncs-nothing FILE        acknowledges what is not on disk
//   unsafe_writer renames-unsynced FILE     a new file, not synced before its rename
//   unsafe_writer forgets-directory FILE    a new file, synced, whose rename is not
//   unsafe_writer rewrites-in-place FILE    truncated and written again, as makemap does
//   unsafe_writer unseen FILE               by ways that the preloaded library does not see
// The addresses to add stand on standard input, one a line.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "policy/source/files/descriptor.h"
#include "tests/crash/contents.h"

using namespace relay;
using namespace relay::crash;

namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_bytes(const std::string& path, const std::string& bytes, bool sync) {
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
    if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error{path};
    if (sync) ::fsync(file.get());
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) return 64;
    const std::string_view way = argv[1];
    const std::string path = argv[2];
    Entries entries;
    for (std::string address; std::getline(std::cin, address);) entries[address] = "1700000000";
    if (way == "splits" || way == "unseen") put_entries(path, entries);
    if (way == "unseen") {
        const std::string name = path + ".unseen";
        FILE* const file = std::fopen(name.c_str(), "w");
        return file && std::fputs("unseen", file) >= 0 && std::fclose(file) == 0 ? 0 : 1;
    }
    if (way == "splits") return 0;
    const std::string scratch = std::filesystem::path{path}.parent_path().parent_path() / "scratch.db";
    std::filesystem::copy_file(path, scratch, std::filesystem::copy_options::overwrite_existing);
    put_entries(scratch, entries, {});
    const std::string bytes = bytes_of(scratch);
    if (way == "syncs-nothing" || way == "rewrites-in-place") {
        write_bytes(path, bytes, way == "rewrites-in-place");
        return 0;
    }
    write_bytes(path + ".new", bytes, way == "forgets-directory");
    std::filesystem::rename(path + ".new", path);
    if (way == "forgets-directory") return 0;
    const std::string parent = std::filesystem::path{path}.parent_path();
    const Descriptor directory{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return ::fsync(directory.get()) == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "unsafe_writer: %s\n", error.what());
    return 74;
}
