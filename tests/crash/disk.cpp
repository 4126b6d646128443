#include "tests/crash/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "policy/source/files/descriptor.h"

namespace relay::crash {
namespace {

std::string parent_of(const std::string& name) {
    const std::string parent = std::filesystem::path{name}.parent_path();
    return parent.empty() ? "." : parent;
}

void apply_to(Image& image, const Operation& operation) {
    if (operation.kind == Kind::write) image.write(operation.value, operation.bytes);
    if (operation.kind == Kind::resize) image.resize(operation.value);
    if (operation.kind == Kind::mode) image.mode = operation.value;
}

std::uint64_t fingerprint_of(std::string_view page) {
    return page.find_first_not_of('\0') == page.npos ? 0 : std::hash<std::string_view>{}(page);
}

/// A write, as the pages, or smaller units, that may be lost one by one.
std::vector<Operation> torn(const Operation& operation, std::uint64_t unit) {
    if (operation.kind != Kind::write) return {operation};
    std::vector<Operation> parts;
    for (std::uint64_t done = 0; done < operation.bytes.size();) {
        const std::uint64_t at = operation.value + done;
        const std::uint64_t length = std::min(unit - at % unit, operation.bytes.size() - done);
        Operation part{Kind::write, 0, operation.inode, at, {}, {}, operation.bytes.substr(done, length)};
        parts.push_back(std::move(part));
        done += length;
    }
    return parts;
}

Image load_image(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) throw std::runtime_error{path + ": cannot be read"};
    Image image;
    image.mode = status.st_mode & 07777;
    std::string bytes(Image::kPage * 64, '\0');
    for (off_t at = ::lseek(file.get(), 0, SEEK_DATA); at >= 0; at = ::lseek(file.get(), at, SEEK_DATA)) {
        const off_t end = ::lseek(file.get(), at, SEEK_HOLE);
        const auto wanted = std::min(static_cast<std::size_t>(end - at), bytes.size());
        const ssize_t length = ::pread(file.get(), bytes.data(), wanted, at);
        if (length <= 0) throw std::runtime_error{path + ": cannot be read"};
        image.write(static_cast<std::uint64_t>(at), {bytes.data(), static_cast<std::size_t>(length)});
        at += length;
    }
    image.resize(static_cast<std::uint64_t>(status.st_size));
    return image;
}

void store_image(const Image& image, const std::string& path) {
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    bool stored = static_cast<bool>(file);
    for (const auto& [number, page] : image.pages) {
        const auto at = static_cast<off_t>(number * Image::kPage);
        stored = stored && ::pwrite(file.get(), page->bytes.data(), Image::kPage, at) == Image::kPage;
    }
    stored = stored && ::ftruncate(file.get(), static_cast<off_t>(image.size)) == 0;
    if (!stored || ::fchmod(file.get(), static_cast<mode_t>(image.mode)) != 0)
        throw std::runtime_error{path + ": cannot be written"};
}

}  // namespace

void Image::write(std::uint64_t offset, std::string_view bytes) {
    size = std::max(size, offset + bytes.size());
    while (!bytes.empty()) {
        auto& page = pages[offset / kPage];
        const auto changed = page ? std::make_shared<Page>(*page) : std::make_shared<Page>();
        const std::uint64_t within = offset % kPage;
        const auto length = std::min<std::size_t>(kPage - within, bytes.size());
        std::copy_n(bytes.begin(), length, changed->bytes.begin() + static_cast<std::ptrdiff_t>(within));
        changed->fingerprint = fingerprint_of({changed->bytes.data(), kPage});
        page = changed;
        offset += length;
        bytes.remove_prefix(length);
    }
}

void Image::resize(std::uint64_t new_size) {
    if (new_size < size) {
        pages.erase(pages.lower_bound((new_size + kPage - 1) / kPage), pages.end());
        if (new_size % kPage != 0 && pages.contains(new_size / kPage)) {
            const std::uint64_t end = kPage - new_size % kPage;
            write(new_size, std::string(end, '\0'));
        }
    }
    size = new_size;
}

