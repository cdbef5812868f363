"""The way to a TURN server that is shut for a while (late_turn.py), on loopback, the server being a plain socket. Cases:

 1. What makes an allocation passes at once, both ways, and the server sees one client.
 2. Requests for permissions wait until it is opened, each once however often it is repeated; then they pass at once, as does data.
 3. A server that was away for a while is reached again.
"""

import asyncio
import socket
import sys
import unittest

sys.dont_write_bytecode = True
from late_turn import LateTurn  # noqa: E402

BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND = 0x0001, 0x0003, 0x0004, 0x0008, 0x0009
CHANNEL_DATA = b"\x40\x00\x00\x04data"
PATIENCE = 10  # s, for datagrams on loopback


def request(method, transaction):
    return method.to_bytes(2, "big") + b"\0\0\x21\x12\xa4\x42" + bytes([transaction]) * 12


def on_loopback(port=0):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    end.bind(("127.0.0.1", port))
    return end


class LateTurnTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.errors = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: self.errors.append(context))
        self.server, self.client = on_loopback(), on_loopback()
        self.late = LateTurn(self.server.getsockname())
        self.client.connect(self.late.address)

    def tearDown(self):
        for end in (self.server, self.client, self.late.inside, self.late.outside):
            end.close()

    async def next_of(self, end):
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(end, 2000), PATIENCE)

    async def passes(self, data):
        self.client.send(data)
        self.assertEqual(await self.next_of(self.server), data)

    async def test_allocations_are_made_at_once(self):
        self.client.send(request(ALLOCATE, 1))
        _, seen = await asyncio.get_running_loop().sock_recvfrom(self.server, 2000)
        self.server.sendto(b"answer", seen)
        self.assertEqual(await self.next_of(self.client), b"answer")
        self.server.connect(seen)  # from here on, nobody else
        await self.passes(request(REFRESH, 2))

    async def test_permissions_wait(self):
        for transaction in (1, 2, 1, 1):
            self.client.send(request(CHANNEL_BIND, transaction))
        self.client.send(request(CREATE_PERMISSION, 3))
        await self.passes(request(BINDING, 4))  # came later, and is the first
        self.late.open()
        for method, transaction in ((CHANNEL_BIND, 1), (CHANNEL_BIND, 2), (CREATE_PERMISSION, 3)):
            self.assertEqual(await self.next_of(self.server), request(method, transaction))
        await self.passes(request(CHANNEL_BIND, 5))
        await self.passes(CHANNEL_DATA)

    async def test_a_server_that_comes_back(self):
        self.server.close()
        for transaction in range(20):
            self.client.send(request(ALLOCATE, transaction))
            await asyncio.sleep(0)
        self.server = on_loopback(self.late.outside.getpeername()[1])
        self.client.send(request(REFRESH, 99))
        async with asyncio.timeout(PATIENCE):
            while await self.next_of(self.server) != request(REFRESH, 99):
                pass
        self.assertEqual(self.errors, [])


if __name__ == "__main__":
    unittest.main()
