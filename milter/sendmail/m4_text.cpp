#include "milter/sendmail/m4_text.h"

#include <algorithm>
#include <cctype>

namespace relay {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Reader {
public:
    explicit Reader(std::string_view text) : text_{text} {}

    M4Text read() {
        M4Text found;
        while (at_ < text_.size())
            if (!skip_token() && begins_word()) read_call(found.calls);
        found.ends_in_quotes = ends_in_quotes_;
        return found;
    }

private:
    bool begins_word() const {
        return is_word(text_[at_]) && std::isdigit(static_cast<unsigned char>(text_[at_])) == 0;
    }

    std::string_view take_word() {
        const auto begin = at_;
        while (at_ < text_.size() && is_word(text_[at_])) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    void skip_line() { at_ = line_end(text_, at_); }

    void skip_quotes() {
        for (int depth = 0; at_ < text_.size(); ++at_) {
            if (text_[at_] == '`') ++depth;
            if (text_[at_] == '\'' && --depth == 0) {
                ++at_;
                return;
            }
        }
        ends_in_quotes_ = true;
    }

    /// Steps over quotes, a comment, a number, or any byte that begins no word; false where a word begins.
    bool skip_token() {
        if (text_[at_] == '`') skip_quotes();
        else if (text_[at_] == '#') skip_line();
        else if (is_word(text_[at_]) && !begins_word()) take_word();
        else if (!is_word(text_[at_])) ++at_;
        else return false;
        return true;
    }

    void read_call(std::vector<M4Call>& calls) {
        M4Call call{.name = {}, .arguments = {}, .begin = at_};
        call.line = 1 + static_cast<unsigned>(std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n'));
        call.name = take_word();
        if (call.name == "dnl") return skip_line();
        if (at_ < text_.size() && text_[at_] == '(') read_arguments(call);
        call.end = at_;
        calls.push_back(std::move(call));
    }

    void read_arguments(M4Call& call) {
        auto begin = ++at_;
        for (int depth = 0; at_ < text_.size();) {
            const char c = text_[at_];
            if (depth == 0 && (c == ',' || c == ')')) {
                call.arguments.push_back(argument(begin));
                begin = ++at_;
                if (c == ')') return;
            } else if (c == '(' || c == ')') {
                depth += c == '(' ? 1 : -1;
                ++at_;
            } else if (!skip_token() && take_word() == "dnl") {
                skip_line();
            }
        }
        call.closed = false;
    }

    std::string argument(std::size_t begin) const {
        auto raw = text_.substr(begin, at_ - begin);
        while (!raw.empty() && std::isspace(static_cast<unsigned char>(raw.front())) != 0) raw.remove_prefix(1);
        while (!raw.empty() && std::isspace(static_cast<unsigned char>(raw.back())) != 0) raw.remove_suffix(1);
        if (raw.size() >= 2 && raw.front() == '`' && raw.back() == '\'') raw = raw.substr(1, raw.size() - 2);
        return std::string{raw};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool ends_in_quotes_ = false;
};

}  // namespace

std::size_t line_begin(std::string_view text, std::size_t at) {
    const auto before = at == 0 ? text.npos : text.rfind('\n', at - 1);
    return before == text.npos ? 0 : before + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) {
    const auto newline = text.find('\n', at);
    return newline == text.npos ? text.size() : newline + 1;
}

M4Text read_m4(std::string_view text) { return Reader{text}.read(); }

}  // namespace relay
