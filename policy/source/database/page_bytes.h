// Numbers in the bytes of a page, in this machine's byte order; an offset outside the page is damage, never a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

namespace relay {

using Bytes = std::span<const std::byte>;

inline constexpr std::size_t kPageHeader = 26;   ///< Of every page but the meta page; 16-bit item offsets follow.
inline constexpr std::size_t kOverflowItem = 12;  ///< An item that names an overflow page: type, page number, length.

/// Throws std::runtime_error; whoever knows the file's name makes a Fault of it.
inline void require(bool condition, const char* otherwise) {
    if (!condition) throw std::runtime_error{otherwise};
}

template <class Number>
Number number_at(Bytes bytes, std::size_t offset) {
    Number number{};
    require(offset + sizeof number <= bytes.size(), "an item leaves its page");
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}
inline std::uint8_t u8(Bytes bytes, std::size_t offset) { return number_at<std::uint8_t>(bytes, offset); }
inline std::uint16_t u16(Bytes bytes, std::size_t offset) { return number_at<std::uint16_t>(bytes, offset); }
inline std::uint32_t u32(Bytes bytes, std::size_t offset) { return number_at<std::uint32_t>(bytes, offset); }

}  // namespace relay
