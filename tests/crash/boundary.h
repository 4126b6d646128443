// One boundary of the process that boundaries.cpp is preloaded into: counts it, stops or fails there, records it.
//
// Kernel calls are made with syscall(2), so that nothing here goes through what boundaries.cpp interposes.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/crash/trace.h"

namespace relay::crash {

/// The file of a descriptor, or the name as a call means it, relative to the watched tree; nothing when outside of it.
std::optional<std::string> watched(int descriptor);
std::optional<std::string> watched(int directory, const char* name);

bool exists(int directory, const char* name);
std::uint64_t inode_of(int descriptor);
std::uint64_t inode_of(int directory, const char* name);
std::uint64_t size_of(int descriptor);
/// What stands there now.
std::string bytes_at(int descriptor, std::uint64_t offset, std::size_t length);

/// Makes the call, unless this is where the process is to end or to fail. `call` gets the largest part of `length`
/// that it may write and answers as its system call (-1 and errno); `complete` fills in what is known only afterwards.
long at_boundary(Operation operation, std::size_t length, const std::function<long(std::size_t)>& call,
                 const std::function<void(Operation&, long result)>& complete);

}  // namespace relay::crash
