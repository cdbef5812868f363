"""IPv6 in the small internet of netns_fixture: the relay and both peers get addresses (RFC 3849), the routers forward and let
in only what was asked for. IPv4 stays as it is, until a test takes it away."""

import netns_fixture as net  # first: it starts the test again in namespaces

import subprocess
import time

RELAY, ALTERNATE = "2001:db8::2", "2001:db8::3"
HOST = {"a": "2001:db8:a::2", "b": "2001:db8:b::2"}
# Names for the programs, which ask no server.
NAMES = f"""
127.0.0.1 localhost both.test
::1 localhost both.test
{RELAY} relay6.test
{RELAY} relay.test
{net.RELAY} relay.test
"""


def address(host, device, *addresses):
    """No duplicates are looked for: the addresses can be used at once."""
    prefix = net.inside(host) if host else []
    for text in addresses:
        net.run(*prefix, "ip", "-6", "addr", "add", f"{text}/64", "dev", device, "nodad")


def route(host, to, via):
    prefix = net.inside(host) if host else []
    net.run(*prefix, "ip", "-6", "route", "add", to, "via", via)


def forward(host=None):
    prefix = net.inside(host) if host else []
    net.run(*prefix, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")


def wait_for_link_local(host=None):
    """The kernel's own addresses are looked for duplicates of; until that is done a router asks for no neighbour."""
    prefix = net.inside(host) if host else []
    for _ in range(100):
        if not subprocess.run([*prefix, "ip", "-6", "addr", "show", "tentative"], capture_output=True, check=True).stdout:
            return
        time.sleep(0.1)
    raise TimeoutError(f"addresses of {host} are still tentative")


def firewall(name, forbid=""):
    """The rules of a home router that translates no IPv6 address, closed to what nobody asked for (RFC 6092)."""
    net.run(*net.inside(name, "nft", "-f", "-"), text=f"""
table ip6 home
delete table ip6 home
table ip6 home {{
  chain in {{ type filter hook input priority 0; iifname "wan" ct state new drop; }}
  chain through {{ type filter hook forward priority 0; iifname "wan" ct state new drop; {forbid} }}
}}
""")


def no_ipv4(name):
    """Nothing of IPv4 passes this router."""
    net.run(*net.inside(name, "nft", "-f", "-"), text="""
table ip closed {
  chain through { type filter hook forward priority 0; drop; }
}
""")


def build():
    forward()
    address(None, "to-relay", "2001:db8::1")
    address("relay", "wan", RELAY, ALTERNATE)
    route("relay", "default", "2001:db8::1")
    for side in "ab":
        router = f"nat-{side}"
        address(None, f"to-{router}", f"2001:db8:{side}0::1")
        address(router, "wan", f"2001:db8:{side}0::2")
        address(router, f"to-{side}", f"2001:db8:{side}::1")
        address(side, "wan", HOST[side])
        forward(router)
        route(router, "default", f"2001:db8:{side}0::1")
        route(side, "default", f"2001:db8:{side}::1")
        route(None, f"2001:db8:{side}::/64", f"2001:db8:{side}0::2")
    for host in (None, "relay", "nat-a", "nat-b", "a", "b"):
        wait_for_link_local(host)
    # Over the whole folder, since there need be no /etc/hosts; what this user may not read of it, no test needs.
    subprocess.run(["cp", "--archive", "/etc", "/run/etc"], stderr=subprocess.DEVNULL, check=False)
    with open("/run/etc/hosts", "w") as names:
        names.write(NAMES)
    net.run("mount", "--bind", "/run/etc", "/etc")


build()
