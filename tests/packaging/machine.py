"""A machine of its own for a test: this one's files under an overlay, and systemd as process 1 in namespaces.

What is done in it stays in memory and is gone with it: nothing of the host changes. It has no network but loopback.
"""
import os
import pathlib
import subprocess
import tempfile
import time

HOST_NAME = "mx.example.org"
# $1 is an empty directory. The new files of the machine are in /mnt/new, seen from inside.
BOOT = r"""
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/new" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/new,workdir=$1/work" "$1/root"
root=$1/root
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
for directory in run tmp dev; do mount -t tmpfs tmpfs "$root/$directory"; done
chmod 1777 "$root/tmp"
for device in null zero full random urandom tty; do cp -a /dev/$device "$root/dev/"; done
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"  # PrivateDevices looks for it
: > "$root/dev/console"
mount --bind "$1" "$root/mnt"
hostname "$2"
ip link set lo up
printf '%s\n' "$2" > "$root/etc/hostname"
printf '127.0.0.1 %s localhost\n' "$2" > "$root/etc/hosts"
rm -f "$root/etc/fstab" "$root/etc/resolv.conf"
rm -f "$root/usr/sbin/policy-rc.d"  # A container's own forbids that a package starts its services.
: > "$root/etc/resolv.conf"
cd "$root"
mkdir run/old
pivot_root . run/old
umount -l /run/old
rmdir /run/old
container=lxc exec /lib/systemd/systemd --unit=basic.target --log-target=null < /dev/null > /dev/console 2>&1
"""


class CannotRun(Exception):
    """Says why this machine or account cannot run another one."""


class Machine:
    def __init__(self):
        if os.geteuid() != 0:
            raise CannotRun("must be root: the package is installed on a machine of its own, in namespaces")
        self._mount_point = tempfile.TemporaryDirectory()
        namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--net", "--uts", "--ipc"]
        until_we_end = ["setpriv", "--pdeathsig", "KILL", "--"]
        self._namespace = subprocess.Popen([*until_we_end, "unshare", *namespaces, "sh", "-c", BOOT, "boot",
                                            self._mount_point.name, HOST_NAME],
                                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self._init = self._wait_for_init()
        except BaseException:
            self.end()
            raise

    def _wait_for_init(self):
        deadline = time.monotonic() + 30
        children = pathlib.Path(f"/proc/{self._namespace.pid}/task/{self._namespace.pid}/children")
        while time.monotonic() < deadline:
            if self._namespace.poll() is not None:
                raise CannotRun(f"no machine of its own: {self._namespace.stderr.read()}")
            for process in children.read_text().split():
                if pathlib.Path(f"/proc/{process}/comm").read_text() == "systemd\n" and self._is_up(process):
                    return process
            time.sleep(0.1)
        raise CannotRun("systemd did not come up within 30 s in a machine of its own")

    def _is_up(self, process):
        state = subprocess.run([*self._enter(process), "systemctl", "is-system-running"], capture_output=True, text=True, check=False)
        return state.stdout.strip() in ("running", "degraded")

    @staticmethod
    def _enter(process):
        return ["nsenter", "--target", process, "--all", "--root", "--wd", "--"]

    def run(self, *command, check=True, **options):
        """A command in the machine, as root; CompletedProcess with what it said."""
        done = subprocess.run([*self._enter(self._init), *command], capture_output=True, text=True, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def shell(self, text, **options):
        return self.run("sh", "-ec", text, **options)

    def start(self, *command, **options):
        """The same, without waiting."""
        return subprocess.Popen([*self._enter(self._init), *command], **options)

    def install(self, package):
        """dpkg --install, which takes no look at what apt would fetch: all that it depends on is on the host."""
        subprocess.run([*self._enter(self._init), "sh", "-c", "cat > /tmp/package.deb"], check=True,
                       input=pathlib.Path(package).read_bytes())
        return self.run("dpkg", "--install", "/tmp/package.deb")

    def files(self):
        """The machine's "/", as this process sees it; programs outside reach its sockets there."""
        return pathlib.Path(f"/proc/{self._init}/root")

    def new_files(self):
        """The upper directory of the overlay: what was written in the machine, as this process sees it."""
        return self.files() / "mnt/new"

    def end(self):
        self._namespace.kill()
        self._namespace.communicate()
        self._mount_point.cleanup()
