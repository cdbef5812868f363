"""A small internet in network namespaces of the test's own, for programs that must not meet on loopback.

Import it first: it starts the test again inside user, network, mount and process namespaces, which end with it. Nothing
in them has a way out. Addresses are those kept for documentation (RFC 5737) and private ones.
"""

import os
import subprocess
import sys

if os.environ.get("PUNCHLAB_NAMESPACED") != "1":
    os.environ["PUNCHLAB_NAMESPACED"] = "1"
    command = ["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit("this test needs user namespaces: allow them with sysctl kernel.unprivileged_userns_clone=1, "
                 "in a container with --security-opt seccomp=unconfined")
    os.execvp(command[0], [*command, sys.executable, *sys.argv])

RELAY, ALTERNATE = "198.51.100.2", "198.51.100.3"


def run(*command, text=None):
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


def inside(host, *command):
    """The command line that runs `command` on `host`."""
    return ["nsenter", f"--net=/run/netns/{host}", "--", *map(str, command)]


def forward(host=None):
    prefix = inside(host) if host else []
    run(*prefix, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def add_namespace(name):
    run("ip", "netns", "add", name)
    run(*inside(name, "ip", "link", "set", "lo", "up"))


def join(outer, inner, outer_address, inner_address):
    """A cable between two namespaces (`outer` None: the core) with an address at each end; the inner one routes into it."""
    pair = (f"to-{inner}", "wan")
    run("ip", "link", "add", pair[0], "type", "veth", "peer", "name", pair[1], "netns", inner)
    if outer:
        run("ip", "link", "set", pair[0], "netns", outer)
    at_outer = inside(outer) if outer else []
    for prefix, device, addresses in ((at_outer, pair[0], [outer_address]), (inside(inner), pair[1], inner_address)):
        for address in addresses:
            run(*prefix, "ip", "addr", "add", address, "dev", device)
        run(*prefix, "ip", "link", "set", device, "up")
    run(*inside(inner, "ip", "route", "add", "default", "via", outer_address.split("/")[0]))


def rules(host, text):
    """Replaces the firewall rules of `host`."""
    run(*inside(host, "nft", "-f", "-"), text="flush ruleset\n" + text)


def nat(name, random=False, forbid=""):
    """The rules of a home router: masquerading, closed to what nobody asked for. `random`: another port for each
    destination. `forbid`: a rule for what may not leave."""
    rules(name, f"""
table ip t {{
  chain out {{ type nat hook postrouting priority 100; oifname "wan" masquerade {"fully-random" if random else ""}; }}
  chain in {{ type filter hook input priority 0; iifname "wan" ct state new drop; }}
  chain through {{ type filter hook forward priority 0; iifname "wan" ct state new drop; {forbid} }}
}}
""")


def build():
    """core (this namespace) - relay; core - nat-a - a; core - nat-b - b."""
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("ip", "link", "set", "lo", "up")
    forward()
    add_namespace("relay")
    join(None, "relay", "198.51.100.1/24", [f"{RELAY}/24", f"{ALTERNATE}/24"])
    for number, side in enumerate("ab", 1):
        add_namespace(f"nat-{side}")
        add_namespace(side)
        join(None, f"nat-{side}", f"203.0.113.{number * 16 + 1}/28", [f"203.0.113.{number * 16 + 2}/28"])
        join(f"nat-{side}", side, f"192.168.{number}.1/24", [f"192.168.{number}.2/24"])
        forward(f"nat-{side}")
        nat(f"nat-{side}")


build()
