#!/usr/bin/python3
"""Driver for aioice under the contract of docs/agents.md.

aioice finds its candidates all at once, and takes the peer's as they come. Three things are this driver's, through aioice's public
interface, so that a relay is the last resort (docs/agents.md says why each is needed); `--opt plain` is aioice without them:

 - Regular nomination (RFC 8445 section 8.1.1). By default aioice nominates with every check and moves to whichever pair
   succeeded last; `remote_is_lite` is its only switch.
 - aioice learns the peer's relayed candidates late.
 - Its own allocation lets nothing pass as long: aioice is told of a TURN server that is late_turn.py's.
"""

import argparse
import asyncio
import ctypes
import json
import os
import re
import statistics
import struct
import sys
import time

import aioice

sys.dont_write_bytecode = True  # beside the sources
from late_turn import LateTurn  # noqa: E402

FIRST_COUNTED = 2048
FIRST_INTERVAL, WAIT, LINGER = 0.02, 0.3, 3.0
RELAYS_LATER = 1.0  # s after checks begin; aioice asks for the second time after 0.5 s, which a direct pair may need
IN_CREATE_MODIFY_MOVED_TO = 0x100 | 0x2 | 0x80


def arguments():
    parser = argparse.ArgumentParser()
    for key in ("name", "peer", "role", "sig", "stun", "turn", "turn-user", "turn-pass", "opt"):
        parser.add_argument("--" + key, default="")
    parser.add_argument("--policy", default="all", choices=("all", "relay"))
    for key, value in (("timeout", 15), ("settle", 1000), ("echo", 10), ("len", 400)):
        parser.add_argument("--" + key, type=int, default=value)
    return parser.parse_args()


def server(url):
    """(address, port) and transport of stun:IP:PORT or turn:IP:PORT?transport=udp."""
    found = re.fullmatch(r"(?:stun|turn):([\d.]+):(\d+)(?:\?transport=(udp|tcp))?", url)
    return ((found[1], int(found[2])), found[3] or "udp") if found else (None, "udp")


class Signalling:
    """The files of the contract; `changed` waits until something in the directory changes."""

    def __init__(self, args):
        self.directory, self.name, self.peer = args.sig, args.name, args.peer
        libc = ctypes.CDLL(None, use_errno=True)
        self.watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if libc.inotify_add_watch(self.watch, self.directory.encode(), IN_CREATE_MODIFY_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), self.directory)
        self.event = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.watch, self.notice)
        self.read = 0

    def notice(self):
        os.read(self.watch, 65536)
        self.event.set()

    async def changed(self):
        await self.event.wait()
        self.event.clear()

    def path(self, file):
        return os.path.join(self.directory, file)

    def mark(self, kind):
        open(self.path(f"{self.name}.{kind}"), "w", encoding="ascii").close()

    def marked(self, name, kind):
        return os.path.exists(self.path(f"{name}.{kind}"))

    def say(self, line):
        with open(self.path(self.name + ".out"), "a", encoding="ascii") as out:
            out.write(line + "\n")

    def heard(self):
        """The peer's lines that are new and whole."""
        try:
            with open(self.path(self.name + ".in"), "rb") as file:
                file.seek(self.read)
                whole = file.read().rpartition(b"\n")[0:2]
        except FileNotFoundError:
            return []
        self.read += len(whole[0]) + len(whole[1])
        return whole[0].decode("ascii", "replace").split("\n") if whole[1] else []


