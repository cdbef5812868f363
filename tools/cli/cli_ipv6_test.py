"""Real machines over IPv6, in network namespaces, behind routers that translate nothing and let in only what was asked for.
Cases, the first seven without any IPv4:

 1. What nobody asked for is dropped by either router (the control), and yet the two peers get a direct path.
 2. Where only the relay can be reached, data goes over it, from one relayed IPv6 address to the other.
 3. A client whose UDP is blocked reaches the relay over TCP, and over TLS with the address in its certificate.
 4. A probe finds a firewall that translates nothing.
 5. Ports at IPv6 addresses are forwarded to IPv6 addresses, and refused where they are not allowed.
 6. A name of the relay leads to its IPv6 address.
 7. Where there is no route to an address the next one of its name is taken.
 8. A target whose name has addresses of both families is reached at the one that answers.
 9. Behind routers whose IPv4 can only be relayed, two peers that have IPv6 too reach each other directly, although both
    reach the relay over IPv4 only.
10. Where IPv6 leads to the relay only, two peers that reach it over IPv6 are directly connected by the addresses of their
    IPv4 routers, which they learn from the relay as well.
11. A peer that has only IPv6 and one that has only IPv4 are joined by a relay of both, whoever begins, over UDP and TCP.
"""

import peers_fixture  # first: it starts the test again in namespaces

import json
import pathlib
import re
import subprocess
import unittest

import ipv6_fixture as ipv6
import netns_fixture as net
from cli_fixture import SOURCE

Peers = peers_fixture.Peers
RELAY = f"[{ipv6.RELAY}]"
CERTIFICATE = pathlib.Path(SOURCE, "tools/cli/relay_for_test.pem")
NOT_THE_RELAY = f"oifname wan ip6 daddr != {ipv6.RELAY} meta l4proto udp drop;"
NO_UDP = "oifname wan meta l4proto udp drop;"
ONLY_443 = "oifname wan tcp dport != 443 drop; " + NO_UDP
# Turns round what a connection says; the arguments are address and port.
ANSWERING = """
import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
while True:
    connection = server.accept()[0].makefile("rwb")
    connection.write(connection.read()[::-1])
    connection.close()
"""
ASKING = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
sys.stdout.buffer.write(s.makefile("rb").read())
"""
HEARING = """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 9))
s.settimeout(%s)
print("ready", flush=True)
try:
    print(s.recv(100).decode())
except TimeoutError:
    print("nothing")
