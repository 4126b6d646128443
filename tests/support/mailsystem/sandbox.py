"""The system calls that milter-relay.service leaves to the daemon, for daemons that no systemd starts.

The filter is made out of the unit's own lines, and the sets in them (@system-service) out of systemd's.
"""

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path

UNIT = Path(__file__).resolve().parents[3] / "packaging/systemd/milter-relay.service.in"
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, EPERM = 0x7FFF0000, 0x00050000, 1
INSTRUCTION = 8  # bytes of a BPF instruction


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


_libc = ctypes.CDLL(None, use_errno=True)


def _calls_of(name: str) -> set[str]:
    """The system calls of a set such as @system-service, or the one that is named."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in said.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*(_calls_of(word) for word in words))


def permitted_calls(unit: Path = UNIT) -> set[str]:
    permitted: set[str] = set()
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith("SystemCallFilter="):
            names = line.partition("=")[2]
            calls = set().union(*(_calls_of(name) for name in names.removeprefix("~").split()))
            permitted = permitted - calls if names.startswith("~") else permitted | calls
    return permitted


@functools.cache
def _filter() -> _Program:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(SCMP_ACT_ERRNO | EPERM)))
    for name in sorted(permitted_calls()):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # below it: a call of another machine
            library.seccomp_rule_add_exact(context, ctypes.c_uint32(SCMP_ACT_ALLOW), number, 0)
    with tempfile.TemporaryFile() as file:
        if library.seccomp_export_bpf(context, file.fileno()) != 0:
            raise RuntimeError("libseccomp does not make a filter of the unit's SystemCallFilter")
        file.seek(0)
        instructions = file.read()
    library.seccomp_release(context)
    return _Program(len(instructions) // INSTRUCTION, instructions)


def confine():
    """A function for subprocess' preexec_fn: afterwards the process has no other calls, and gains no rights by execve(2)."""
    program = _filter()

    def in_child() -> None:
        if _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    return in_child
