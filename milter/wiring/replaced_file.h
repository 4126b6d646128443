// A file that is replaced whole or not at all: the new text goes into a file beside it, is synced, and takes its name
// by rename(2). Whatever ends the program at whatever moment, the name has the old text or the new.
#pragma once

#include <sys/stat.h>

#include <string>

#include "policy/source/files/descriptor.h"

namespace relay {

/// A file of the administrator's, read whole. `path` has no symbolic link in it: a link stays, and its target is
/// replaced.
struct OldFile {
    std::string path;
    std::string text;
    struct stat status {};
};

/// Throws Fault when it is missing, no regular file, or longer than 16 MiB.
OldFile read_old_file(const std::string& path);

/// The text in a temporary file beside `path`, with the owner and mode of `like`, synced. Unless put in place it goes
/// away.
class NewFile {
public:
    /// Throws Fault. A file with the temporary name, of a run that was killed, is removed.
    NewFile(const std::string& path, const std::string& text, const struct stat& like)
        : NewFile{path, path + ".milter-relay-new", text, like} {}
    NewFile(const std::string& path, const std::string& temporary, const std::string& text, const struct stat& like);
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile();

    /// Throws Fault, and then `path` is as it was.
    void put_in_place();

private:
    std::string path_;
    std::string temporary_;
};

/// Only one wire or unwire at a time: held as long as this lives. Throws Fault when another one has it.
class DirectoryLock {
public:
    explicit DirectoryLock(const std::string& file_in_it);

private:
    Descriptor directory_;
};

/// A directory of our own under $TMPDIR or /tmp, which goes away with all that is in it.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    [[nodiscard]] const std::string& path() const { return path_; }
    /// The path of a file in it with this text, readable for root alone. Throws Fault.
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;

private:
    std::string path_;
};

std::string parent_directory(const std::string& path);

}  // namespace relay
