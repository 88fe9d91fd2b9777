"""What the tests of evloop.py share: the module itself, a socketpair, a reader of its other end."""

from __future__ import annotations

import pathlib
import socket
import sys
import threading
import unittest
from typing import Iterator

TEST_DIRECTORY = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TEST_DIRECTORY.parent / "python"))

import evloop as evloop  # noqa: E402  (found by the line above)

HEADER_LENGTH = 6
DEADLINE_SECONDS = 60


class Reader:
    """A thread that reads a socket to its end."""

    def __init__(self, sock: socket.socket) -> None:
        self.data = b""
        self._socket = sock
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        pieces = []
        while True:
            piece = self._socket.recv(1 << 20)
            if not piece:
                break
            pieces.append(piece)
        self.data = b"".join(pieces)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.join(DEADLINE_SECONDS)
        assert not self._thread.is_alive()


def header(channel: int, length: int) -> bytes:
    return channel.to_bytes(2, "big") + length.to_bytes(4, "big")


def frame(channel: int, payload: bytes) -> bytes:
    return header(channel, len(payload)) + payload


def cut_at_every_byte(data: bytes) -> Iterator[bytes]:
    for index in range(len(data)):
        yield data[index : index + 1]


class PlayedSocket:
    """A socket that gives out its bytes in the pieces that it is told."""

    type = socket.SOCK_STREAM

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = memoryview(b"")
        self.interrupts = False

    def setblocking(self, blocking: bool) -> None:
        assert blocking

    def fileno(self) -> int:
        return 0

    def recv(self, length: int) -> bytes:
        if self.interrupts:
            self.interrupts = False
            raise KeyboardInterrupt
        if not self.rest:
            self.rest = memoryview(next(self.pieces, b""))
        piece, self.rest = self.rest[:length], self.rest[length:]
        return bytes(piece)


class EndsTest(unittest.TestCase):
    """With a socketpair: `near` for the pipe, `peer` the raw end opposite."""

    def setUp(self) -> None:
        self.near, self.peer = socket.socketpair()
        self.addCleanup(self.near.close)
        self.addCleanup(self.peer.close)

    def sent(self) -> bytes:
        """What has arrived, without waiting."""
        try:
            return self.peer.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