class Driver:
    def __init__(self, args):
        self.args, self.files = args, Signalling(args)
        turn, transport = server(args.turn)
        self.plain = args.opt == "plain"
        self.peer_known, self.relays_due = asyncio.Event(), asyncio.Event()
        self.late_turn = None
        if self.plain or args.policy == "relay":
            self.relays_due.set()
        elif turn and transport == "udp":
            self.late_turn = LateTurn(turn)
            turn = self.late_turn.address
        self.ice = aioice.Connection(
            ice_controlling=args.role == "controlling",
            stun_server=server(args.stun)[0],
            turn_server=turn,
            turn_username=args.turn_user or None,
            turn_password=args.turn_pass or None,
            turn_transport=transport,
            use_ipv6=False,
            transport_policy=aioice.TransportPolicy.RELAY if args.policy == "relay" else aioice.TransportPolicy.ALL,
        )
        self.ice.remote_is_lite = not self.plain
        self.tasks = []
        self.report = {"agent": "aioice", "name": args.name, "role": args.role, "outcome": "failed",
                       "ms_gather": -1, "ms_connected": -1, "ms_data": -1, "ms_failed": -1}
        self.replies = {}
        self.pings = 0
        self.trips = []
        self.error = ""

    def since_start(self):
        return round((time.monotonic() - self.start) * 1000, 3)

    async def gather(self):
        self.files.say("ice-ufrag:" + self.ice.local_username)
        self.files.say("ice-pwd:" + self.ice.local_password)
        await self.ice.gather_candidates()
        self.report["ms_gather"] = self.since_start()
        for candidate in self.ice.local_candidates:
            self.files.say("candidate:" + candidate.to_sdp())
        self.files.say("end-of-candidates")

    async def hear(self):
        while True:
            for line in self.files.heard():
                key, _, value = line.partition(":")
                if key == "ice-ufrag":
                    self.ice.remote_username = value
                elif key == "ice-pwd":
                    self.ice.remote_password = value
                    self.peer_known.set()
                elif key == "candidate" and value.split()[1:2] == ["1"]:
                    self.tasks.append(asyncio.create_task(self.take(aioice.Candidate.from_sdp(value))))
                elif key == "end-of-candidates":
                    return
            await self.files.changed()

    async def take(self, candidate):
        if candidate.type == "relay":
            await self.relays_due.wait()
        await self.ice.add_remote_candidate(candidate)

    def let_relays_in(self):
        self.relays_due.set()
        if self.late_turn:
            self.late_turn.open()

    async def connect(self):
        self.tasks.append(asyncio.create_task(self.hear()))
        await asyncio.gather(self.gather(), self.peer_known.wait())
        asyncio.get_running_loop().call_later(RELAYS_LATER, self.let_relays_in)
        await self.ice.connect()
        self.connected = time.monotonic()
        for task in self.tasks:
            task.cancel()
        self.report["ms_connected"] = self.since_start()
        self.report["first"] = self.report["pair"] = self.pair()

    def pair(self):
        """aioice has no public way to ask for the nominated pair."""
        nominated = self.ice._nominated[1]
        return {side: {"type": c.type, "addr": c.host, "port": c.port}
                for side, c in (("local", nominated.local_candidate), ("remote", nominated.remote_candidate))}

    async def answer(self):
        own = self.args.name.encode()
        while True:
            data = await self.ice.recv()
            if len(data) >= 8 and data[:2] == b"\x80P":
                await self.ice.send(b"\x80R" + data[2:])
            elif len(data) >= 8 and data[:2] == b"\x80R" and data[2:3] == own:
                if self.report["ms_data"] < 0:
                    self.report["ms_data"] = self.since_start()
                reply = self.replies.get(struct.unpack("<I", data[4:8])[0])
                if reply and not reply.done():
                    reply.set_result(time.monotonic())

    async def ping(self, number):
        header = b"\x80P" + self.args.name.encode() + b"\0" + struct.pack("<I", number)
        await self.ice.send(header.ljust(self.args.len, b"\0"))

    async def echoes(self):
        number = 0
        while self.report["ms_data"] < 0:
            await self.ping(number)
            number += 1
            await asyncio.sleep(FIRST_INTERVAL)
        await asyncio.sleep(max(0, self.connected + self.args.settle / 1000 - time.monotonic()))
        for number in range(FIRST_COUNTED, FIRST_COUNTED + self.args.echo):
            self.replies[number] = asyncio.get_running_loop().create_future()
            sent = time.monotonic()
            await self.ping(number)
            self.pings += 1
            done, _ = await asyncio.wait([self.replies[number]], timeout=WAIT)
            self.trips += [(reply.result() - sent) * 1000 for reply in done]

    async def trial(self):
        await self.connect()
        self.answering = asyncio.create_task(self.answer())
        await self.echoes()

    def line(self):
        candidates = [c.type for c in self.ice.local_candidates]
        echo = {"sent": self.pings, "ok": len(self.trips), "bytes": self.args.len}
        if self.trips:
            types = [end["type"] for end in self.report["pair"].values()]
            self.report["outcome"] = "relayed" if "relay" in types else "direct"
            echo["rtt_ms"] = round(statistics.median(self.trips), 3)
        self.report["echo"] = echo
        self.report["cands"] = {kind: candidates.count(kind) for kind in ("host", "srflx", "relay")}
        self.report["error"] = self.error
        return json.dumps(self.report)

    async def run(self):
        self.files.mark("ready")
        while not self.files.marked(self.args.name, "go"):
            await self.files.changed()
        self.start = time.monotonic()
        try:
            await asyncio.wait_for(self.trial(), self.args.timeout)
        except asyncio.TimeoutError:
            self.error = "timeout"
        except (ConnectionError, OSError, aioice.stun.TransactionError) as error:
            self.error = str(error) or type(error).__name__
            self.report["ms_failed"] = self.since_start()
        print(self.line(), flush=True)
        self.files.mark("done")
        linger = time.monotonic() + LINGER
        while not self.files.marked(self.args.peer, "done") and time.monotonic() < linger:
            await asyncio.wait([asyncio.ensure_future(self.files.changed())], timeout=linger - time.monotonic())


async def main():
    await Driver(arguments()).run()
    os._exit(0)  # aioice would wait for the relay to confirm what nobody needs any more


if __name__ == "__main__":
    asyncio.run(main())
