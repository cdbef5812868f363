"""The commands on real sockets, on loopback with ports that the system chooses. Cases:

 1. The relay says where it listens, serves a probe that finds no NAT, and stops on SIGTERM and SIGINT with status 0.
 2. A server that does not answer, a port in use and an address that is not ours are named, with status 1, 3 and 3.
 3. Wrong usage is status 2; the example settings that are installed are right usage.
"""

import re
import signal
import socket
import unittest

from cli_fixture import SOURCE, Command

USER = ["--user", "alice:secret"]


class RealSockets(Command):
    def start_relay(self, *arguments):
        """A relay and the address it listens on."""
        relay = self.start("relay", "--listen", "127.0.0.1:0", *USER, *arguments)
        line = relay.stderr.readline()
        self.assertRegex(line, r"\Alistening on 127\.0\.0\.1:\d+ \(UDP, TCP\)\n\Z")
        return relay, line.split()[2]

    def held_port(self):
        """A bound UDP socket, which answers nothing."""
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(held.close)
        held.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % held.getsockname()[1]

    def test_probe_finds_no_nat_on_loopback(self):
        relay, server = self.start_relay("--alternate", "127.0.0.2:0")
        out, _ = self.punchlab("probe", "--server", server)
        found = dict(re.findall(r"^([\w-]+): (.*)$", out, re.M))
        self.assertEqual((found["gateway"], found["udp"]), ("firewall", "allowed"))
        self.assertEqual((found["mapping"], found["filtering"]), ("endpoint-independent", "endpoint-independent"))
        self.assertIsNone(relay.poll(), "the relay goes on")

    def test_without_alternate_filtering_is_not_claimed(self):
        _, server = self.start_relay()
        out, err = self.punchlab("probe", "--server", server, status=1)
        self.assertIn("udp: allowed\n", out)
        self.assertIn("filtering: unknown", out)
        self.assertIn(f"not found: filtering. {server} has no second address", err)

    def test_the_relay_stops_when_asked(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                relay, _ = self.start_relay()
                relay.send_signal(number)
                _, err = self.ended(relay, 0)
                self.assertTrue(err.endswith("stopped\n"), err)

    def test_the_example_settings(self):
        text = (SOURCE / "tools/cli/systemd/relay.conf").read_text()
        self.write("relay.conf", text.replace("listen = 192.0.2.1", "listen = 127.0.0.1:0"))
        relay = self.start("relay", "--config", "relay.conf")
        self.assertIn("listening on 127.0.0.1:", relay.stderr.readline())
        self.write("wrong.conf", text + "colour = blue\n")
        self.assertIn("--config wrong.conf: ", self.punchlab("relay", "--config", "wrong.conf", status=2)[1])
        self.write("peer.conf", (SOURCE / "tools/cli/systemd/peer.conf").read_text())
        self.assertIn("--key /home/alice/me.key: cannot read it", self.refused("connect", "--config", "peer.conf"))

    def test_silent_server(self):
        server = self.held_port()
        self.assertEqual(self.refused("probe", "--server", server, status=1), f"{server} does not answer over UDP")

    def test_port_in_use(self):
        port = self.held_port()
        self.assertEqual(self.refused("relay", "--listen", port, *USER, status=3),
                         f"cannot open UDP {port}: Address already in use")

    def test_address_of_another_machine(self):
        self.assertEqual(self.refused("relay", "--listen", "192.0.2.1:0", *USER, status=3),
                         "cannot open UDP 192.0.2.1:0: Cannot assign requested address")

    def test_wrong_usage(self):
        for arguments, says in (
            (["--listen", "127.0.0.1:x", *USER], "--listen 127.0.0.1:x: no address found for it"),
            (["--listen", "0.0.0.0:0", *USER], "not 0.0.0.0"),
            (["--listen", "[::]:0", *USER], "not 0.0.0.0 or ::"),
            (["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0", *USER], "one of IPv4 and one of IPv6"),
            (["--listen", "[::1:0", *USER], "--listen [::1:0: no address found for it"),
            (["--listen", "127.0.0.1:0", *USER, "--alternate", "[::1]:0"], "same family as the first --listen"),
            (["--listen", "127.0.0.1:0", "--user", "alice"], "--user alice: it must be NAME:PASSWORD"),
            (["--listen", "127.0.0.1:0", *USER, "--relayed-ports", "9-8"], "--relayed-ports 9-8: it must be A-B"),
            (["--listen", "127.0.0.1:0", *USER, "--alternate", "127.0.0.1:0"], "must be another address"),
        ):
            with self.subTest(arguments):
                self.assertIn(says, self.refused("relay", *arguments))


if __name__ == "__main__":
    unittest.main()
