"""What the figures were measured on: no names and no paths, so that results can be shown to anybody."""

import os
import platform
import subprocess
from pathlib import Path


def _first(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return ""


def _version(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()


def describe() -> dict:
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return {
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "virtual": "hypervisor" in _first("/proc/cpuinfo", "flags").split(),
        "governor": governor.read_text().strip() if governor.exists() else "none",
        "memory_mib": int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "system": _first_of_os_release("PRETTY_NAME"),
        "compiler": _version("c++", "--version"),
        "libmilter": _version("dpkg-query", "-W", "-f", "${Version}\n", "libmilter1.0.1"),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _first_of_os_release(key: str) -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == key:
            return value.strip('"')
    return ""
