// Whether the programs are built with a sanitizer: it keeps what was freed, for a while, and takes address space and descriptors
// of its own, so that nothing can be said of these.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILTER_RELAY_SANITIZED 1
#else
#define MILTER_RELAY_SANITIZED 0
#endif
