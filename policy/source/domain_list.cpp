#include "policy/source/domain_list.h"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "policy/ascii.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

constexpr std::size_t kLargest = std::size_t{16} << 20;

using Names = std::set<std::string, std::less<>>;

std::string name_of(std::string_view word) {
    std::string name{word};
    if (name.size() > 1 && name.ends_with('.')) name.pop_back();
    for (char& c : name) c = lower(c);
    return name;
}

/// As sendmail reads a class from a file: words parted by blanks, a # ends the line.
Names names_in(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\v\f";
    Names names;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, std::min(end, text.find('#')));
        text.remove_prefix(std::min(end + 1, text.size()));
        for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos; at = line.find_first_not_of(blanks)) {
            line.remove_prefix(at);
            const std::size_t length = std::min(line.find_first_of(blanks), line.size());
            names.insert(name_of(line.substr(0, length)));
            line.remove_prefix(length);
        }
    }
    return names;
}

/// One file, read again when it changed.
class NameFile {
public:
    explicit NameFile(std::string path) : path_{std::move(path)} {}

    /// Throws Fault; no names when the file is missing.
    const Names& names() {
        struct stat status {};
        const bool same = stamp_ && ::stat(path_.c_str(), &status) == 0 && FileStamp{status} == *stamp_;
        if (!same) read();
        return names_;
    }

private:
    void read() {
        stamp_.reset();
        names_.clear();
        const auto file = read_small_file(path_, kLargest);
        if (!file) return;
        names_ = names_in(file->text);
        if (file->stamp.settled()) stamp_ = file->stamp;
    }

    std::string path_;
    std::optional<FileStamp> stamp_;
    Names names_;
};

/// The domain or one above it; a name that begins with a dot stands for what is below it alone.
bool listed_or_below(const Names& names, std::string_view domain) {
    if (names.contains(domain)) return true;
    for (std::size_t dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.', dot + 1))
        if (names.contains(domain.substr(dot)) || names.contains(domain.substr(dot + 1))) return true;
    return false;
}

}  // namespace

struct DomainList::State {
    explicit State(DestinationSettings settings)
        : configured(settings.domains.begin(), settings.domains.end()), local_host_names{settings.local_host_names},
          relay_domains{settings.relay_domains} {}

    Lookup<Listed> find(std::string_view domain, bool relayed) {
        if (configured.contains(domain)) return Listed{};
        std::string why;
        const auto listed = [&why](auto&& ask) {
            try {
                return ask();
            } catch (const Fault& fault) {
                why += (why.empty() ? "" : "; ") + std::string{fault.what()};
                return false;
            }
        };
        if (listed([&] { return local_host_names.names().contains(domain); })) return Listed{};
        if (relayed && listed([&] { return listed_or_below(relay_domains.names(), domain); })) return Listed{};
        if (!why.empty()) return Failed{why};
        return Absent{};
    }

    std::mutex mutex;
    Names configured;
    NameFile local_host_names;
    NameFile relay_domains;
};

DomainList::DomainList(DestinationSettings settings) : state_{std::make_unique<State>(std::move(settings))} {}
DomainList::~DomainList() = default;

Lookup<Listed> DomainList::find(std::string_view domain) const {
    if (domain.empty()) return Absent{};
    const std::lock_guard guard{state_->mutex};
    return state_->find(domain, true);
}

Lookup<Listed> DomainList::find_local(std::string_view domain) const {
    if (domain.empty()) return Absent{};
    const std::lock_guard guard{state_->mutex};
    return state_->find(domain, false);
}

}  // namespace relay
