"""Messages a second that a real sendmail takes from clients: with us, with a null milter, without any, and with a map rule.

Each client's session is a connection of its own, with one message of 1 KB to one recipient, whom sendmail is to relay;
what it took stays in the queue, and is removed between measurements. CPU is sendmail's, its children's and the milter's.

"ours" permits the client for his POP login, the map rule too; the others, and "ours, access map", for an entry in the access map,
which sendmail finds before it has looked at anything else. So only the latter differs from "no milter" by the milter alone.
"""

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

from mailsystem import sendmail
from mailsystem.accounts import create_system_users
from mailsystem.milter import Milter
from mailsystem.network import Host, Network
from mailsystem.relayers import Relayers

from .cells import spread
from .milters import wait_until_it_listens

TOP = Path(__file__).resolve().parents[2]
CLIENTS = 8
WARM_UP, DURATION = 1.0, 4.0
CLIENT = "198.51.100.7"
NULL_SOCKET = Path("/run/null.sock")
FEATURE = "FEATURE(`milter_relay'"
NULL = f"INPUT_MAIL_FILTER(`null', `S=local:{NULL_SOCKET}, F=T, T=S:20s;R:20s')dnl\n"
MAP = """\
LOCAL_CONFIG
Krelayers hash /etc/mail/relayers
LOCAL_RULESETS
SLocal_check_rcpt
R$*\t\t\t$: $(relayers $&{client_addr} $: NOBODY $)
RNOBODY\t\t\t$@ NOBODY
R$*\t\t\t$# OK
"""
BODY = b"Subject: A letter\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 13 + b".\r\n"
COMMANDS = [b"EHLO home.isp.example\r\n", b"MAIL FROM:<bob@example.org>\r\n", b"RCPT TO:<friend@remote.example>\r\n", b"DATA\r\n", BODY]


def _configurations(directory: Path) -> dict[str, Path]:
    """By name: our default.mc, and what differs from it in that one thing."""
    ours = (TOP / "m4/cf/default.mc").read_text()
    without = "".join(line for line in ours.splitlines(keepends=True) if not line.startswith(FEATURE))
    texts = {"ours": ours, "ours, access map": ours, "no milter": without, "null milter": without.replace("MAILER(`local')", NULL + "MAILER(`local')"),
             "map rule": without + MAP}
    for name, text in texts.items():
        (directory / f"{name.replace(' ', '-').replace(',', '')}.mc").write_text(text)
    return {name: directory / f"{name.replace(' ', '-').replace(',', '')}.mc" for name in texts}


async def _reply(reader: asyncio.StreamReader) -> bytes:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    return line


async def _client(end: float) -> int:
    """Messages that were taken until then."""
    taken = 0
    while time.monotonic() < end:
        reader, writer = await asyncio.open_connection("192.0.2.1", 25)
        await _reply(reader)
        for command in COMMANDS:
            writer.write(command)
            reply = await _reply(reader)
            if reply[:1] not in (b"2", b"3"):
                raise RuntimeError(f"sendmail said {reply!r} to {command[:20]!r}")
        writer.write(b"QUIT\r\n")
        await _reply(reader)
        writer.close()
        taken += 1
    return taken


async def _clients(seconds: float) -> int:
    """Messages that were taken."""
    end = time.monotonic() + seconds
    return sum(await asyncio.gather(*(_client(end) for _ in range(CLIENTS))))


def _cpu_seconds(processes: list[int]) -> float:
    """Theirs, and their ended children's."""
    ticks = 0
    for process in processes:
        ticks += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _load(home: Host, processes: list[int]) -> tuple[float, float]:
    """Messages a second, and CPU milliseconds a message of these processes."""
    with home:
        asyncio.run(_clients(WARM_UP))
        began, cpu = time.monotonic(), _cpu_seconds(processes)
        taken = asyncio.run(_clients(DURATION))
        return taken / (time.monotonic() - began), (_cpu_seconds(processes) - cpu) * 1000 / taken


def measure(null_milter: Path, programs: Path, rounds: int) -> dict:
    """Spreads of messages_per_second and cpu_ms_a_message, by configuration. In the namespaces of enter() and make_private()."""
    sendmail.OPTIONS["DeliveryMode"] = "q"
    sendmail.write_configuration_files(TOP / "m4/cf/default.mc")
    create_system_users()
    home = Network().add("home", [CLIENT], "home.isp.example")
    Relayers(programs).rebuild(f"{CLIENT} {int(time.time())}\n")
    shutil.chown("/etc/mail/relayers.db", "root", "root")
    Path("/etc/mail/relayers.db").chmod(0o644)
    directory = Path("/run/configurations")
    directory.mkdir()
    configurations = _configurations(directory)
    milter = Milter(programs)
    milter.start()
    null = subprocess.Popen([str(null_milter), "replies", str(NULL_SOCKET)])
    wait_until_it_listens(NULL_SOCKET, null)
    server = sendmail.Sendmail()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in configurations}
    for _ in range(rounds):
        for name, mc in configurations.items():
            permitted = "" if name in ("ours", "map rule") else f"Connect:{CLIENT}\tRELAY\n"
            Path("/etc/mail/access").write_text(permitted)
            sendmail.make_map(Path("/etc/mail/access"))
            server.start(mc)
            found[name].append(_load(home, [server.pid, null.pid if name == "null milter" else milter.pid]))
            server.stop()
            server.clear_queue()
    milter.stop()
    null.kill()
    null.wait()
    return {name: dict(zip(("messages_per_second", "cpu_ms_a_message"), map(spread, zip(*values)))) for name, values in found.items()}