"""
SAYING = "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'hello', ('%s', 9))"


def python(host, script, *arguments, **options):
    return subprocess.Popen(net.inside(host, "/usr/bin/python3", "-c", script, *arguments), **options)


class Machines(Peers):
    """Both routers are firewalls for IPv6 and pass no IPv4."""

    relay_at = RELAY

    def setUp(self):
        super().setUp()
        for side in "ab":
            ipv6.firewall(f"nat-{side}")
            ipv6.no_ipv4(f"nat-{side}")

    def remotes(self, process, state):
        """The addresses that status lines of this state tell."""
        lines = map(json.loads, filter(lambda line: line.startswith("{"), process.said))
        return [line["remote"] for line in lines if line["state"] == state]

    def answer(self, host, address, port):
        server = python(host, ANSWERING, address, str(port))
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

    def ask(self, host, address, port, text):
        """What a program on `host` gets there for `text`, with its exit status."""
        asked = subprocess.run(net.inside(host, "/usr/bin/python3", "-c", ASKING, address, str(port)), input=text,
                               capture_output=True, timeout=120, check=False)
        return asked.returncode, asked.stdout


class Ipv6(Machines):
    def heard(self, sender, receiver, seconds):
        """What a program on `receiver` hears when one on `sender` says hello unasked."""
        hearing = python(receiver, HEARING % seconds, stdout=subprocess.PIPE, text=True)
        self.addCleanup(hearing.stdout.close)
        self.assertEqual(hearing.stdout.readline(), "ready\n")
        self.assertEqual(python(sender, SAYING % ipv6.HOST.get(receiver, ipv6.RELAY)).wait(), 0)
        heard = hearing.stdout.read().strip()
        hearing.wait()
        return heard

    def test_direct(self):
        self.assertEqual(self.heard("a", "relay", 60), "hello")
        for sender, receiver in ("ab", "ba"):
            self.assertEqual(self.heard(sender, receiver, 1), "nothing", "the routers are closed")
        self.start_relay()
        listener, client = self.pipe_both_ways()
        for process, other in ((listener, "a"), (client, "b")):
            self.assertRegex(self.remotes(process, "direct")[0], rf"\A\[{ipv6.HOST[other]}\]:\d+\Z")

    def test_relayed(self):
        for side in "ab":
            ipv6.firewall(f"nat-{side}", NOT_THE_RELAY)
        relay = self.start_relay()
        for process in self.pipe_both_ways():
            self.assertEqual(self.remotes(process, "direct"), [])
            self.assertEqual(self.remotes(process, "relayed")[0], f"{RELAY}:3478")
        self.assertTrue(any("allocations: 2" in line for line in relay.said), relay.said)

    def over_stream(self, rule, transport, *arguments):
        ipv6.firewall("nat-a", rule)
        client = self.pipe_both_ways(*arguments)[1]
        self.assertIn(("relay", True), [(state, f"over {transport}" in why) for state, why in self.states(client)])
        self.assertTrue(self.remotes(client, "relay")[0].startswith(RELAY), client.said)

    def test_tcp(self):
        self.start_relay()
        self.over_stream(NO_UDP, "TCP")

    def test_tls(self):
        self.start_relay("--tls-certificate", CERTIFICATE, "--tls-key", CERTIFICATE)
        self.over_stream(ONLY_443, "TLS", "--tls-ca", CERTIFICATE)

    def test_probe(self):
        self.start_relay("--alternate", f"[{ipv6.ALTERNATE}]:3479")
        probe = self.start_on("a", "probe", "--server", RELAY)
        found = dict(re.findall(r"^([\w-]+): (.*)$", self.over(probe, 0).decode(), re.M))
        self.assertEqual((found["gateway"], found["udp"]), ("firewall", "allowed"))
        self.assertEqual((found["mapping"], found["filtering"]), ("endpoint-independent", "address-and-port-dependent"))

    def test_forwarding(self):
        self.start_relay()
        self.answer("b", "::1", 7)
        self.listen("--allow", "[::1]:7")
        client = self.connect("-L", "[::1]:8007:[::1]:7", "-L", "[::1]:8009:[::1]:9")
        self.wait_for(client, "direct")
        self.assertEqual(self.ask("a", "::1", 8007, b"hello"), (0, b"olleh"))
        self.assertEqual(self.ask("a", "::1", 8009, b"hello")[1], b"")
        self.wait_for(client, "refused", "does not --allow")

    def test_name_of_the_relay(self):
        self.start_relay()
        self.relay_at = "relay6.test"
        for process in self.pipe_both_ways():
            self.assertEqual(self.remotes(process, "relay"), [f"{RELAY}:3478"])

    def test_wrong_usage(self):
        for arguments, says in (
            (["connect", "-L", "::1:8007:[::1]:7"], "[ADDR:]PORT:HOST:PORT, IPv6 in brackets"),
            (["listen", "--allow", "::1"], "--allow ::1: it must be HOST:PORT"),
            (["listen", "--relay", "[2001:db8::9]"], "at most one IPv4 and one IPv6 address"),
        ):
            with self.subTest(arguments):
                command, *rest = arguments
                self.assertIn(says, self.refused(command, *self.common("a", "b", "alice:secret"), *rest))


class BothFamilies(Machines):
    """The routers masquerade IPv4 as well."""

    relay_at = net.RELAY

    def setUp(self):
        super().setUp()
        for side in "ab":
            net.run(*net.inside(f"nat-{side}", "nft", "delete", "table", "ip", "closed"))

    def test_relay_that_has_only_one_of_its_addresses(self):
        """The name leads to IPv6 first, where nobody answers."""
        self.start_relay()
        self.relay_at = "relay.test"
        for process in self.pipe_both_ways():
            self.assertEqual(self.remotes(process, "relay"), [f"{net.RELAY}:3478"])
            self.assertIn(f"(UDP {RELAY}:3478: no answer)", next(why for state, why in self.states(process) if state == "relay"))

    def test_target_of_both_families(self):
        self.start_relay()
        for address, port in (("127.0.0.1", 7), ("::1", 8)):
            self.answer("b", address, port)
        self.listen("--allow", "both.test:7", "--allow", "both.test:8")
        client = self.connect("-L", "8007:both.test:7", "-L", "8008:both.test:8")
        self.wait_for(client, "direct")
        for port in (8007, 8008):
            self.assertEqual(self.ask("a", "127.0.0.1", port, b"hello"), (0, b"olleh"))

    def start_both(self):
        relay = self.start_on("relay", "relay", "--listen", net.RELAY, "--listen", RELAY,
                              "--user", "alice:secret", "--user", "bob:geheim")
        self.wait_until(lambda: len(relay.said) >= 2, "the relay")
        self.assertEqual(relay.said[:2], [f"listening on {address}:3478 (UDP, TCP)" for address in (net.RELAY, RELAY)])

    def test_direct_over_ipv6_where_ipv4_is_relayed(self):
        for side in "ab":
            net.nat(f"nat-{side}", random=True)
            ipv6.firewall(f"nat-{side}")
        self.start_relay()
        listener, client = self.pipe_both_ways()
        for process, other in ((listener, "a"), (client, "b")):
            self.assertEqual(self.remotes(process, "relay"), [f"{net.RELAY}:3478"])
            self.assertRegex(self.remotes(process, "direct")[0], rf"\A\[{ipv6.HOST[other]}\]:\d+\Z")

    def test_direct_over_ipv4_where_ipv6_is_relayed(self):
        for side in "ab":
            ipv6.firewall(f"nat-{side}", NOT_THE_RELAY)
        self.start_both()
        self.relay_at = "relay.test"
        listener, client = self.pipe_both_ways()
        for process, other in ((listener, 1), (client, 2)):
            self.assertEqual(self.remotes(process, "relay"), [f"{RELAY}:3478"])
            self.assertRegex(self.remotes(process, "direct")[0], rf"\A203\.0\.113\.{other * 16 + 2}:\d+\Z")

    def joined(self, *arguments):
        self.start_both()
        self.relay_at = "relay.test"
        listener, client = self.pipe_both_ways(*arguments)
        for process in (listener, client):
            self.assertEqual(self.remotes(process, "direct"), [])
        return self.remotes(client, "relay"), self.remotes(listener, "relay")

    def test_ipv6_to_ipv4(self):
        ipv6.no_ipv4("nat-a")
        ipv6.firewall("nat-b", "drop;")
        self.assertEqual(self.joined(), ([f"{RELAY}:3478"], [f"{net.RELAY}:3478"]))

    def test_ipv4_to_ipv6(self):
        ipv6.no_ipv4("nat-b")
        ipv6.firewall("nat-a", "drop;")
        self.assertEqual(self.joined(), ([f"{net.RELAY}:3478"], [f"{RELAY}:3478"]))

    def test_ipv6_over_tcp_to_ipv4(self):
        ipv6.no_ipv4("nat-a")
        ipv6.firewall("nat-a", NO_UDP)
        ipv6.firewall("nat-b", "drop;")
        self.assertEqual(self.joined(), ([f"{RELAY}:3478"], [f"{net.RELAY}:3478"]))


if __name__ == "__main__":
    unittest.main()
