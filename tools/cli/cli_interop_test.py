"""Behaviour discovery against a server that is not ours: coturn (Debian package coturn), in network namespaces. Cases:

 1. Behind routers of the kernel, probe finds line by line the same with coturn as with our relay: the NAT that masquerading is.
 2. The same for a router that takes another port for each destination.
"""

import peers_fixture  # first: it starts the test again in namespaces

import re
import subprocess
import unittest

import netns_fixture as net

Peers = peers_fixture.Peers


class Coturn(Peers):
    def probe(self):
        process = self.start_on("a", "probe", "--server", net.RELAY)
        return self.over(process, 0).decode()

    def with_ours(self):
        relay = self.start_on("relay", "relay", "--listen", net.RELAY, "--alternate", f"{net.ALTERNATE}:3479", "--user", "a:b")
        self.wait_until(lambda: relay.said, "the relay")
        found = self.probe()
        self.put_away(relay)
        return found

    def with_coturn(self):
        coturn = subprocess.Popen(
            net.inside("relay", "turnserver", "-n", "-L", net.RELAY, "-L", net.ALTERNATE, "--listening-port", "3478",
                       "--alt-listening-port", "3479", "--stun-only", "--no-tls", "--no-dtls", "--no-cli",
                       "--log-file", "stdout", "--simple-log", "--pidfile", self.folder / "pid"),
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        self.addCleanup(self.put_away, coturn)

        def listens():
            sockets = subprocess.run(net.inside("relay", "ss", "-Hlun"), capture_output=True, text=True, check=True).stdout
            return all(f"{address}:{port}" in sockets for address in (net.RELAY, net.ALTERNATE) for port in (3478, 3479))
        self.wait_until(listens, "coturn")
        found = self.probe()
        self.put_away(coturn)
        return found

    def compare(self, mapping):
        ours, theirs = self.with_ours(), self.with_coturn()
        found = dict(re.findall(r"^([\w-]+): (.*)$", theirs, re.M))
        self.assertEqual((found["mapping"], found["filtering"]), (mapping, "address-and-port-dependent"))
        self.assertEqual(theirs, ours)

    def test_masquerading(self):
        self.compare("endpoint-independent")

    def test_another_port_for_each_destination(self):
        net.nat("nat-a", random=True)
        self.compare("address-and-port-dependent")


if __name__ == "__main__":
    unittest.main()
