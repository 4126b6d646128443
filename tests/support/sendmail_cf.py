"""Builds sendmail.cf files from .mc files, and asks their rules questions.

`build_cf` runs m4 over a tree in which sendmail's own cf files and ours lie
side by side, as they do after installation.  `Rules` drives one
`sendmail -C file.cf -bt` (as root, in a network namespace of its own, so that
nothing is ever looked up outside) and answers thousands of questions a minute.

    cf = build_cf(Path("x.mc"), workdir)
    with Rules(cf) as rules:
        answer = rules.check_rcpt("<a@b.example>", {"client_addr": "192.0.2.9"})
        answer.result                   # '$# error $@ 5 . 7 . 1 $: "550 ..."'
        answer.macros["relay_dest"]     # "ours"; "" where it is not set

Both leave nothing behind outside `workdir`.  Not thread-safe.
"""

import os
import re
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SENDMAIL_CF = Path("/usr/share/sendmail/cf")
HOSTNAME = "mx.test.example"
RELAY_MACROS = ("relay_dest", "relay_client", "relay_policy")


class M4Error(Exception):
    """m4 failed or said what was not expected.  `.stderr` has its words,
    `.status` its exit status, `.output` the file as far as it came."""

    def __init__(self, mc, status, stderr, output):
        super().__init__(f"{mc}: m4 exit {status}: {stderr.strip()}")
        self.status, self.stderr, self.output = status, stderr, output


def cf_tree(workdir, ours=REPOSITORY / "m4"):
    """A directory of links to sendmail's cf files and to ours (`ours`)."""
    tree = Path(workdir) / "cf"
    for directory in (d for d in SENDMAIL_CF.iterdir() if d.is_dir()):
        link_all(directory, tree / directory.name)
    for name in ("feature", "cf"):
        if (ours / name).is_dir():
            link_all(ours / name, tree / name)
    return tree


def link_all(source, target):
    """Links each file of `source` into `target`; an older link gives way."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        link = target / file.name
        if not link.is_symlink() or os.readlink(link) != str(file):
            link.unlink(missing_ok=True)
            link.symlink_to(file)


def build_cf(mc, workdir, expected=(), ours=REPOSITORY / "m4"):
    """Builds `workdir`/<stem of mc>.cf and returns its path.

    Raises M4Error when m4 fails, prints a line on standard error in which
    none of the texts `expected` occurs, or leaves one of them unsaid.
    """
    mc, workdir = Path(mc).resolve(), Path(workdir).resolve()
    tree = cf_tree(workdir, ours)
    # cf.m4 may be read twice, so a .mc file with Debian's own include works.
    run = subprocess.run(
        ["m4", f"-D_CF_DIR_={tree}/", "-D_NO_MAKEINFO_", tree / "m4/cf.m4", mc],
        capture_output=True, text=True, check=False, cwd=workdir)
    said = run.stderr.splitlines()
    surprise = [line for line in said if line.strip() and not any(e in line for e in expected)]
    unsaid = [text for text in expected if text not in run.stderr]
    if run.returncode != 0 or surprise or unsaid:
        raise M4Error(mc, run.returncode, run.stderr + "".join(f"(unsaid: {u})\n" for u in unsaid),
                      run.stdout)
    cf = workdir / (mc.stem + ".cf")
    cf.write_text(run.stdout)
    return cf


def isolated(command):
    """`command` without a network and with a host name that has a dot
    (without one sendmail waits a minute for it)."""
    return ["unshare", "--uts", "--net", "sh", "-c",
            f'hostname {HOSTNAME} && exec "$@"', "sh", *map(str, command)]


@dataclass
class Question:
    """One ruleset call.  Macros not named are cleared, if an earlier question set them."""
    ruleset: str
    address: str
    macros: dict = field(default_factory=dict)


@dataclass
class Answer:
    """`result`: what the ruleset returned, in sendmail's spelling; None where
    sendmail did not take the address.  `text`: all that sendmail printed."""
    result: str | None
    macros: dict
    text: str


class Rules:
    """One `sendmail -bt` process."""

    END = "end-of-answer"

    def __init__(self, cf, read=RELAY_MACROS, timeout=120):
        """`read`: the macros to read back after each question.
        `timeout`: seconds that one batch of questions may take."""
        self.cf, self.read, self.timeout = Path(cf), tuple(read), timeout
        self.macros = {}
        self.process = subprocess.Popen(
            isolated(["sendmail", "-C", self.cf, "-bt"]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="latin-1")
        try:
            self.greeting = self.converse([f".D{{mark}}{self.END}", "${mark}"], 1)[0]
        except Exception:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends sendmail; harmless when it has ended."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def check_rcpt(self, address, macros=None):
        return self.ask([Question("check_rcpt", address, macros or {})])[0]

    def ask(self, questions):
        """The answers to `questions`, in order; each sees the macros that the
        rules left behind at the one before, as recipients of one session do."""
        lines = []
        for question in questions:
            lines += self.set_macros(question.macros)
            lines.append(f"{question.ruleset} {question.address}")
            lines += [f"${{{name}}}" for name in self.read] + ["${mark}"]
        texts = self.converse(lines, len(questions))
        return [self.answer(q, text) for q, text in zip(questions, texts)]

    def set_macros(self, wanted):
        """The lines that turn the macros of the last question into `wanted`."""
        lines = [f".D{{{name}}}" for name in self.macros if name not in wanted]
        lines += [f".D{{{name}}}{value}" for name, value in wanted.items()
                  if self.macros.get(name) != value]
        self.macros = dict(wanted)
        return lines

    def answer(self, question, text):
        # sendmail cuts the name of a ruleset to 16 characters here
        returns = re.compile(r"^(?:> )*" + re.escape(question.ruleset[:16]) + r"\s+returns: ?(.*)$")
        lines = text.splitlines()
        found = [match for match in map(returns.match, lines) if match]
        values = [re.sub(r"^(> )+", "", line) for line in lines[len(lines) - len(self.read):]]
        macros = {name: "" if value in ("Undefined", ">") else value
                  for name, value in zip(self.read, values)}
        return Answer(found[-1].group(1).strip() if found else None, macros, text)

    def converse(self, lines, answers):
        """Sends `lines`; returns the texts before the next `answers` end marks."""
        writer = threading.Thread(target=self.send, args=("\n".join(lines) + "\n",))
        watchdog = threading.Timer(self.timeout, self.process.kill)
        watchdog.start()
        writer.start()
        try:
            return [self.read_answer() for _ in range(answers)]
        finally:
            watchdog.cancel()
            writer.join()

    def send(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass    # the reader says that sendmail ended

    def read_answer(self):
        text = []
        for line in self.process.stdout:
            if line.rstrip("\n").endswith("> " + self.END):
                return "".join(text)
            text.append(line)
        raise RuntimeError(f"{self.cf}: sendmail -bt ended: {''.join(text)[-2000:]}")
