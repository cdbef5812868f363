"""What the tests of relay, listen and connect share: keys, a relay in its namespace, two peers behind home routers."""

import netns_fixture as net  # first: it starts the test again in namespaces

import json
import threading

from cli_fixture import PUNCHLAB, Command

import subprocess

RELAY = net.RELAY
DATA = bytes(range(256)) * 4000  # a megabyte; what arrives in another order differs


class Peers(Command):
    """One test: nothing runs yet, the routers masquerade and keep a port for all destinations."""

    relay_at = RELAY  # as --listen and --relay have it

    def setUp(self):
        super().setUp()
        self.key = {side: self.punchlab("keys", f"{side}.key")[0].strip() for side in "ab"}
        for side in "ab":
            net.nat(f"nat-{side}")

    def start_on(self, host, *arguments, stdin=subprocess.DEVNULL):
        """A running punchlab on `host`; its status lines are gathered in `said`, its output is read as bytes."""
        process = subprocess.Popen(net.inside(host, PUNCHLAB, *arguments), cwd=self.folder, env=self.environment, stdin=stdin,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.put_away, process)
        process.said = []

        def gather():
            for line in iter(process.stderr.readline, b""):
                process.said.append(line.decode().rstrip("\n"))
        process.listens = threading.Thread(target=gather, daemon=True)
        process.listens.start()
        return process

    def put_away(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        if hasattr(process, "listens"):
            process.listens.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream and not stream.closed:
                stream.close()

    def start_relay(self, *arguments):
        relay = self.start_on("relay", "relay", "--listen", self.relay_at, "--user", "alice:secret", "--user", "bob:geheim", *arguments)
        self.wait_until(lambda: relay.said, "the relay")
        self.assertIn(f"listening on {self.relay_at}:3478", relay.said[0])
        return relay

    def common(self, side, other, user):
        return ["--relay", self.relay_at, "--user", user, "--key", f"{side}.key", "--peer", self.key[other], "--json"]

    def listen(self, *arguments, **options):
        return self.start_on("b", "listen", *self.common("b", "a", "bob:geheim"), *arguments, **options)

    def connect(self, *arguments, user="alice:secret", **options):
        return self.start_on("a", "connect", *self.common("a", "b", user), *arguments, **options)

    def states(self, process):
        """The status lines: (state, why) each."""
        return [(line["state"], line["why"]) for line in map(json.loads, filter(lambda l: l.startswith("{"), process.said))]

    def wait_for(self, process, state, why=""):
        self.wait_until(lambda: any(s == state and why in w for s, w in self.states(process)), f"{state} {why} in {process.said}")

    def over(self, process, status):
        """Its output once it has ended, as it should."""
        out = process.stdout.read()
        process.wait()
        process.listens.join()
        self.assertEqual(process.returncode, status, process.said)
        return out

    def fails(self, process, status, says):
        """Ends with this status and, as the last line, one that names the reason."""
        self.over(process, status)
        self.assertIn(says, process.said[-1])
        self.assertTrue(process.said[-1].startswith("punchlab: "), process.said)

    def feed(self, process, data):
        def work():
            try:
                process.stdin.write(data)
                process.stdin.close()
            except OSError:
                pass  # the program has ended; the test sees it
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def pipe_both_ways(self, *arguments):
        """DATA through the pipe in both directions at once; gives the two programs."""
        listener, client = self.listen(stdin=subprocess.PIPE), self.connect(*arguments, stdin=subprocess.PIPE)
        self.exchange(listener, client)
        return listener, client

    def exchange(self, listener, client):
        """DATA from the client to the listener, and reversed the other way; both then end."""
        self.feed(listener, DATA[::-1])
        self.feed(client, DATA)
        got = {}
        reader = threading.Thread(target=lambda: got.update(listener=listener.stdout.read()))
        reader.start()
        self.assertEqual(self.over(client, 0), DATA[::-1])
        reader.join()
        self.assertEqual(got["listener"], DATA)
        self.over(listener, 0)
