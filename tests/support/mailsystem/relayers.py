"""/etc/mail/relayers.db as the tests see it: written by the real vsmtprelay and makemap, never by code of ours."""

import subprocess
import time
from pathlib import Path

from .sendmail import make_map

DATABASE = Path("/etc/mail/relayers.db")
DAY = 24 * 60 * 60


class Relayers:
    def __init__(self, program_directory: Path):
        self._program = program_directory / "vsmtprelay"

    def command(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """vsmtprelay -f /etc/mail/relayers.db ARGUMENTS"""
        return subprocess.run([str(self._program), "-f", str(DATABASE), *arguments],
                              capture_output=True, text=True, timeout=20, **options)

    def add(self, address: str, age: int = 0) -> None:
        """A login from this address `age` seconds ago."""
        done = self.command("add", address, str(int(time.time()) - age))
        if done.returncode != 0:
            raise AssertionError(f"vsmtprelay add {address}: exit {done.returncode}: {done.stderr}")

    def delete(self, *addresses: str) -> None:
        done = self.command("delete", *addresses)
        if done.returncode != 0:
            raise AssertionError(f"vsmtprelay delete: exit {done.returncode}: {done.stderr}")

    def rebuild(self, text: str) -> None:
        """makemap hash relayers < text, which replaces the whole database."""
        source = DATABASE.with_suffix("")
        source.write_text(text)
        make_map(source)

    def clear(self) -> None:
        """An empty database with its usual owner and mode, whatever became of the old one."""
        DATABASE.parent.chmod(0o755)
        if DATABASE.is_dir():
            DATABASE.rmdir()
        DATABASE.unlink(missing_ok=True)
        self.rebuild("")
        DATABASE.chmod(0o644)
