"""What can go wrong between real machines, each with a clear reason and an end. Cases:

 1. A wrong password, a peer that is not there, a key that nobody has, a relay that is not there: status 1 and a line that
    says so, on both sides.
 2. A name that cannot be resolved, a bad key, a key file that others read, a port in use: status 2 or 3 before anything runs.
 3. The relay is killed and started again while it carries a pipe: the pipe goes on and all arrives, over UDP
    (while the peers still look for a direct path, and after) and over TCP.
 4. A client that was killed comes again: the listener drops the old connection for it.
 5. Rubbish in large amounts at the relay and at a peer, while a pipe runs: all arrives.
"""

import peers_fixture  # first: it starts the test again in namespaces

import subprocess
import unittest

import netns_fixture as net
from peers_fixture import RELAY

Peers = peers_fixture.Peers
FLOOD = """
import os, random, socket, sys, time
random.seed(1)
target = (sys.argv[1], int(sys.argv[2]))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heads = [b"", b"\\x00\\x01\\x00\\x00\\x21\\x12\\xa4\\x42", b"\\x40\\x00", b"\\xc2", b"\\xc0"]
for i in range(20_000):
    udp.sendto(random.choice(heads) + os.urandom(random.randrange(1200)), target)
    if i % 50 == 0:
        time.sleep(0.001)
if len(sys.argv) > 3:
    for i in range(200):
        with socket.create_connection(target) as tcp:
            try:
                tcp.sendall(os.urandom(3000))
            except OSError:
                pass  # it was closed because it made no sense
"""


class Reasons(Peers):
    def test_wrong_password(self):
        self.start_relay()
        self.fails(self.connect(user="alice:wrong"), 1, "credential-refused: the relay refuses the name and password")
        self.fails(self.connect(user="nobody:secret"), 1, "credential-refused")
        self.fails(self.start_on("b", "listen", *self.common("b", "a", "bob:wrong")), 1, "credential-refused")

    def test_peer_that_is_not_there(self):
        self.start_relay()
        self.fails(self.connect("--patience", "2"), 1, "peer-unavailable: the peer did not answer")

    def test_peer_that_does_not_know_us(self):
        self.start_relay()
        self.listen()
        self.key["c"] = self.punchlab("keys", "c.key")[0].strip()
        self.assertRegex(self.key["c"], r"\A[0-9a-f]{64}\Z")
        client = self.start_on("a", "connect", *self.common("c", "b", "alice:secret"), "--patience", "3")
        self.fails(client, 1, "peer-unavailable")

    def test_relay_that_is_not_there(self):
        for start in (self.connect, self.listen):
            self.fails(start("--transport", "udp,tcp"), 1, f"relay-unreachable: UDP {RELAY}:3478: no answer; TCP {RELAY}:3478: Connection refused")

    def test_wrong_usage(self):
        def refused(*arguments, key="a.key", status=2):
            return self.refused("connect", "--relay", RELAY, "--user", "alice:secret", "--key", key, "--peer", self.key["b"], *arguments, status=status)
        self.assertIn("name.invalid: no address found for it", self.refused(
            "connect", "--relay", "name.invalid", "--user", "a:b", "--key", "a.key", "--peer", self.key["b"]))
        self.assertIn("it must be the 64 digits", self.refused("connect", "--relay", RELAY, "--user", "a:b", "--key", "a.key", "--peer", "x"))
        self.assertIn("own key", self.refused("connect", "--relay", RELAY, "--user", "a:b", "--key", "a.key", "--peer", self.key["a"]))
        self.assertIn("cannot read it", refused(key="none.key"))
        self.write("other.key", "hello\n")
        self.assertIn("it is no key file", refused(key="other.key"))
        (self.folder / "a.key").chmod(0o644)
        self.assertIn("others may read it", refused())
        (self.folder / "a.key").chmod(0o600)
        self.assertIn("must be one of relay-first", refused("--policy", "best"))
        self.assertIn("it must be some of udp, tcp, tls", refused("--transport", "quic"))
        self.assertIn("[ADDR:]PORT:HOST:PORT", refused("-L", "80"))
        self.write("peer.conf", "colour = blue\n")
        self.assertIn("--config peer.conf: ", refused("--config", "peer.conf"))
        self.assertIn("a.key is there already", self.refused("keys", "a.key"))
        self.assertEqual(self.punchlab("keys", "a.key", "--show")[0].strip(), self.key["a"])

    def test_port_in_use(self):
        self.start_relay()
        again = self.start_on("relay", "relay", "--listen", RELAY, "--user", "alice:secret")
        self.fails(again, 3, f"cannot open UDP {RELAY}:3478: Address already in use")
        first = self.listen("--allow", "127.0.0.1:7")
        client = self.connect("-L", "8007:127.0.0.1:7")
        self.wait_for(client, "forward")
        self.fails(self.connect("-L", "8007:127.0.0.1:7"), 3, "cannot open TCP 127.0.0.1:8007: Address already in use")
        self.assertIsNone(first.poll())

    def test_settings_from_a_file(self):
        self.start_relay()
        self.write("peer.conf", f"relay = {RELAY}\nuser = alice:secret\nkey = a.key\npeer = {self.key['b']}\npatience = 1\n")
        self.fails(self.start_on("a", "connect", "--config", "peer.conf"), 1, "peer-unavailable")


