// Reads of a locked database file, and writes into it, each all there or an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "policy/source/database/locked_file.h"
#include "policy/source/database/page_bytes.h"

namespace relay {

/// Reads from `offset` on; returns how much, less than asked only where the file ends before. Throws Fault with `path`.
std::size_t read_at(int descriptor, const std::string& path, std::uint64_t offset, std::span<std::byte> into);

/// Writes `bytes` at `offset`. Throws Fault; then as many bytes of `before` as were overwritten are there again, if the
/// system writes at all.
void write_at(const LockedFile& file, std::uint64_t offset, Bytes bytes, Bytes before = {});

/// The number of records of a hash file. libdb keeps it for its statistics, and calls one that fell below zero damage.
void write_entries(const LockedFile& file, std::int64_t entries);

/// Everything written until now is on disk. Throws Fault.
void sync_bytes(const LockedFile& file);

}  // namespace relay
