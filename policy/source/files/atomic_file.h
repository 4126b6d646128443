// Replaces a file whole: a reader, and a crash at any moment, finds the old bytes or the new ones.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// Writes "PATH.new" (mode 0600), syncs it, renames it to PATH and syncs the directory. One writer at a time: what a
/// killed one left as PATH.new is overwritten. Throws Fault, and PATH is then what it was.
void replace_file(const std::string& path, std::string_view bytes);

}  // namespace relay
