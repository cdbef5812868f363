"""`punchlab lab`: other people's programs inside a scenario's network. Needs user namespaces. Cases:

 1. The command's exit status is passed on, also of a signal, and of a program that does not exist.
 2. The network is the scenario's: `punchlab probe` finds the client's NAT from inside; packets cross the links both ways
    in the time that they take; the captures hold them.
 2a. What probe prints can be put into a scenario, where it is that NAT; not so when the server has one address only.
 2b. With --backend sockets-kernel the NAT is the kernel's own, which answers pings as no model does, and discovery finds
    what the model says; a cell without such a NAT, and a backend that is no lab, are refused.
 3. A server in the connector's host is reached from the client's by TCP.
 4. No way out, by any address of the machine, a route of one's own or a device, over TUN and over veths, with NatBox or the
    kernel as gateway; control: outside, the same works.
 5. Nothing is left after kill -9 of the lab or of the command, not even what the command put in the background.
 6. The relay is killed: that is said, the command goes on.
 6b. The command takes its interface down: that is said, status 3.
 7. Wrong usage, media that wires cannot carry.
"""

import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import unittest

from cli_fixture import PATIENCE, PUNCHLAB, SOURCE, Command

HOME = """\
name: home
seed: 5
client: {nat: [symmetric, full-cone], access: {latency: 20 ms}}
connector: {nat: open, access: {latency: 10 ms}}
relay: {latency: 5 ms}
"""
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3).close()
except OSError as error:
    sys.exit("%s: %s" % (sys.argv[1], error))
"""
PING = """
import socket, sys
echo = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
echo.settimeout(1)
echo.sendto(b"\\x08\\x00\\xf7\\xfd\\x00\\x01\\x00\\x01", (sys.argv[1], 0))
try:
    print("the gateway answers" if echo.recv(99)[20] == 0 else "it objects")
except TimeoutError:
    print("it is silent")
