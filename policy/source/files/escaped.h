// Bytes made fit for a terminal, a log or a mail of cron: printable ASCII stays, all else becomes \xHH.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// Blanks stay; a backslash becomes \x5c, so that no two texts look alike.
std::string escaped(std::string_view bytes);

}  // namespace relay
