"""The guides are whole: every reply of ours has its entry in the troubleshooting page, every link leads somewhere, and
every command that is shown exists."""
import os
import pathlib
import re
import subprocess
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ["MILTER_RELAY_BIN"])
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
TROUBLESHOOTING = TOP / "docs/troubleshooting.md"
LITERAL = r'"((?:[^"\\]|\\.)*)"'
SUBCOMMANDS = {"milter-relay": r"^  ([a-z][a-z-]+) {3,}",
               "vsmtprelay": r"^  ([a-z]+) "}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def literals(source):
    """Texts of a C++ source, those that stand side by side joined as the compiler does it."""
    source = re.sub(r"^\s*#include.*|//.*", "", source, flags=re.MULTILINE)
    for match in re.finditer(rf"{LITERAL}(?:\s*{LITERAL})*", source):
        yield "".join(re.findall(LITERAL, match.group()))


def reply_texts(source):
    """The literals that are sentences or parts of one."""
    return [text.strip() for text in literals(source) if " " in text.strip()]


def reply_codes(source):
    return {" ".join(pair) for pair in re.findall(r'\{(\d{3}), "(\d\.\d+\.\d+)"', source)}


def reasons_with_a_reply(reply_text, verdict):
    """The words of those reasons for which has_reply() says true."""
    function = reply_text[reply_text.index("bool has_reply"):].split("return true")[0]
    names = re.findall(r"Reason::(\w+):", function.split("return false;", 1)[1])
    return [re.search(rf'Reason::{name}: return "(\w+)"', verdict).group(1) for name in names]


def error_texts(rules):
    """What rules of sendmail's m4 say themselves with $#error."""
    return re.findall(r'\$#error\s[^\n]*?\$:\s*"([^"\n]+)"', rules)


def quoted_replies(page):
    """The lines that begin with '> ': each one reply."""
    return [line[2:] for line in page.splitlines() if line.startswith("> ")]


def prose(page):
    return re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """As GitHub makes them: small letters, blanks to hyphens, other signs away."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path):
    for target in LINK.findall(prose(path.read_text())):
        if re.match(r"https?://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            yield target


def shown_commands(page, program):
    """The subcommands of `program` wherever it is shown as code."""
    blocks = re.findall(r"^```.*?^```", page, flags=re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks + re.findall(r"`[^`\n]+`", page))
    shown = rf"(?:^\s*|[`;&|/]\s*){program} (?:-[fc] \S+ )?([a-z][a-z-]+)\b(?!\.)"
    return set(re.findall(shown, code, flags=re.MULTILINE))


class Replies(unittest.TestCase):
    def setUp(self):
        self.page = TROUBLESHOOTING.read_text()
        self.reply = (TOP / "policy/reply.cpp").read_text()

    def test_each_reply_text_is_quoted(self):
        quoted = quoted_replies(self.page)
        texts = reply_texts(self.reply)
        self.assertGreater(len(texts), 25, "the texts were not found in the source")
        for text in texts:
            self.assertTrue(any(text in reply for reply in quoted), f"no entry for: {text}")

    def test_each_reply_code_begins_a_quoted_reply(self):
        codes = reply_codes(self.reply)
        self.assertIn("550 5.7.1", codes)
        for code in codes:
            begins = any(reply.startswith(code + " ") for reply in quoted_replies(self.page))
            self.assertTrue(begins, f"no entry for {code}")

    def test_each_reason_is_named(self):
        reasons = reasons_with_a_reply((TOP / "policy/reply_text.cpp").read_text(),
                                       (TOP / "policy/verdict.cpp").read_text())
        self.assertGreater(len(reasons), 20)
        for reason in reasons:
            self.assertTrue(f"`{reason}`" in self.page, f"{reason} is not in the page")

    def test_the_rules_have_no_reply_without_an_entry(self):
        for path in sorted((TOP / "m4").rglob("*.m*")):
            for text in error_texts(path.read_text()):
                self.assertTrue(text in self.page, f"{path}: no entry for: {text}")

    def test_the_check_sees_each_kind_of_gap(self):
        source = 'x = refusal("One "\n  "two."); // "no text"\nReply{450, "4.2.1", "b"};'
        self.assertEqual(reply_texts(source), ["One two."])
        self.assertEqual(reply_codes(source), {"450 4.2.1"})
        self.assertEqual(error_texts('R$*\t$#error $@ 5.7.1 $: "550 No"\nR$*\t$#error $2'), ["550 No"])


class Pages(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        for page in [*PAGES, TOP / "CHANGELOG.md"]:
            self.assertEqual(list(broken_links(page)), [], page.relative_to(TOP))

    def test_every_guide_is_linked_from_the_readme(self):
        readme = (TOP / "README.md").read_text()
        for page in PAGES[1:]:
            self.assertTrue(f"](docs/{page.name}" in readme, f"{page.name} is not linked")

    def test_every_command_that_is_shown_exists(self):
        for program, listed in SUBCOMMANDS.items():
            usage = subprocess.run([PROGRAMS / program, "--help"], capture_output=True, text=True, check=False)
            known = set(re.findall(listed, usage.stdout + usage.stderr, flags=re.MULTILINE))
            for page in PAGES:
                shown = shown_commands(page.read_text(), program)
                self.assertLessEqual(shown, known, f"{page.name}: {program}")
            self.assertTrue(any(shown_commands(page.read_text(), program) for page in PAGES))

    def test_every_test_that_is_named_exists(self):
        there = {path.name for path in (TOP / "tests").rglob("*")}
        for page in PAGES:
            named = set(re.findall(r"\b(?:test_\w+\.py|\w+_(?:test|fuzz|property)\.cpp)\b", page.read_text()))
            self.assertLessEqual(named, there, page.name)

    def test_the_check_sees_a_link_and_a_command_that_lead_nowhere(self):
        self.assertEqual(anchors("# What's `this`?\n## 1. Two words\n"), {"whats-this", "1-two-words"})
        page = "`milter-relay explane --to x`\n```\nvsmtprelay -f F lst 5\n```"
        self.assertEqual(shown_commands(page, "milter-relay"), {"explane"})
        self.assertEqual(shown_commands(page, "vsmtprelay"), {"lst"})


if __name__ == "__main__":
    unittest.main()
