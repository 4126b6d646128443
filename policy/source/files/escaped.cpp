#include "policy/source/files/escaped.h"

namespace relay {

std::string escaped(std::string_view bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && byte != '\\')
            text += c;
        else
            text.append({'\\', 'x', kHex[byte >> 4], kHex[byte & 15]});
    }
    return text;
}

}  // namespace relay
