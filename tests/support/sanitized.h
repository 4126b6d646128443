// Whether the programs are built with a sanitizer: it keeps what was freed, for a while, and needs address space, threads and
// descriptors of its own, so that nothing can be said of these.
#pragma once

namespace relay::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace relay::test
