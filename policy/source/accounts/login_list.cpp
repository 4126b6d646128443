#include "policy/source/accounts/login_list.h"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "policy/ascii.h"
#include "policy/login_name.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

constexpr std::size_t kLargest = std::size_t{16} << 20;
constexpr std::size_t kLongestEntry = 512;
constexpr std::size_t kMostNotes = 10;
constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Bytes over 127 may be in a login; blanks and controls may not.
bool is_entry(std::string_view entry) {
    return entry.size() <= kLongestEntry && entry != "@" && std::none_of(entry.begin(), entry.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte <= ' ' || byte == 0x7f;
           });
}

std::string lowered(std::string_view text) {
    std::string word{text};
    std::transform(word.begin(), word.end(), word.begin(), lower);
    return word;
}

}  // namespace

struct LoginList::State {
    explicit State(std::string name) : path{std::move(name)} {}

    /// Throws Fault.
    void refresh(std::vector<std::string>& notes) {
        struct stat status {};
        const bool same = stamp && ::stat(path.c_str(), &status) == 0 && FileStamp{status} == *stamp;
        if (!same) read(notes);
    }

    void read(std::vector<std::string>& notes) {
        stamp.reset();
        entries.clear();
        const auto file = read_small_file(path, kLargest);
        if (!file) return notes.push_back(escaped(path) + ": is missing; it counts as empty");
        take(file->text, notes);
        if (file->stamp.settled()) stamp = file->stamp;
    }

    void take(std::string_view text, std::vector<std::string>& notes) {
        std::size_t bad = 0;
        for (unsigned line = 1; !text.empty(); ++line) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            const std::string_view entry = trimmed(text.substr(0, std::min(end, text.find('#'))));
            text.remove_prefix(std::min(end + 1, text.size()));
            if (entry.empty()) continue;
            if (is_entry(entry)) add(entry);
            else if (++bad <= kMostNotes) notes.push_back(bad_line(line, entry));
        }
        if (bad > kMostNotes) notes.push_back(escaped(path) + ": " + std::to_string(bad - kMostNotes) + " more such lines");
    }

    void add(std::string_view entry) {
        if (entry.front() == '@') entries.insert(lowered(entry));
        else for (std::string& spelling : login_spellings(entry)) entries.insert(std::move(spelling));
    }

    [[nodiscard]] std::string bad_line(unsigned line, std::string_view entry) const {
        return escaped(path) + ':' + std::to_string(line) + ": \"" + escaped(entry.substr(0, 64)) +
               "\" is no login, address or @domain; passed over";
    }

    [[nodiscard]] bool lists(const std::string& login) const {
        const auto listed = [&](const std::string& entry) { return entries.contains(entry); };
        const auto spellings = login_spellings(login);
        if (std::any_of(spellings.begin(), spellings.end(), listed)) return true;
        const auto domains = login_domains(login);
        return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) { return listed('@' + domain); });
    }

    std::mutex mutex;
    std::string path;
    std::optional<FileStamp> stamp;
    std::unordered_set<std::string> entries;  ///< Lower case; domains with their @.
};

LoginList::LoginList(std::string path) : state_{std::make_unique<State>(std::move(path))} {}
LoginList::~LoginList() = default;

Lookup<ListedLogins> LoginList::find(const std::vector<std::string>& logins, std::vector<std::string>& notes) const {
    const std::lock_guard guard{state_->mutex};
    try {
        state_->refresh(notes);
    } catch (const Fault& fault) {
        return Failed{fault.what()};
    }
    ListedLogins found;
    for (const std::string& login : logins)
        if (state_->lists(login)) found.names.push_back(login);
    if (found.names.empty()) return Absent{};
    return found;
}

}  // namespace relay
