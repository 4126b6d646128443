#include "policy/source/database/new_database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "policy/source/database/database.h"
#include "policy/source/files/descriptor.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

/// A file that goes away with its owner, whatever other names it has got.
class TemporaryFile {
public:
    /// Beside `path`, so that a link to it stays within the file system.
    explicit TemporaryFile(const std::string& path) : name_{path + ".XXXXXX"}, descriptor_{::mkostemp(name_.data(), O_CLOEXEC)} {
        if (!descriptor_) throw system_fault(path, "make a new file in its directory", errno);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { ::unlink(name_.c_str()); }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

private:
    std::string name_;
    Descriptor descriptor_;
};

/// /etc/mail belongs to the group that sendmail and the milter read it as. A process outside that group keeps its own.
void take_group_of(const Descriptor& directory, const TemporaryFile& file) {
    struct stat status {};
    if (::fstat(directory.get(), &status) != 0) return;
    [[maybe_unused]] const int ignored = ::fchown(file.descriptor(), static_cast<uid_t>(-1), status.st_gid);
}

}  // namespace

void create_relayers_database(const std::string& path) {
    std::string parent = std::filesystem::path{path}.parent_path();
    if (parent.empty()) parent.push_back('.');
    const Descriptor directory{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) throw system_fault(path, "look into its directory", errno);
    const TemporaryFile file{path};
    Database::create(file.name());
    take_group_of(directory, file);
    if (::fchmod(file.descriptor(), 0640) != 0 || ::fsync(file.descriptor()) != 0)
        throw system_fault(path, "write to disk", errno);
    if (::link(file.name().c_str(), path.c_str()) != 0 && errno != EEXIST) throw system_fault(path, "create", errno);
    if (::fsync(directory.get()) != 0) throw system_fault(path, "write its directory to disk", errno);
}

}  // namespace relay
