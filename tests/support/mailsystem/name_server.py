"""A name server for the reverse look-up of clients: right, forged, missing or out of order for now."""

import ipaddress
import socket
import struct
import threading
from pathlib import Path

A, PTR, INTERNET = 1, 12, 1
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3


class NameServer:
    """Answers on 127.0.0.1 until the process ends; sendmail's clients are then looked up here as well as in /etc/hosts."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}      # reversed address -> name
        self._addresses: dict[str, str] = {}  # name -> IPv4 address
        self._failing: set[str] = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()
        switch = Path("/etc/nsswitch.conf")
        switch.write_text(switch.read_text().replace("hosts: files\n", "hosts: files dns\n"))

    def forge(self, address: str, name: str, real: str) -> None:
        """`address` claims a name that is another host's."""
        self._names[_reversed(address)] = name
        self._addresses[name] = real

    def fail_for_now(self, address: str) -> None:
        self._failing.add(_reversed(address))

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        labels, at = [], 12
        while length := query[at]:
            labels.append(query[at + 1:at + 1 + length].decode("latin-1").lower())
            at += 1 + length
        kind, = struct.unpack_from("!H", query, at + 1)
        name = ".".join(labels)
        code, content = self._find(name, kind)
        record = struct.pack("!HHHIH", 0xC00C, kind, INTERNET, 0, len(content)) + content if content else b""
        return query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, 1 if record else 0, 0, 0) + query[12:at + 5] + record

    def _find(self, name: str, kind: int) -> tuple[int, bytes]:
        """The code of the answer, and the content of its record."""
        if name in self._failing:
            return SERVER_FAILURE, b""
        if kind == PTR and name in self._names:
            return NO_ERROR, b"".join(bytes([len(label)]) + label.encode() for label in self._names[name].split(".")) + b"\0"
        if name in self._addresses:
            return NO_ERROR, ipaddress.ip_address(self._addresses[name]).packed if kind == A else b""
        return NO_SUCH_NAME, b""


def _reversed(address: str) -> str:
    return ipaddress.ip_address(address).reverse_pointer
