// A value of a log line that came from a peer: one word, every byte printable, of bounded length.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// As policy/source/files/escaped.h, and space and " become \xHH as well. At most `most` bytes are taken; "..." follows then.
std::string log_value(std::string_view bytes, std::size_t most = 256);

}  // namespace relay
