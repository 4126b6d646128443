// Who owns a file, who may read it, and how it is labelled: given to the file that is to take its place.
#pragma once

#include <string>

namespace relay {

/// Gives the file `to` the owner, group, mode, access control list, security label and other extended attributes of the
/// file `from`. Throws Fault, naming `path`, when one of them cannot be kept.
void copy_attributes(int from, int to, const std::string& path);

}  // namespace relay