std::uint64_t Image::fingerprint() const {
    std::uint64_t hash = size * 31 + mode;
    for (const auto& [number, page] : pages)
        if (page->fingerprint != 0) hash = hash * 1099511628211U + (page->fingerprint ^ number);
    return hash;
}

Tree load_tree(const std::string& directory) {
    Tree tree;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory})
        if (entry.is_regular_file() && !entry.is_symlink())
            tree[std::filesystem::relative(entry.path(), directory)] = load_image(entry.path());
    return tree;
}

void store_tree(const Tree& tree, const std::string& directory) {
    for (const auto& [name, image] : tree) store_image(image, directory + "/" + name);
}

Disk::Disk(const Tree& tree, const std::map<std::string, std::uint64_t>& inodes, std::uint64_t unit) : unit_{unit} {
    for (const auto& [name, image] : tree) {
        auto& file = files_[inodes.at(name)];
        if (!file) file = std::make_shared<File>(File{image, {}});
        names_[name] = file;
    }
    durable_names_ = names_;
}

void Disk::apply(const Operation& operation) {
    if (operation.error != 0) return;
    const auto known = files_.find(operation.inode);
    const std::shared_ptr<File> file = known == files_.end() ? nullptr : known->second;
    switch (operation.kind) {
        case Kind::create: {
            const auto made = files_[operation.inode] = std::make_shared<File>();
            made->durable.mode = operation.value;
            if (!operation.name.empty()) change_names({{{operation.name, made}}});
            return;
        }
        case Kind::write:
        case Kind::resize:
        case Kind::mode:
            if (file) std::ranges::move(torn(operation, unit_), std::back_inserter(file->pending));
            return;
        case Kind::sync:
            if (!file) return;
            for (const Operation& change : file->pending) apply_to(file->durable, change);
            file->pending.clear();
            return;
        case Kind::sync_directory: return sync_directory(operation.name);
        case Kind::rename:
            return change_names({{{operation.name, nullptr}, {operation.target, names_.at(operation.name)}}});
        case Kind::link: return change_names({{{operation.target, file}}});
        case Kind::unlink: return change_names({{{operation.name, nullptr}}});
        case Kind::owner:
        case Kind::touch:
        case Kind::attribute:
        case Kind::say: return;
    }
}

void Disk::change_names(Entries entries) {
    for (const auto& [name, file] : entries.changes) names_[name] = file;
    pending_names_.push_back(std::move(entries));
}

void Disk::sync_directory(const std::string& name) {
    std::erase_if(pending_names_, [&](const Entries& entries) {
        const bool here = std::ranges::any_of(entries.changes,
                                              [&](const auto& change) { return parent_of(change.first) == name; });
        if (here)
            for (const auto& [changed, file] : entries.changes) durable_names_[changed] = file;
        return here;
    });
}

Tree Disk::after_power_cut(const Survives& survives) const {
    Names names = durable_names_;
    for (const Entries& entries : pending_names_)
        if (survives())
            for (const auto& [name, file] : entries.changes) names[name] = file;
    std::map<const File*, Image> images;
    for (const auto& [name, file] : names) {
        if (!file || images.contains(file.get())) continue;
        Image& image = images[file.get()] = file->durable;
        for (const Operation& change : file->pending)
            if (survives()) apply_to(image, change);
    }
    Tree tree;
    for (const auto& [name, file] : names)
        if (file) tree[name] = images[file.get()];
    return tree;
}

Tree Disk::now() const {
    Tree tree;
    for (const auto& [name, file] : names_) {
        if (!file) continue;
        Image image = file->durable;
        for (const Operation& change : file->pending) apply_to(image, change);
        tree[name] = image;
    }
    return tree;
}

}  // namespace relay::crash
