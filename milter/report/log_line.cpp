#include "milter/report/log_line.h"

#include <algorithm>

#include "policy/ascii.h"

namespace relay::report {
namespace {

constexpr std::string_view kTag = "milter-relay[";
constexpr std::size_t kYearlessStamp = std::string_view{"Nov 22 06:56:47"}.size();

/// The word up to the next blank, which is taken from `rest` with it.
std::string_view take_word(std::string_view& rest) {
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

std::string_view take_stamp(std::string_view& rest) {
    if (is_digit(rest.front())) return take_word(rest);
    if (rest.size() <= kYearlessStamp || rest[kYearlessStamp] != ' ') return {};
    const auto stamp = rest.substr(0, kYearlessStamp);
    rest.remove_prefix(kYearlessStamp + 1);
    return stamp;
}

bool take_tag(std::string_view& rest) {
    if (!rest.starts_with(kTag)) return false;
    const auto number = rest.substr(kTag.size());
    const auto end = std::find_if_not(number.begin(), number.end(), is_digit);
    const auto digits = static_cast<std::size_t>(end - number.begin());
    if (digits == 0 || !number.substr(digits).starts_with("]: ")) return false;
    rest = number.substr(digits + 3);
    return true;
}

std::string_view* member_of(VerdictWords& words, std::string_view key) {
    if (key == "verdict") return &words.verdict;
    if (key == "via") return &words.via;
    if (key == "reason") return &words.reason;
    if (key == "client") return &words.client;
    if (key == "user") return &words.user;
    if (key == "mode") return &words.mode;
    return nullptr;
}

}  // namespace

std::optional<OurLine> our_line(std::string_view line) {
    if (line.empty()) return std::nullopt;
    OurLine ours;
    ours.stamp = take_stamp(line);
    if (ours.stamp.empty()) return std::nullopt;
    if (line.starts_with('<')) take_word(line);  // FreeBSD's syslogd -v: <mail.info>
    if (!take_tag(line)) {
        take_word(line);  // the host, which some syslogs leave out
        if (!take_tag(line)) return std::nullopt;
    }
    take_tag(line);  // --log stderr under a service manager that tags the lines itself
    ours.text = line;
    return ours;
}

std::optional<VerdictWords> verdict_words(std::string_view text) {
    VerdictWords words;
    words.queue_id = take_word(text);
    if (words.queue_id.size() < 2 || !words.queue_id.ends_with(':') || !text.starts_with("verdict="))
        return std::nullopt;
    words.queue_id.remove_suffix(1);
    while (!text.empty()) {
        const auto word = take_word(text);
        const auto equals = word.find('=');
        if (equals == word.npos) continue;
        auto* value = member_of(words, word.substr(0, equals));
        if (value && value->data() == nullptr) *value = word.substr(equals + 1);
    }
    return words;
}

}  // namespace relay::report
