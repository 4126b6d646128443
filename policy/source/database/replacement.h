// A new file that is to take the place of a locked one: complete and on disk before anybody sees it, or never there.
//
// It is made beside the real file, whatever symbolic links lead there, with owner, mode, group, access control list and
// labels of the old one before it has any content. Its name is always the same, and only who has the database locked
// makes it: one that is there already belonged to a writer that died, and is removed. Errors are thrown as Fault.
#pragma once

#include <string>

#include "policy/source/database/locked_file.h"

namespace relay {

class Replacement {
public:
    /// `file` is locked exclusively and must outlive this.
    explicit Replacement(const LockedFile& file);
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    /// Removes the new file where it has not taken its place.
    ~Replacement();

    /// To be filled by this name. It is locked exclusively, as long as this lives.
    [[nodiscard]] const LockedFile& file() const { return file_; }
    /// The real name of the file that is to be replaced.
    [[nodiscard]] const std::string& target() const { return target_; }

    /// To disk, where nobody sees it yet.
    void complete() const;
    /// To its place. The old file gets the new name `old_name` where that is not empty, and a later time, by which open
    /// sendmail maps see that they are to open the new one, whatever fails or is killed from then on.
    void take_place(const std::string& old_name = {});

private:
    /// The name still leads to the new file, and not to another writer's.
    [[nodiscard]] bool has_its_name() const noexcept;

    const LockedFile& old_;
    std::string target_;
    LockedFile file_;
    bool in_place_ = false;
};

/// Removes the new file of a writer that died, where there is one and the directory may be changed. `file` is locked
/// exclusively.
void remove_leftover_beside(const LockedFile& file) noexcept;
/// Makes `file` at least `bytes` long, on disk: what is written there later goes on when the disk is full. Throws Fault.
void reserve(const LockedFile& file, std::uint64_t bytes);
/// What the path of `file` names when all symbolic links are followed; throws Fault when that is another file by now.
std::string real_name(const LockedFile& file);
/// The directory of `path`; "." where it names none.
std::string directory_of(const std::string& path);
/// Brings the names in the directory of `path` to disk. Throws Fault.
void sync_directory_of(const std::string& path);

}  // namespace relay