class Outages(Peers):
    def through(self, middle, *arguments, random=True, settled=True):
        """A pipe that stands; `middle()` happens while it does; then DATA goes through both ways."""
        for side in "ab":
            net.nat(f"nat-{side}", random=random)
        self.relay = self.start_relay()
        listener, client = self.listen(stdin=subprocess.PIPE), self.connect(*arguments, stdin=subprocess.PIPE)
        self.wait_for(client, "relayed" if random else "direct")
        self.wait_for(listener, "relayed" if random else "direct")
        if settled and random:
            self.wait_for(client, "relayed", "no direct path answered")
        middle(client)
        self.exchange(listener, client)

    def restart(self, _):
        self.relay.kill()
        self.relay.wait()
        self.relay = self.start_relay()

    def test_relay_restarted(self):
        self.through(self.restart)

    def test_relay_restarted_at_once(self):
        self.through(self.restart, settled=False)

    def test_relay_restarted_over_tcp(self):
        self.through(self.restart, "--transport", "tcp", settled=False)

    def test_relay_restarted_while_nobody_is_there(self):
        for transport in ("udp", "tcp"):
            with self.subTest(transport):
                self.relay = self.start_relay()
                listener = self.listen("--allow", "127.0.0.1:7", "--transport", transport)
                self.wait_for(listener, "relay")
                self.wait_until(lambda: any("registered: 1" in line for line in self.relay.said), "the registration")
                self.restart(None)
                client = self.connect("-L", "8007:127.0.0.1:7")
                self.wait_for(client, "direct")
                for process in (client, listener, self.relay):
                    self.put_away(process)

    def test_client_killed(self):
        self.start_relay()
        listener = self.listen("--allow", "127.0.0.1:7")
        for _ in range(2):
            client = self.connect("-L", "8007:127.0.0.1:7")
            self.wait_for(client, "direct")
            client.kill()
            client.wait()
        self.assertIn("again", [state for state, _ in self.states(listener)])
        self.assertIsNone(listener.poll())

    def test_flood(self):
        floods = []

        def flood(client):
            seen = next(why for state, why in self.states(client) if state == "relay").split()[-1]
            for host, target in (("b", (RELAY, "3478", "tcp")), ("nat-a", ("192.168.1.2", seen.split(":")[1]))):
                floods.append(subprocess.Popen(net.inside(host, "/usr/bin/python3", "-c", FLOOD, *target)))
        self.through(flood, random=False)
        for process in floods:
            self.assertEqual(process.wait(), 0)
        self.assertIsNone(self.relay.poll(), self.relay.said)


if __name__ == "__main__":
    unittest.main()
