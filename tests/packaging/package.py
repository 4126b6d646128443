"""The Debian package, packed from the programs of this build."""
import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ["MILTER_RELAY_BIN"]).parent


def build(directory):
    """Packs it in `directory`, which is left to the caller to remove; its path."""
    subprocess.run(["cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", directory], check=True, capture_output=True)
    package, = pathlib.Path(directory).glob("*.deb")
    return package
