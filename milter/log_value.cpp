#include "milter/log_value.h"

#include "policy/source/files/escaped.h"

namespace relay {

std::string log_value(std::string_view bytes, std::size_t most) {
    std::string word;
    for (const char c : escaped(bytes.substr(0, most)))
        if (c == ' ') word += "\\x20";
        else if (c == '"') word += "\\x22";
        else word += c;
    if (bytes.size() > most) word += "...";
    return word;
}

}  // namespace relay
