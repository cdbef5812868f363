"""A way to a TURN server that keeps the allocation shut for a while.

It stands between aioice and the server, on loopback in the driver's own process. An allocation is made and refreshed at once, so
that its address can be told, but nothing passes one without a permission (RFC 8656 section 9): the requests for permissions wait
here until `open`. Datagrams only; a stream to a server needs a way of its own.
"""

import asyncio
import contextlib
import socket

CREATE_PERMISSION, CHANNEL_BIND = b"\x00\x08", b"\x00\x09"
LARGEST = 65536


class LateTurn:
    """`address` is where the server seems to be, for a client of this host."""

    def __init__(self, server):
        self.client = None
        self.held = {}  # requests by transaction, so that a repeated one leaves once; None when open
        self.inside, self.outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for _ in range(2))
        self.inside.bind(("127.0.0.1", 0))
        self.outside.connect(server)
        self.address = self.inside.getsockname()
        asyncio.get_running_loop().add_reader(self.inside, self.from_client)
        asyncio.get_running_loop().add_reader(self.outside, self.from_server)

    def from_client(self):
        data, self.client = self.inside.recvfrom(LARGEST)
        if self.held is not None and data[:2] in (CREATE_PERMISSION, CHANNEL_BIND):
            self.held[data[8:20]] = data
        else:
            self.pass_on(data)

    def pass_on(self, data):
        with contextlib.suppress(OSError):  # as good as lost; the client repeats what matters
            self.outside.send(data)

    def from_server(self):
        with contextlib.suppress(OSError):  # the server's host may say that nobody listens
            self.inside.sendto(self.outside.recv(LARGEST), self.client)

    def open(self):
        held, self.held = self.held or {}, None
        for request in held.values():
            self.pass_on(request)
