# SPDX-License-Identifier: MIT
"""What the README shows is true: its sessions are run on a made-up machine, in order.

A `$ ` line of a ```console block is run by a shell; the lines below it are what it prints. `…` stands for anything
inside a line; a line of it alone for any number of lines. Paths are as on a real machine; the machine's own directory is put in
front of them, and taken out of what is printed.
"""
import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

from machine import TLSPACT, Machine  # noqa: E402

README = HERE.parents[1] / "README.md"
PATHS = re.compile(r"(?<![\w.])/(etc|var)/")


def blocks(language):
    """The fenced blocks of a language ("" for none)."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.S | re.M)
    return [text for name, text in fenced if name == language]


LAB = "tests/lab/up"


def sessions(in_lab):
    """(command, expected output) of every console block that begins with the laboratory, or of the others."""
    for block in blocks("console"):
        if block.startswith(f"$ {LAB}") != in_lab:
            continue
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def pattern_of(output):
    """A regular expression for what the README shows."""
    parts = []
    for line in output.splitlines():
        if line == "…":
            parts.append(r"(?:.*\n)*")
        else:
            parts.append(".*".join(re.escape(piece) for piece in line.split("…")) + r"\n")
    return "".join(parts)


class Session(unittest.TestCase):
    def test_the_sessions_of_the_readme(self):
        steps = list(sessions(in_lab=False))
        self.assertGreater(len(steps), 4)
        with Machine() as machine:
            machine.configure(types='["cdb"]')
            status = 0
            for command, expected in steps:
                line = PATHS.sub(lambda path: f"{machine.root}{path[0]}", command)
                line = re.sub(r"^tlspact ", f"{TLSPACT} --config {machine.config} ", line)
                done = subprocess.run(["sh", "-c", f"(exit {status}); {line}"], check=False, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
                status = done.returncode
                printed = done.stdout.replace(str(machine.root), "")
                self.assertRegex(printed, rf"\A{pattern_of(expected)}\Z", f"$ {command}\n{printed}")

    def test_the_session_in_the_laboratory(self):
        (first, shown), *steps = sessions(in_lab=True)
        self.assertEqual(first, f"{LAB} &")
        up = subprocess.Popen([README.parent / LAB, TLSPACT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(up.wait, 30)
        self.addCleanup(up.stdout.close)
        self.addCleanup(up.stdin.close)
        printed = ""
        while not printed.endswith("Ctrl-C ends it.\n"):
            line = up.stdout.readline()
            self.assertTrue(line, printed)
            printed += line
        self.assertRegex(printed, rf"\A{pattern_of(shown)}\Z")
        config = re.search(r"configuration +(\S+)", printed)[1]
        for command, expected in steps:
            line = command.replace("tlspact --config $CONFIG", f"{TLSPACT} --config {config}")
            done = subprocess.run(["sh", "-c", line], check=False, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=60)
            self.assertRegex(done.stdout, rf"\A{pattern_of(expected)}\Z", f"$ {command}\n{done.stdout}")

    def test_the_settings_of_the_readme_are_those_of_init(self):
        block = next(text for text in blocks("") if "smtp_tls" in text)
        with Machine() as machine:
            machine.configure(types='["cdb"]')
            printed = machine.run("init").stdout.replace(str(machine.root), "")
        for line in block.splitlines():
            self.assertIn(f"\n{line}\n", printed)

    def test_what_the_readme_links_to_is_there(self):
        for target in re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8")):
            self.assertTrue((README.parent / target).exists(), target)


if __name__ == "__main__":
    unittest.main()
