"""For a program that LeakSanitizer cannot look into: under strace(1), or under a filter of system calls, it ends it."""

import os

NOT_LOOKED_FOR = {"ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"}
