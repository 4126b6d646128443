#include "milter/sendmail/cf_lines.h"

#include <algorithm>

namespace relay {
namespace {

std::string without_comment(std::string_view line) {
    std::string kept;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '#' && at > 0 && line[at - 1] != '$') {
            if (line[at - 1] != '\\') break;
            kept.pop_back();
        }
        kept.push_back(line[at]);
    }
    while (!kept.empty() && (is_cf_blank(kept.back()) || kept.back() == '\r')) kept.pop_back();
    return kept;
}

}  // namespace

std::vector<CfLine> cf_lines(std::string_view text) {
    std::vector<CfLine> folded;
    bool in_comment = true;  // a blank at the very beginning continues nothing
    for (unsigned number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (!line.empty() && is_cf_blank(line.front())) {
            if (!in_comment) folded.back().text.append(line);
            continue;
        }
        in_comment = line.empty() || line.front() == '#';
        if (!in_comment) folded.push_back({std::string{line}, number});
    }
    for (auto& line : folded) line.text = without_comment(line.text);
    std::erase_if(folded, [](const CfLine& line) { return line.text.empty(); });
    return folded;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_cf_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_cf_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::vector<std::string> cf_words(std::string_view text, std::string_view separators) {
    std::vector<std::string> words;
    while (true) {
        const auto begin = text.find_first_not_of(separators);
        if (begin == text.npos) return words;
        text.remove_prefix(begin);
        const auto end = std::min(text.find_first_of(separators), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

}  // namespace relay
