"""A throw-away certificate authority and the server's certificate, in /etc/mail/certs where our .mc files look."""

import subprocess
from pathlib import Path

from .network import MX4, MX6, MX_NAME

DIRECTORY = Path("/etc/mail/certs")
AUTHORITY = DIRECTORY / "cacert.pem"


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=DIRECTORY)


def create_certificates() -> None:
    DIRECTORY.mkdir(mode=0o755)
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    _openssl("req", "-x509", *new_key, "-subj", "/CN=throw-away authority", "-keyout", "cakey.pem", "-out", "cacert.pem")
    _openssl("req", "-x509", *new_key, "-subj", f"/CN={MX_NAME}", "-CA", "cacert.pem", "-CAkey", "cakey.pem",
             "-addext", f"subjectAltName=DNS:{MX_NAME},DNS:localhost,IP:{MX4},IP:{MX6}",
             "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "mykey.pem", "-out", "mycert.pem")
    for key in DIRECTORY.glob("*key.pem"):
        key.chmod(0o600)
