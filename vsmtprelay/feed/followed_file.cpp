#include "vsmtprelay/feed/followed_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds kQuiet{10};  ///< A renamed file may still grow until the logger opens the new one.
constexpr std::chrono::seconds kSlack{1};   ///< File systems' clocks are coarse.
constexpr std::size_t kMostNames = 1000;

bool is_compressed(const std::string& name) {
    return name.ends_with(".gz") || name.ends_with(".xz") || name.ends_with(".bz2") || name.ends_with(".zst");
}

/// The file and what it may have been renamed or copied to: mail.log, mail.log.1, mail.log-20261122 ...
std::vector<std::string> names_of(const std::string& path) {
    const std::filesystem::path file{path};
    const std::string base = file.filename();
    std::vector<std::string> names{path};
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator{file.has_parent_path() ? file.parent_path() : ".", error}) {
        const std::string name = entry.path().filename();
        const bool rotated = name.size() > base.size() + 1 && name.starts_with(base)
                             && (name[base.size()] == '.' || name[base.size()] == '-');
        if (rotated && !is_compressed(name) && entry.is_regular_file(error) && names.size() < kMostNames)
            names.push_back(entry.path());
    }
    return names;
}

}  // namespace

FollowedFile::FollowedFile(std::string path, const std::vector<FilePosition>& saved, Say say)
    : path_{std::move(path)}, say_{std::move(say)} {
    for (const FilePosition& position : saved) resume(position);
    has_current_ = !tails_.empty() && is_current(tails_.back().file);
    for (const FilePosition& position : saved)
        looked_ = looked_ == sys_seconds{} ? position.at : std::min(looked_, position.at);
    if (!saved.empty()) add_rotated(looked_, {});
}

/// Files that came and went in between: rotated since then, and not read from yet. To read a line twice does no harm.
void FollowedFile::add_rotated(sys_seconds since, sys_seconds now) {
    std::vector<std::pair<timespec, Tail>> found;
    for (const std::string& name : names_of(path_)) {
        struct stat status {};
        if (name == path_ || ::stat(name.c_str(), &status) != 0
            || status.st_mtim.tv_sec < since.time_since_epoch().count())
            continue;
        const auto is_this = [&status](const Tail& tail) { return tail.file.is(status.st_dev, status.st_ino); };
        if (std::any_of(tails_.begin(), tails_.end(), is_this)) continue;
        if (auto file = LogTail::open(name)) found.push_back({status.st_mtim, Tail{std::move(*file), now}});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first.tv_sec, a.first.tv_nsec) < std::tie(b.first.tv_sec, b.first.tv_nsec);
    });
    for (auto& [time, tail] : found) tails_.insert(tails_.end() - (has_current_ ? 1 : 0), std::move(tail));
}

void FollowedFile::resume(const FilePosition& saved) {
    auto found = find(saved, true);
    if (!found) found = find(saved, false);
    if (found)
        tails_.push_back({std::move(*found), {}});
    else
        say_(escaped(path_)
             + ": the file that was read last is gone, or compressed; logins in its last lines may be missing");
}

std::optional<LogTail> FollowedFile::find(const FilePosition& wanted, bool same_file) const {
    if (!same_file && wanted.before.empty()) return std::nullopt;
    for (const std::string& name : names_of(path_)) {
        auto file = LogTail::open(name, wanted);
        if (file && file->is(wanted.device, wanted.inode) == same_file && file->continues()) return file;
    }
    return std::nullopt;
}

bool FollowedFile::is_current(const LogTail& file) const {
    struct stat status {};
    return ::stat(path_.c_str(), &status) == 0 && file.is(status.st_dev, status.st_ino);
}

bool FollowedFile::read(const LogTail::Take& take, sys_seconds now) {
    look_for_rotation(now);
    for (Tail& tail : tails_) {
        if (!tail.file.read(take)) continue;
        tail.grew = now;
        return true;
    }
    looked_ = now;
    if (!has_current_) return false;
    const auto is_over = [now](const Tail& tail) { return now - tail.grew > kQuiet || now < tail.grew; };
    tails_.erase(std::remove_if(tails_.begin(), tails_.end() - 1, is_over), tails_.end() - 1);
    return false;
}

void FollowedFile::look_for_rotation(sys_seconds now) {
    if (has_current_ && !is_current(tails_.back().file)) {
        has_current_ = false;
        tails_.back().grew = now;
    }
    if (has_current_ && !tails_.back().file.continues()) read_truncated(now);
    if (has_current_) return;
    auto file = LogTail::open(path_);
    if (!file) return;
    const bool was_there = !tails_.empty();
    tails_.push_back({std::move(*file), now});
    has_current_ = true;
    if (was_there) add_rotated(looked_ - kSlack, now);
}

/// The lines that came between the last look and the truncation stand in the copy alone.
void FollowedFile::read_truncated(sys_seconds now) {
    auto copy = find(tails_.back().file.position(), false);
    tails_.back().file.restart();
    const bool found = copy.has_value();
    if (copy) tails_.insert(tails_.end() - 1, Tail{std::move(*copy), now});
    add_rotated(looked_ - kSlack, now);
    if (!found)
        say_(escaped(path_)
             + ": was cut short, and no copy of it is to be found; logins in its last lines may be missing");
}

std::vector<FilePosition> FollowedFile::positions() const {
    std::vector<FilePosition> positions;
    for (const Tail& tail : tails_) {
        positions.push_back(tail.file.position());
        positions.back().at = looked_;
    }
    return positions;
}

}  // namespace relay
