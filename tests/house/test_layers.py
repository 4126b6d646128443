"""The house stands as it was drawn: dependencies point one way.

milter -> policy/source -> policy <- policy/source <- vsmtprelay. policy/ knows nothing but the standard library
and itself; only milter/ knows libmilter (and bench/load, which speaks to it); only policy/source/database knows Berkeley DB (and bench/, to
compare with it), only policy/source/redis hiredis and OpenSSL, only config and the login formats know TOML. How logins come in, vsmtprelay/feed, knows nothing of
the command.
"""
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

# room: (rooms it may enter, libraries it may name)
FILES = {"policy/source/files"}
DATABASE = FILES | {"policy/source/database"}
LOGINS = FILES | {"policy", "policy/source/logins"}
RELAYERS = DATABASE | LOGINS | {"policy/source/relayers"}
QUEUE = DATABASE | LOGINS | {"policy/source/queue"}
ACCOUNTS = DATABASE | {"policy", "policy/source/accounts"}
LIMITS = FILES | {"policy", "policy/source/limits"}
REDIS = FILES | {"policy", "policy/source/redis"}
CONFIG = REDIS | {"policy/source/config"}
SHARED = LOGINS | LIMITS | REDIS | {"policy/source/shared"}
SOURCE = RELAYERS | ACCOUNTS | CONFIG | LIMITS | QUEUE | SHARED | {"policy/source"}
MAY = {
    "policy": ({"policy"}, set()),
    "policy/source/files": (FILES, {"fmt"}),
    "policy/source/database": (DATABASE, {"db.h", "fmt"}),
    "policy/source/logins": (LOGINS, set()),
    "policy/source/relayers": (RELAYERS, {"fmt"}),
    "policy/source/accounts": (ACCOUNTS, set()),
    "policy/source/limits": (LIMITS, {"fmt"}),
    "policy/source/queue": (QUEUE, set()),
    "policy/source/shared": (SHARED, {"fmt"}),
    "policy/source/redis": (REDIS, {"hiredis", "openssl", "fmt"}),
    "policy/source/config": (CONFIG, {"toml++", "fmt"}),
    "policy/source": (SOURCE, {"fmt"}),
    "milter/sendmail": (FILES | {"policy", "milter/sendmail"}, {"fmt"}),
    "milter/report": (FILES | {"policy", "milter/report"}, {"fmt", "CLI", "nlohmann", "zlib.h"}),
    "milter/doctor": (SOURCE | {"milter", "milter/sendmail", "milter/doctor", ""}, {"fmt", "CLI", "nlohmann", "sasl"}),
    "milter/selftest": (SOURCE | {"milter", "milter/sendmail", "milter/wiring", "milter/selftest", ""},
                        {"fmt", "CLI", "nlohmann"}),
    "milter/wiring": (FILES | {"milter/sendmail", "milter/wiring", ""}, {"fmt", "CLI"}),
    "milter/pool": (FILES | {"milter", "milter/pool"}, {"libmilter"}),
    "milter": (SOURCE | {"milter", "milter/pool", "milter/sendmail", "milter/report", "milter/doctor", "milter/wiring",
                         "milter/selftest", ""},
               {"libmilter", "fmt", "CLI", "nlohmann", "httplib.h"}),
    "vsmtprelay/feed": (SOURCE | {"vsmtprelay/feed", ""}, {"fmt", "toml++", "re2", "nlohmann"}),
    "bench": (SOURCE | {"bench", "tests/support", "bench/load", "milter/report", "vsmtprelay"}, {"db.h", "fmt", "benchmark", "zlib.h"}),
    "bench/load": (SOURCE | {"bench/load", "milter"}, {"libmilter", "CLI", "nlohmann"}),
    "vsmtprelay": (SOURCE | {"vsmtprelay", "vsmtprelay/feed", ""}, {"fmt", "CLI", "nlohmann"}),
}
LIBRARIES = {"benchmark", "db.h", "toml++", "fmt", "libmilter", "CLI", "nlohmann", "sasl", "re2", "hiredis", "openssl", "httplib.h", "zlib.h"}
SYSTEM_IN_POLICY = re.compile(r"^(sys/|arpa/|netinet/|netdb\.h|unistd\.h|fcntl\.h|syslog\.h|pthread\.h|errno\.h)")


def room_of(include):
    return include.rpartition("/")[0]


def sources(room):
    return [p for p in sorted((TOP / room).iterdir()) if p.suffix in (".h", ".cpp")]


def faults(room, text):
    rooms, libraries = MAY[room]
    for ours, theirs in INCLUDE.findall(text):
        if ours and room_of(ours) not in rooms:
            yield f'"{ours}"'
        library = theirs.split("/")[0]
        if library in LIBRARIES and library not in libraries:
            yield f"<{theirs}>"
        if room == "policy" and SYSTEM_IN_POLICY.match(theirs):
            yield f"<{theirs}>"


class Layers(unittest.TestCase):
    def test_no_include_points_the_wrong_way(self):
        for room in MAY:
            self.assertTrue(sources(room), f"no sources in {room}")
            for path in sources(room):
                found = list(faults(room, path.read_text()))
                self.assertEqual(found, [], f"{path.relative_to(TOP)} may not include this")

    def test_the_check_sees_each_kind_of_fault(self):
        self.assertEqual(list(faults("policy", '#include "policy/source/x.h"\n')), ['"policy/source/x.h"'])
        self.assertEqual(list(faults("policy", "#include <db.h>\n")), ["<db.h>"])
        self.assertEqual(list(faults("policy", "#include <sys/stat.h>\n")), ["<sys/stat.h>"])
        self.assertEqual(list(faults("vsmtprelay", "#include <libmilter/mfapi.h>\n")), ["<libmilter/mfapi.h>"])
        self.assertEqual(list(faults("vsmtprelay", '#include "milter/log.h"\n')), ['"milter/log.h"'])
        self.assertEqual(list(faults("milter", '#include "policy/policy.h"\n#include <vector>\n')), [])


if __name__ == "__main__":
    unittest.main()
