"""Makes the system's ports reachable from the host's loopback, while the server sees a stranger's address.

The listening sockets are made before the namespaces are entered and so stay in the host's network; each connection
goes on from the given host inside. They are closed when the process ends.
"""

import socket
import threading

from .network import MX4, Host

LISTEN_ADDRESS = "127.0.0.1"


def open_ports(ports: dict[int, int]) -> dict[int, socket.socket]:
    """Listens on the host's loopback ({port on loopback: port of the server}); returns {port of the server: socket}.

    Call it before enter(). A port that somebody else has is replaced by any free one.
    """
    listeners = {}
    for local, target in ports.items():
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LISTEN_ADDRESS, local))
        except OSError:
            listener.bind((LISTEN_ADDRESS, 0))
        listener.listen(16)
        listeners[target] = listener
    return listeners


def forward(listeners: dict[int, socket.socket], host: Host) -> None:
    """Starts the threads that hand every connection on, with the address of `host`."""
    for target, listener in listeners.items():
        threading.Thread(target=_accept, args=(listener, target, host), daemon=True).start()


def _accept(listener: socket.socket, target: int, host: Host) -> None:
    while True:
        near, _ = listener.accept()
        try:
            with host:
                far = socket.create_connection((MX4, target), timeout=10)
            far.settimeout(None)
        except OSError:
            near.close()
            continue
        for source, drain in ((near, far), (far, near)):
            threading.Thread(target=_copy, args=(source, drain), daemon=True).start()


def _copy(source: socket.socket, drain: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            drain.sendall(chunk)
        drain.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side went away, which ends the other as well
