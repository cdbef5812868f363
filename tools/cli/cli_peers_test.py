"""Two machines behind home routers and a relay, in network namespaces: real stacks, real NATs of the kernel. Cases:

 1. Behind routers that keep one port for all destinations data goes directly; both sides say so.
 2. Behind routers that take another port for each destination data goes over the relay, both ways, and both sides say why.
 3. Many connections at once to a forwarded port reach what the listener allows, each with its own answer.
 4. What the listener does not allow, or cannot reach, is refused; the tunnel goes on.
 5. A client whose UDP is blocked reaches the relay over TCP, and where only port 443 is open over TLS; data is relayed.
 6. Either side may be told to stop; the other hears it at once, and a listener waits for the next connection.
"""

import peers_fixture  # first: it starts the test again in namespaces

import pathlib
import signal
import subprocess
import threading
import unittest

import netns_fixture as net
from cli_fixture import SOURCE

Peers = peers_fixture.Peers
SYMMETRIC = {"random": True}
CERTIFICATE = pathlib.Path(SOURCE, "tools/cli/relay_for_test.pem")
ANSWERING = """
import socketserver
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        text = self.rfile.read()
        self.wfile.write(text[::-1])
class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 64
Server(("127.0.0.1", 7), Answer).serve_forever()
"""


class Pipe(Peers):
    def test_direct(self):
        self.start_relay()
        for side in self.pipe_both_ways():
            self.assertIn("direct", [state for state, _ in self.states(side)])

    def test_relayed(self):
        for side in "ab":
            net.nat(f"nat-{side}", **SYMMETRIC)
        self.start_relay()
        for side in self.pipe_both_ways():
            self.assertNotIn("direct", [state for state, _ in self.states(side)])
            self.assertIn("relayed", [state for state, _ in self.states(side)])

    def test_relayed_says_why_once_it_knows(self):
        for side in "ab":
            net.nat(f"nat-{side}", **SYMMETRIC)
        self.start_relay()
        listener = self.listen(stdin=subprocess.PIPE)
        client = self.connect(stdin=subprocess.PIPE)
        for side in (listener, client):
            self.wait_for(side, "relayed", "no direct path answered")
        client.stdin.close()
        listener.stdin.close()
        self.over(client, 0)
        self.over(listener, 0)


class BlockedUdp(Peers):
    def blocked(self, rule, *arguments):
        net.nat("nat-a", forbid=rule)
        return self.pipe_both_ways(*arguments)[1]

    def test_tcp(self):
        self.start_relay()
        client = self.blocked("oifname wan meta l4proto udp drop;")
        self.assertIn(("relay", True), [(state, "over TCP" in why) for state, why in self.states(client)])

    def test_the_other_side_does_not_blame_the_nats(self):
        """Both NATs let holes be punched; only the client's UDP is blocked, which the listener cannot know."""
        self.start_relay()
        net.nat("nat-a", forbid="oifname wan meta l4proto udp drop;")
        listener, client = self.listen(stdin=subprocess.PIPE), self.connect(stdin=subprocess.PIPE)
        self.wait_for(listener, "relayed", "no direct path answered, because of the two NATs or because the other side has no UDP")
        self.wait_for(client, "relayed", "UDP to the relay is blocked here")
        for side in (client, listener):
            side.stdin.close()
        self.over(client, 0)
        self.over(listener, 0)

    def test_tls(self):
        self.start_relay("--tls-certificate", CERTIFICATE, "--tls-key", CERTIFICATE)
        client = self.blocked("oifname wan tcp dport != 443 drop; oifname wan meta l4proto udp drop;", "--tls-ca", CERTIFICATE)
        self.assertIn(("relay", True), [(state, "over TLS" in why) for state, why in self.states(client)])

    def test_a_certificate_that_nobody_vouches_for(self):
        self.start_relay("--tls-certificate", CERTIFICATE, "--tls-key", CERTIFICATE)
        self.fails(self.connect("--transport", "tls"), 1, "the relay's certificate was refused")
        self.fails(self.connect("--transport", "tls", "--tls-ca", CERTIFICATE, "--tls-name", "other.example"), 1, "refused")


class Forwarding(Peers):
    def forwards(self):
        self.start_relay()
        server = subprocess.Popen(net.inside("b", "/usr/bin/python3", "-c", ANSWERING))
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.listener = self.listen("--allow", "127.0.0.1:7", "--allow", "127.0.0.1:8")
        self.client = self.connect("-L", "8007:127.0.0.1:7", "-L", "8008:127.0.0.1:8", "-L", "8009:127.0.0.1:9")
        self.wait_for(self.client, "direct")

    def ask(self, port, text):
        """What a program on the client's host gets for `text`, with its exit status."""
        script = ("import socket, sys\ns = socket.create_connection(('127.0.0.1', %d))\ns.sendall(sys.stdin.buffer.read())\n"
                  "s.shutdown(1)\nsys.stdout.buffer.write(s.makefile('rb').read())" % port)
        done = subprocess.run(net.inside("a", "/usr/bin/python3", "-c", script), input=text, capture_output=True, timeout=120, check=False)
        return done.returncode, done.stdout

    def test_many_at_once(self):
        self.forwards()
        answers = {}

        def work(number):
            text = b"%d," % number * 30_000
            answers[number] = self.ask(8007, text) == (0, text[::-1])
        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, {number: True for number in range(12)})

    def test_refused_and_unreachable(self):
        self.forwards()
        for port, why in ((8009, "does not --allow"), (8008, "cannot reach")):
            status, out = self.ask(port, b"hello")
            self.assertEqual(out, b"")
            self.assertNotEqual(status, 0)
            self.wait_for(self.client, "refused", why)
        self.assertEqual(self.ask(8007, b"still here"), (0, b"ereh llits"))

    def test_stopping_and_coming_again(self):
        self.forwards()
        self.client.send_signal(signal.SIGTERM)
        self.over(self.client, 0)
        self.wait_for(self.listener, "again", "went away")
        self.client = self.connect("-L", "8007:127.0.0.1:7")
        self.wait_for(self.client, "direct")
        self.assertEqual(self.ask(8007, b"again"), (0, b"niaga"))
        self.listener.send_signal(signal.SIGINT)
        self.over(self.listener, 0)
        self.wait_for(self.client, "again", "went away")
        self.listener = self.listen("--allow", "127.0.0.1:7")
        self.wait_until(lambda: [state for state, _ in self.states(self.client)].count("direct") == 2, "a second connection")
        self.assertEqual(self.ask(8007, b"once more"), (0, b"erom ecno"))


if __name__ == "__main__":
    unittest.main()
