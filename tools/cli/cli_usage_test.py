"""What punchlab takes, and what it refuses before anything runs. Cases:

 1. Usage: --help of every command has an example that the program takes; unknown commands, options and values.
 2. Mistakes in a scenario, each kind: one line that names file:line:column, status 2, nothing written.
"""

import os
import shlex
import unittest

from cli_fixture import TINY, Command

COMMANDS = ("run", "lab", "report", "nats", "relay", "probe", "keys", "listen", "connect")


class Usage(Command):
    def test_help_has_an_example(self):
        for command in COMMANDS:
            with self.subTest(command):
                out, err = self.punchlab(command, "--help")
                self.assertEqual(err, "")
                self.assertTrue(out.startswith(f"usage: punchlab {command}"), out)
                example = out.split("example:\n  ")[1]
                self.assertTrue(example.startswith(f"punchlab {command}"), out)
                self.assertEqual(self.punchlab(command, "-h")[0], out)

    def test_examples_are_right(self):
        """Each option that an example uses is one that the help lists."""
        for command in COMMANDS:
            out, _ = self.punchlab(command, "--help")
            listing, example = out.split("example:\n  ")
            for word in shlex.split(example.split("|")[0]):
                if word.startswith("--"):
                    self.assertIn(word, listing)

    def test_overview(self):
        out, _ = self.punchlab("--help")
        for command in COMMANDS:
            self.assertRegex(out, rf"(?m)^  {command} ")
        self.assertIn("example:", out)
        self.assertEqual(self.punchlab(status=2)[1], out)
        self.assertRegex(self.punchlab("--version")[0], r"\Apunchlab \d+\.\d+\.\d+ \(.*\)\n\Z")

    def test_unknown_command(self):
        self.assertEqual(self.refused("rnu"), "there is no command 'rnu'; see 'punchlab --help'")

    def test_wrong_usage(self):
        self.write("tiny.yaml", TINY)
        for arguments, says in (
            (["run"], "scenario is missing"),
            (["run", "tiny.yaml", "--trails", "3"], "'--trails'"),
            (["run", "tiny.yaml", "--trial"], "'--trial'"),
            (["run", "tiny.yaml", "tiny.yaml"], "too many positional"),
            (["report"], "run is missing"),
            (["report", "--run"], "'--run'"),
            (["nats", "--jsno"], "'--jsno'"),
            (["relay", "--user", "a:b"], "'--listen'"),
            (["listen", "--relay", "192.0.2.1"], "required but missing"),
        ):
            with self.subTest(arguments):
                before = self.tree()
                out, err = self.punchlab(*arguments, status=2)
                self.assertEqual((out, self.tree()), ("", before))
                self.assertIn(says, err)
                self.assertIn(f"usage: punchlab {arguments[0]}", err)

    def test_wrong_values(self):
        self.write("tiny.yaml", TINY)
        for arguments, says in (
            (["--trials", "0"], "--trials 0: not a whole number from 1 to 100000000"),
            (["--trials", "many"], "--trials many: not a whole number from 1 to 100000000"),
            (["--trials", "1000000000"], "--trials 1000000000: not a whole number from 1 to 100000000"),
            (["--seed=-1"], "--seed -1: not a whole number from 0 to 18446744073709551615"),
            (["--seed", "1.5"], "--seed 1.5: not a whole number from 0 to 18446744073709551615"),
            (["--jobs", "0"], "--jobs 0: not a whole number from 1 to 1000"),
            (["--trial=-1"], "--trial -1: not a whole number from 0 to 18446744073709551615"),
            (["--trial", "6"], "--trial 6: no cell has so many trials"),
            (["--backend", "socket"], "--backend socket: ns3, memory, sockets and sockets-kernel are possible"),
            (["--cell", "symmetric"], '--cell: "symmetric" is not CLIENT,CONNECTOR; write one such as symmetric,full-cone'),
            (["--cell", "symetric,symmetric"],
             '--cell: no client of this scenario is "symetric"; did you mean "symmetric"?'),
            (["--policy", "relay-frist"], '--policy: no policy named "relay-frist"; did you mean "relay-first"?'),
            (["--out", ""], "--out: the name of a folder is missing"),
            (["--resume"], "--resume needs --out: the folder of the run to go on with"),
            (["--backend", "memory", "--pcap"], "--backend memory writes no captures: --pcap needs another"),
        ):
            with self.subTest(arguments):
                self.assertEqual(self.refused("run", "tiny.yaml", *arguments), says)


class Mistakes(Command):
    """What each line says in full is tested beside the loader; here, that it reaches the user, alone."""

    def mistake(self, text, place, *words):
        self.write("s.yaml", text)
        line = self.refused("run", "s.yaml", "--backend", "memory", "--out", "run")
        self.assertTrue(line.startswith(f"s.yaml:{place}"), line)
        for word in words:
            self.assertIn(word, line)

    def test_control_is_right(self):
        self.run_scenario(self.write("s.yaml", TINY), "--out", "run")

    def test_unknown_key(self):
        self.mistake(TINY + "polcy: ice\n", "6:1: ", '"polcy"', 'did you mean "policy"?')

    def test_wrong_unit(self):
        self.mistake(TINY + "timeout: 5 Mbit/s\n", "6:10: ", '"Mbit/s"', "ns, us, ms, s, min, h")

    def test_no_unit(self):
        self.mistake(TINY + "timeout: 5\n", "6:10: ", "no unit")

    def test_negative_time(self):
        self.mistake(TINY + "timeout: -5 s\n", "6:10: ", "-5 s is negative")

    def test_undefined_nat(self):
        self.mistake(TINY.replace("full-cone", "ful-cone"), "4:16: ", '"ful-cone"', '"full-cone"')

    def test_empty_list(self):
        self.mistake(TINY.replace("[full-cone, symmetric]", "[]"), "4:15: ", "empty")

    def test_probability_over_1(self):
        self.mistake(TINY.replace("1 %", "101 %"), "4:84: ", "101 %")

    def test_a_million_cells(self):
        nats = ", ".join(f"{{chain: [full-cone], name: n{i}}}" for i in range(1000))
        self.mistake(f"name: s\nclient: {{nat: [{nats}]}}\nconnector: {{nat: [{nats}]}}\n", "1:1: ", "1000000 cells")

    def test_no_yaml(self):
        self.mistake("name: [s\nclient: }{\n", "2:")

    def test_no_text(self):
        self.mistake(b"\x7fELF\x02\x01\x01\x00\x00", "1:", "not a text file")

    def test_empty_file(self):
        self.mistake("", "1:1: ", "empty")

    def test_a_directory(self):
        (self.folder / "s").mkdir()
        self.assertEqual(self.refused("run", "s", "--out", "run"), "s: a directory, not a file; name a file in it")

    def test_missing_file(self):
        self.assertEqual(self.refused("run", "none.yaml", "--out", "run"), "none.yaml: no such file; check the path")

    def test_unreadable(self):
        os.mkfifo(self.folder / "pipe.yaml")
        self.assertEqual(self.refused("run", "pipe.yaml", "--out", "run"), "pipe.yaml: not a regular file; name a YAML file")
        (self.folder / "loop").symlink_to("loop")
        self.assertTrue(self.refused("run", "loop", "--out", "run").startswith("loop: "))


if __name__ == "__main__":
    unittest.main()
