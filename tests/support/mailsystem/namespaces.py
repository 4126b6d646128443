"""Moves this process into private mount, UTS, IPC, network and PID namespaces, where all that it starts dies with it.

The process that calls enter() stays outside as a supervisor: it hands signals on and returns the exit code. Its child
is process 1 of the new PID namespace, which buries those whom nobody else waits for (sendmail leaves many), and the child of
that carries on after enter(). When any of them ends, however it ends, the kernel kills every other process in there, and
the mounts and network devices go with the last of them.
"""

import ctypes
import os
import signal
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 0x1, 0x20, 0x1000, 0x2000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
SI_USER = 0  # si_code of a signal that a process sent
SUPERVISED = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

_libc = ctypes.CDLL(None, use_errno=True)


class CannotRun(Exception):
    """This machine or account cannot run the mail system; the text says why."""


def _call(what: str, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, fstype: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    arguments = [text.encode() or None for text in (source, target, fstype)]
    _call(f"mount {source or fstype} on {target}",
          _libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None))


def set_network_namespace(descriptor: int) -> None:
    """setns(2) for the calling thread alone; sockets keep the namespace in which they were made."""
    _call("setns", _libc.setns(descriptor, CLONE_NEWNET))


def set_host_name(name: str) -> None:
    encoded = name.encode()
    _call("sethostname", _libc.sethostname(encoded, len(encoded)))


def enter() -> int:
    """Returns in new namespaces, with the number that the host knows this process by.

    Raises CannotRun where namespaces cannot be had.
    """
    if os.geteuid() != 0:
        raise CannotRun("must be root: the mail system runs in namespaces of its own")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        _call("unshare", _libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID))
    except OSError as error:
        raise CannotRun(f"the kernel refuses new namespaces ({error}); in a container this needs --privileged") from None
    signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISED)
    _carry_on_in_child()  # as process 1
    _carry_on_in_child()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_once)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISED)
    mount("", "/", flags=MS_REC | MS_PRIVATE)
    number_on_host = int(os.readlink("/proc/self"))  # this is still the host's /proc
    mount("proc", "/proc", "proc")
    return number_on_host


def _carry_on_in_child() -> None:
    """Returns in a child, whose end is this process's end, and the other way round."""
    child = os.fork()
    if child != 0:
        os._exit(_supervise(child))
    _call("prctl", _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))


def _end_once(number: int, _) -> None:
    """The first signal ends the program in order; one that comes twice, by way of the supervisor too, does not disturb that."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _supervise(child: int) -> int:
    """Hands signals on to `child`, and buries all others that end; returns the exit code of `child`."""
    while True:
        received = signal.sigwaitinfo(SUPERVISED)
        if received.si_signo != signal.SIGCHLD:
            if received.si_code == SI_USER:  # a terminal's Ctrl-C went to the child as well
                os.kill(child, signal.SIGINT if received.si_signo == signal.SIGINT else signal.SIGTERM)
            continue
        while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
            if ended[0] == child:
                code = os.waitstatus_to_exitcode(ended[1])
                return code if code >= 0 else 128 - code
