"""The nearest that one writes with pymilter in thirty lines: whoever has an entry in a dictionary may relay."""

import sys

import Milter


class Relay(Milter.Base):
    entries = set()

    @Milter.noreply
    def connect(self, name, family, address):
        self.client = address[0]
        return Milter.CONTINUE

    @Milter.noreply
    def envfrom(self, path, *arguments):
        return Milter.CONTINUE

    def envrcpt(self, path, *arguments):
        if self.getsymval("{relay_dest}") == "ours" or self.client in self.entries:
            return Milter.CONTINUE
        self.setreply("550", "5.7.1", "Relaying denied")
        return Milter.REJECT


for i in range(1000):
    spread = i * 2654435761 & 0xffffff
    Relay.entries.add(f"10.{spread >> 16}.{spread >> 8 & 255}.{spread & 255}")
Milter.factory = Relay
Milter.runmilter("pymilter", "local:" + sys.argv[1], 300)
