"""Real POP and IMAP servers other than Dovecot, as packaging/unpack-servers leaves them: Courier, Cyrus, mailutils, popa3d.

Each is laid over /usr while it runs, and takes any password: who may log in is not the point.
"""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path

from .accounts import LOCAL_USERS
from .namespaces import mount
from .network import is_listening

UNPACKED = Path(__file__).resolve().parents[3] / "build/other-servers"
POP3, IMAP = 3110, 3143
ANY_PASSWORD = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
CYRUS_IMAPD = """\
configdirectory: /run/cyrus
defaultpartition: default
partition-default: /run/cyrus-mail
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN
allowplaintext: yes
autocreate_quota: 0
autocreate_post: yes
syslog_prefix: cyrus
auditlog: yes
"""
CYRUS = f"""\
START {{ recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -r" }}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -U 1" listen="{IMAP}" prefork=0
  pop3 cmd="/usr/lib/cyrus/bin/pop3d -U 1" listen="{POP3}" prefork=0
}}
EVENTS {{ }}
"""
COURIER_AUTH = 'authmodulelist="authpam"\nauthmodulelistorig="authpam"\ndaemons=2\nauthdaemonvar=/run/courier/authdaemon\n'


class OtherServer:
    """One server; use it as a context. Its processes end with it."""

    name = ""
    ports = (POP3, IMAP)

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen] = []

    @classmethod
    def is_there(cls) -> bool:
        return (UNPACKED / cls.name).is_dir()

    def __enter__(self) -> "OtherServer":
        mount("overlay", "/usr", "overlay", options=f"lowerdir={UNPACKED / self.name}/usr:/usr")
        for service in ("pop3", "imap", "mailutils", "popa3d"):
            (Path("/etc/pam.d") / service).write_text(ANY_PASSWORD)
        self._start()
        deadline = time.monotonic() + 20
        while not all(is_listening(port) for port in self.ports):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not start; see the mail log")
            time.sleep(0.05)
        return self

    def __exit__(self, *_) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)
        subprocess.run(["umount", "--lazy", "/usr"], check=True)

    def _start(self) -> None:
        raise NotImplementedError

    def _run(self, *words: str, **options) -> subprocess.Popen:
        self._processes.append(subprocess.Popen(words, stdin=options.pop("stdin", subprocess.DEVNULL), **options))
        return self._processes[-1]


class Courier(OtherServer):
    name = "courier"

    def _start(self) -> None:
        subprocess.run(["cp", "-a", str(UNPACKED / "courier/etc/courier"), "/etc/courier"], check=True)
        Path("/etc/courier/authdaemonrc").write_text(COURIER_AUTH)
        Path("/run/courier/authdaemon").mkdir(parents=True)
        self._logged("authdaemond", "exec /usr/lib/courier/courier-authlib/authdaemond")
        for user in LOCAL_USERS:
            subprocess.run(["su", user, "-c", "maildirmake ~/Maildir || maildirmake.courier ~/Maildir"], check=True)
        self._listen("imapd", IMAP, "/usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir")
        self._listen("pop3d", POP3, "/usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir")

    def _listen(self, name: str, port: int, command: str) -> None:
        self._logged(name, f"set -a; . /etc/courier/{name}; exec couriertcpd -address=0 -nodnslookup -noidentlookup {port} {command}")

    def _logged(self, name: str, command: str) -> None:
        process = self._run("/bin/sh", "-c", command, stderr=subprocess.PIPE,
                            env={**os.environ, "LD_LIBRARY_PATH": "/usr/lib:/usr/lib/courier-authlib"})
        self._run("courierlogger", f"-name={name}", "-facility=mail", stdin=process.stderr)


class Cyrus(OtherServer):
    name = "cyrus"

    def _start(self) -> None:
        with open("/etc/passwd", "a", encoding="ascii") as file:
            file.write("cyrus:x:2900:8::/run/cyrus:/bin/sh\n")
        Path("/etc/imapd.conf").write_text(CYRUS_IMAPD)
        Path("/etc/cyrus.conf").write_text(CYRUS)
        directories = ["cyrus", "cyrus-mail", *(f"cyrus/{each}" for each in ("db", "lock", "log", "msg", "proc", "ptclient", "socket"))]
        subprocess.run(["install", "-d", "-o", "cyrus", "-g", "mail", *(f"/run/{each}" for each in directories)], check=True)
        self._run("/usr/lib/cyrus/bin/master", "-p", "/run/cyrus.pid")


class Mailutils(OtherServer):
    """Version 3 behind tcpd(8), as from inetd(8): it logs no address itself."""

    name = "mailutils"

    def _start(self) -> None:
        for program, port in (("/usr/sbin/pop3d", POP3), ("/usr/sbin/imap4d", IMAP)):
            listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
            threading.Thread(target=self._accept, args=(listener, program), daemon=True).start()

    @staticmethod
    def _accept(listener: socket.socket, program: str) -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                subprocess.Popen([program, "--inetd"], executable="/usr/sbin/tcpd", stdin=connection, stdout=connection)


class Popa3d(OtherServer):
    """In its standalone mode: POP3 alone, on port 110, IPv4 alone."""

    name = "popa3d"
    ports = (110,)

    def _start(self) -> None:
        mount("overlay", "/var/lib", "overlay", options=f"lowerdir={UNPACKED / self.name}/var/lib:/var/lib")  # its chroot
        for file, line in (("passwd", "popa3d:x:2901:2901::/var/lib/popa3d:/bin/sh"), ("group", "popa3d:x:2901:")):
            with open(f"/etc/{file}", "a", encoding="ascii") as stream:
                stream.write(line + "\n")
        subprocess.run(["popa3d", "-D"], check=True)

    def __exit__(self, *exception) -> None:
        subprocess.run(["pkill", "-x", "popa3d"], check=True)  # in a PID namespace of our own
        subprocess.run(["umount", "--lazy", "/var/lib"], check=True)
        super().__exit__(*exception)
