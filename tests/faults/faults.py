"""All faults, by the headings of the guide (docs/faults.md)."""

from disk_faults import disk_faults
from fault import Fault
from file_faults import RELAYERS, SENDER
from login_faults import login_faults
from milter_faults import milter_faults
from redis_faults import redis_faults

SECTIONS: dict[str, list[Fault]] = {
    "milter-relay and its configuration": milter_faults.faults,
    "relayers.db and the sender map": RELAYERS.faults.faults + disk_faults.faults + SENDER.faults.faults,
    "Logins and the clock": login_faults.faults,
    "Logins on a Redis server": redis_faults.faults,
}
ALL = [fault for faults in SECTIONS.values() for fault in faults]
HEAD = """| what is wrong | stranger | POP user | AUTH user | trusted host | mail for here | the log says | what ends it |
|---|---|---|---|---|---|---|---|"""


def tables() -> dict[str, str]:
    """By heading, the table as it stands in the guide."""
    return {heading: "\n".join([HEAD, *(fault.row() for fault in faults)]) for heading, faults in SECTIONS.items()}