"""
# A process that leaves its session and its parent behind.
DAEMON = "setsid sh -c 'sleep 300 & sleep 300' >/dev/null 2>&1 </dev/null & echo started; sleep 300"


class LabCommand(Command):
    def setUp(self):
        super().setUp()
        self.write("home.yaml", HOME)
        self.environment.pop("PUNCHLAB", None)  # the lab names it
        self.interfaces = sorted(os.listdir("/sys/class/net"))
        self.addCleanup(self.assert_nothing_left)

    def assert_nothing_left(self):
        self.assert_nothing_runs()
        self.assertEqual(sorted(os.listdir("/sys/class/net")), self.interfaces)

    def start_lab(self, *words, options=()):
        return self.start("lab", "home.yaml", *options, "--", *words)

    def lab(self, *words, options=(), status=0):
        return self.ended(self.start_lab(*words, options=options), status)

    def test_exit_status(self):
        for words, status in ((["true"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137),
                              (["no-such-program"], 127), (["/"], 126)):
            with self.subTest(words):
                _, err = self.lab(*words, status=status)
                self.assertRegex(err, r"\Aclient [\d.]+ behind symmetric \([\d.]+\); connector [\d.]+; relay ")

    def test_probe_finds_the_nat(self):
        for cell, mapping, filtering in (("symmetric,any", "address-and-port-dependent", "address-and-port-dependent"),
                                         ("full-cone,any", "endpoint-independent", "endpoint-independent")):
            out, _ = self.lab("sh", "-c", '"$PUNCHLAB" probe --server "$PUNCHLAB_RELAY"', options=("--cell", cell))
            self.assertIn(f"mapping: {mapping}\n", out)
            self.assertIn(f"filtering: {filtering}\n", out)

    def test_the_example_of_its_help_works(self):
        help_text, _ = self.punchlab("lab", "--help")
        example = shlex.split(help_text.partition("example:")[2])
        self.assertEqual(example[:3], ["punchlab", "lab", "scenarios/classic-nats.yaml"])
        out, _ = self.punchlab("lab", SOURCE / example[2], *example[3:])
        self.assertIn("mapping: address-and-port-dependent\n", out)

    def test_variables(self):
        names = ("PUNCHLAB_CLIENT", "PUNCHLAB_CONNECTOR", "PUNCHLAB_RELAY", "PUNCHLAB")
        out, err = self.lab("sh", "-c", "; ".join(f'echo "${name}"' for name in names))
        client, connector, relay, program = out.splitlines()
        self.assertTrue(os.access(program, os.X_OK))
        self.assertRegex(err, rf"\Aclient {client} .*; connector {connector}; relay {relay}, users ")

    def test_probe_to_scenario(self):
        """What probe prints of a NAT is that NAT again: every outcome with each of four others is the preset's."""
        self.write("nats/.keep", "")
        others = ["full-cone", "restricted-cone", "port-restricted-cone", "symmetric"]
        for preset in ("full-cone", "symmetric", "linux-masquerade"):
            self.write("home.yaml", HOME.replace("[symmetric, full-cone]", preset))
            self.lab("sh", "-c", '"$PUNCHLAB" probe --server "$PUNCHLAB_RELAY" --name mine > nats/mine.yaml')
            self.write("mine.yaml", f"name: mine\ntrials: 20\nclient: {{nat: [mine, {preset}]}}\n"
                                    f"connector: {{nat: [{', '.join(others)}]}}\n")
            self.run_scenario("mine.yaml", "--out", f"run-{preset}")
            cells = json.loads((self.folder / f"run-{preset}" / "summary.json").read_text())["cells"]
            rates = {nat: {c["connector"]: [c[o]["rate"] for o in ("direct", "relayed", "failed")] for c in cells if c["client"] == nat}
                     for nat in ("mine", preset)}
            self.assertEqual(sorted(rates["mine"]), sorted(others))
            self.assertEqual(rates["mine"], rates[preset])
            self.assertEqual(rates["mine"]["symmetric"][0], 0 if preset != "full-cone" else 1)

    def test_probe_without_second_address(self):
        """Mapping and filtering stay unknown: said, status 1, and no scenario takes the file for a NAT."""
        relay = 'exec "$PUNCHLAB" relay --listen "$PUNCHLAB_CONNECTOR" --user a:b 2>/dev/null'
        probe = ('for i in $(seq 50); do "$PUNCHLAB" probe --server "$PUNCHLAB_CONNECTOR" > nats/my-nat.yaml 2>said; s=$?; '
                 'grep -q "does not answer" said || break; done; cat said >&2; exit $s')
        self.write("nats/.keep", "")
        _, err = self.lab("sh", "-c", probe, options=("--cell", "symmetric,any", "--connector", relay), status=1)
        self.assertRegex(err, r"\npunchlab: not found: mapping, filtering. [\d.]+:3478 has no second address \(OTHER-ADDRESS")
        text = (self.folder / "nats" / "my-nat.yaml").read_text()
        self.assertIn("port-allocation: ", text)
        self.write("mine.yaml", "name: mine\nclient: {nat: my-nat}\nconnector: {nat: open}\n")
        said = self.refused("run", "mine.yaml", "--backend", "memory")
        self.assertRegex(said, r'\Anats/my-nat.yaml:\d+:\d+: "unknown" is not a known mapping; ')

    def test_kernel_gateways(self):
        self.write("home.yaml", HOME.replace("[symmetric, full-cone]", "[linux-masquerade-random, full-cone]"))
        self.write("ping.py", PING)
        script = '/usr/bin/python3 ping.py "${PUNCHLAB_CLIENT%.*}.1"; "$PUNCHLAB" probe --server "$PUNCHLAB_RELAY"'
        for backend, answer in (("sockets", "it is silent\n"), ("sockets-kernel", "the gateway answers\n")):
            out, _ = self.lab("sh", "-c", script, options=("--cell", "linux-masquerade-random,any", "--backend", backend))
            self.assertEqual(out.partition("\n")[0] + "\n", answer)
            self.assertIn("mapping: address-and-port-dependent\n", out)
        self.assertIn("kernel rules", self.refused("lab", "home.yaml", "--cell", "full-cone,any", "--backend", "sockets-kernel",
                                                   "--", "true"))
        self.assertEqual(self.refused("lab", "home.yaml", "--backend", "ns3", "--", "true"),
                         "--backend ns3: a lab is sockets or sockets-kernel")

    def test_links_and_captures(self):
        code = ("import os, socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(60);"
                "a, p = os.environ['PUNCHLAB_CONNECTOR'], 7777; t = time.monotonic(); s.sendto(b'ping', (a, p));"
                "print(s.recv(99), time.monotonic() - t)")
        echo = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 7777));"
                "[s.sendto(b'pong', s.recvfrom(99)[1]) for _ in range(1)]; __import__('time').sleep(60)")
        self.write("echo.py", echo)
        out, _ = self.lab("sh", "-c", f'sleep 1; exec /usr/bin/python3 -c "{code}"',
                          options=("--connector", "/usr/bin/python3 echo.py", "--pcap", "captures"))
        answer, seconds = out.split()
        self.assertEqual(answer, "b'pong'")
        self.assertGreaterEqual(float(seconds), 0.060)
        for name in ("client-0-inner", "client-1-outer", "connector-0-inner"):
            data = (self.folder / "captures" / f"{name}.pcap").read_bytes()
            self.assertEqual((data.count(b"ping"), data.count(b"pong")), (1, 1), name)

    def test_tcp(self):
        (self.folder / "page").mkdir()
        self.write("page/hello.txt", "from the other side\n")
        server = "/usr/bin/python3 -m http.server --directory page 8080 >/dev/null 2>&1"
        page = "http://' + os.environ['PUNCHLAB_CONNECTOR'] + ':8080/hello.txt"
        fetch = (f"import os, urllib.request as u; print(u.urlopen('{page}', timeout=20).read().decode(), end='')")
        again = f'for i in $(seq 50); do /usr/bin/python3 -c "{fetch}" 2>/dev/null && exit 0; sleep 0.2; done; exit 1'
        out, _ = self.lab("sh", "-c", again, options=("--connector", server))
        self.assertEqual(out, "from the other side\n")

    def lab_without_tun(self, *words, options=(), status=0):
        """As `lab`, in a mount namespace of its own, where /dev/net is empty."""
        script = 'mount -t tmpfs none /dev/net && [ ! -e /dev/net/tun ] && exec "$0" "$@"'
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        done = subprocess.run(["unshare", *as_root, "--mount", "--propagation", "private", "sh", "-c", script, PUNCHLAB, "lab",
                               "home.yaml", *options, "--", *words], cwd=self.folder, env=self.environment, timeout=PATIENCE,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def test_no_way_out(self):
        self.write("home.yaml", HOME.replace("[symmetric, full-cone]", "[symmetric, linux-masquerade]"))
        for lab in (self.lab, self.lab_without_tun):
            for options in (("--cell", "symmetric,any"), ("--cell", "linux-masquerade,any", "--backend", "sockets-kernel")):
                with self.subTest(lab=lab.__name__, options=options):
                    self.assert_no_way_out(lambda *words, status=0: lab(*words, options=options, status=status))  # pylint: disable=cell-var-from-loop

    def assert_no_way_out(self, lab):
        listener = socket.create_server(("0.0.0.0", 0), backlog=16)
        listener.settimeout(0.5)
        self.addCleanup(listener.close)
        port = str(listener.getsockname()[1])
        own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
        addresses = ["127.0.0.1", *(a for a in own if ":" not in a)]
        self.write("connect.py", CONNECT)
        for address in addresses:
            with self.subTest(address):
                subprocess.run(["/usr/bin/python3", "connect.py", address, port], cwd=self.folder, check=True)
                listener.accept()[0].close()
                _, err = lab("/usr/bin/python3", "connect.py", address, port, status=1)
                self.assertIn(address + ": ", err)
        self.write("devices.sh", "set -e\nip -o link | cut -d: -f2 | cut -d@ -f1\nip route\n"
                   "ip route add 192.0.2.0/24 via 10.0.0.1 dev access onlink\n"
                   f"/usr/bin/python3 connect.py {addresses[-1]} {port} && exit 9\n"
                   f"for i in $(seq 1 400) {os.getpid()}; do\n  [ -e /proc/$i ] || continue\n"
                   "  nsenter --net=/proc/$i/ns/net ip -o link | grep -qv ' lo:\\| access' && exit 8\ndone\n"
                   f"ip link set access netns {os.getpid()} && exit 7\nexit 0\n")
        out, _ = lab("sh", "devices.sh")
        self.assertEqual(out.split()[:2], ["lo", "access"])
        self.assertEqual(out.splitlines()[2:], ["default dev access scope link "])
        with self.assertRaises(TimeoutError):
            listener.accept()

    def test_killed(self):
        process = self.start_lab("sh", "-c", DAEMON)
        self.assertEqual(process.stdout.readline(), "started\n")
        self.wait_until(lambda: len(self.processes()) >= 7, "the processes of the lab")
        process.kill()
        process.wait()
        self.assert_nothing_left()

    def test_ended_with_the_command(self):
        """What the command leaves in the background ends with it, and so does the connector's."""
        self.lab("sh", "-c", DAEMON.replace("; sleep 300", ""), options=("--connector", DAEMON))
        self.assert_nothing_left()

    def test_terminated(self):
        process = self.start_lab("sh", "-c", "echo started; sleep 300")
        self.assertEqual(process.stdout.readline(), "started\n")
        process.terminate()
        _, err = self.ended(process, 130)
        self.assertTrue(err.endswith("punchlab: interrupted\n"), err)

    def test_killed_relay(self):
        process = self.start_lab("sh", "-c", "echo started; sleep 3; exit 5")
        self.assertEqual(process.stdout.readline(), "started\n")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        _, err = self.ended(process, 5)
        self.assertIn("\npunchlab: the relay of the lab ended (status 137); the rest goes on\n", err)

    def test_interface_down(self):
        _, err = self.lab("ip", "link", "set", "access", "down", status=3)
        self.assertTrue(err.endswith("\npunchlab: the lab broke: client-interface-down\n"), err)

    def test_killed_command(self):
        """With the process that keeps it, as the kernel's OOM killer might."""
        process = self.start_lab("sh", "-c", DAEMON)
        self.assertEqual(process.stdout.readline(), "started\n")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[1]), signal.SIGKILL)
        self.ended(process, 137)
        self.assert_nothing_left()

    def test_wrong_usage(self):
        self.write("wifi.yaml", HOME.replace("access: {latency: 20 ms}", "access: {medium: wifi}"))
        self.assertIn("models wires only", self.refused("lab", "wifi.yaml", "--", "true"))
        self.assertIn('no client of this scenario is "cone"', self.refused("lab", "home.yaml", "--cell", "cone,any", "--", "true"))
        for folder in ("/proc/x", "home.yaml"):
            self.assertRegex(self.refused("lab", "home.yaml", "--pcap", folder, "--", "true", status=3),
                             rf"\A--pcap {folder}: [A-Z][a-z ]+; name a folder that can be written\Z")
        self.assertIn("scenario is missing", self.punchlab("lab", "--", "true", status=2)[1])


if __name__ == "__main__":
    unittest.main()
