"""The network: one bridge on which the server and every client host live, each host in a network namespace of its own.

The server `mx` is the namespace in which the runner itself is. A piece of code or a command runs on another host inside
`with host:`; sockets made there stay there.
"""

import os
import subprocess
from pathlib import Path

from .namespaces import set_host_name, set_network_namespace

MX_NAME = "mx.example.org"
MX4 = "192.0.2.1"
MX6 = "2001:db8:0:1::1"
ROUTES = ["198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"]


def _ip(*commands: str) -> None:
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)


class Host:
    """One host with its addresses (the first IPv4 and the first IPv6 one are `v4` and `v6`)."""

    def __init__(self, name: str, addresses: list[str], descriptor: int):
        self.name = name
        self.addresses = addresses
        self.v4 = next((a for a in addresses if ":" not in a), "")
        self.v6 = next((a for a in addresses if ":" in a), "")
        self._descriptor = descriptor
        self._outer: list[int] = []

    def __enter__(self) -> "Host":
        self._outer.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
        set_network_namespace(self._descriptor)
        return self

    def __exit__(self, *_) -> None:
        outer = self._outer.pop()
        set_network_namespace(outer)
        os.close(outer)

    def command(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Runs a client program on this host and returns what it said; the caller judges the exit code."""
        with self:
            return subprocess.run(arguments, capture_output=True, text=True, errors="replace", timeout=60, **options)


class Network:
    """Owns the bridge and the hosts; the namespaces' end removes them."""

    def __init__(self) -> None:
        set_host_name(MX_NAME)
        _ip("link set lo up",
            # with an address of its own: else it changes when a host is added, and the others lose the server for a minute
            "link add br0 address 02:00:00:00:00:01 type bridge", "link set br0 up",
            f"addr add {MX4}/24 dev br0", f"addr add {MX6}/64 dev br0 nodad",
            *(f"route add {route} dev br0" for route in ROUTES))
        self.hosts: dict[str, Host] = {}
        self._names = ["127.0.0.1 localhost", "::1 localhost", *(f"{address} {name}" for name in (MX_NAME, "example.org") for address in (MX4, MX6))]
        self.mx = Host("mx", [MX4, MX6], os.open("/proc/self/ns/net", os.O_RDONLY))
        self._write_names()

    def add(self, name: str, addresses: list[str], names: str = "") -> Host:
        """A new host.

        Its `names` (blank for none) go into /etc/hosts, each for every address; the first is its reverse name.
        """
        port = f"v-{name}"[:15]
        _ip(f"netns add {name}",
            f"link add {port} type veth peer name eth0 netns {name}",
            f"link set {port} master br0", f"link set {port} up")
        commands = ["link set lo up", "link set eth0 up"]
        for address in addresses:
            commands.append(f"addr add {address}/{'128' if ':' in address else '32'} dev eth0"
                            + (" nodad" if ":" in address else ""))
        commands += ["route add default dev eth0", "route add ::/0 dev eth0"]
        subprocess.run(["ip", "-n", name, "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)
        self.hosts[name] = Host(name, addresses, os.open(f"/run/netns/{name}", os.O_RDONLY))
        if names:
            self._names += [f"{spelling} {dns_name}" for dns_name in names.split()
                            for address in addresses for spelling in _spellings(address)]
            self._write_names()
        return self.hosts[name]

    def _write_names(self) -> None:
        Path("/etc/hosts").write_text("\n".join(self._names) + "\n")


def _spellings(address: str) -> list[str]:
    """A dual-stack socket shows IPv4 clients as mapped; glibc looks these up in DNS but not in /etc/hosts."""
    return [address] if ":" in address else [address, f"::ffff:{address}"]


def is_listening(port: int) -> bool:
    """Whether something listens on this TCP port here; asks the kernel, makes no connection."""
    for table in ("/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == "0A" and int(local.rsplit(":", 1)[1], 16) == port:
                return True
    return False


def peers(port: int) -> list[str]:
    """Whoever is connected to this TCP port here, as the kernel keeps the address: one of IPv4 on a socket of IPv6 is ::ffff:a.b.c.d."""
    found = subprocess.run(["ss", "-Htn", "state", "established", f"sport = :{port}"], capture_output=True, text=True, check=True)
    return [line.split()[-1].rpartition(":")[0].strip("[]") for line in found.stdout.splitlines()]
