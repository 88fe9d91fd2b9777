"""evloop.py against the conformance vectors, and what it says when frames cannot be had or written."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import pathlib
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import unittest
from unittest import mock
from typing import Awaitable, Callable, Iterator, List, NamedTuple, Optional, Tuple, TypeVar, cast

TEST_DIRECTORY = pathlib.Path(__file__).resolve().parent
PYTHON_DIRECTORY = TEST_DIRECTORY.parent / "python"
sys.path.insert(0, str(PYTHON_DIRECTORY))

import evloop  # noqa: E402  (found by the line above)

T = TypeVar("T")

HEADER_LENGTH = 6
DEADLINE_SECONDS = 60


class Vector(NamedTuple):
    """A case of vectors.txt. A stream and payloads are (bytes, count); `frames` are (number, channel, payload)."""

    name: str
    limit: int
    stream: List[Tuple[bytes, int]]
    frames: List[Tuple[int, int, Tuple[bytes, int]]]
    ending: Tuple[str, ...]

    def data(self) -> bytes:
        return b"".join(unit * count for unit, count in self.stream)

    def expected(self) -> Iterator[Tuple[int, bytes]]:
        for number, channel, (unit, count) in self.frames:
            payload = unit * count
            for _ in range(number):
                yield channel, payload


def repeated(words: List[str]) -> Tuple[bytes, int]:
    if "*" in words:
        star = words.index("*")
        return bytes.fromhex("".join(words[:star])), int(words[star + 1])
    return bytes.fromhex("".join(words)), 1


def load_vectors() -> List[Vector]:
    vectors: List[Vector] = []
    vector = Vector("", 0, [], [], ())
    for line in (TEST_DIRECTORY / "vectors.txt").read_text().splitlines():
        word, *words = line.split() or ["#"]
        if word == "case":
            vector = Vector(" ".join(words), evloop.MAX_FRAME_LENGTH, [], [], ())
        elif word == "limit":
            vector = vector._replace(limit=int(words[0]))
        elif word == "bytes":
            vector.stream.append(repeated(words))
        elif word == "frame":
            vector.frames.append((1, int(words[0]), repeated(words[1:])))
        elif word == "frames":
            vector.frames.append((int(words[0]), int(words[1]), repeated(words[2:])))
        elif word in ("clean", "invalid", "truncated"):
            vectors.append(vector._replace(ending=(word, *words)))
        elif not word.startswith("#"):
            raise ValueError(line)
    return vectors


VECTORS = load_vectors()


def cut_nowhere(data: bytes) -> Iterator[bytes]:
    yield data


def cut_at_every_byte(data: bytes) -> Iterator[bytes]:
    for index in range(len(data)):
        yield data[index : index + 1]


def cut_at_random(data: bytes) -> Iterator[bytes]:
    source = random.Random(len(data))
    index = 0
    while index < len(data):
        length = source.randint(1, 12) if source.random() < 0.5 else source.randint(1, 300_000)
        yield data[index : index + length]
        index += length


CUTS = (cut_nowhere, cut_at_every_byte, cut_at_random)
SHORT = 100_000  # what is cut at every byte is no longer than this


class PlayedSocket:
    """A socket that gives out its bytes in the pieces that it is told."""

    type = socket.SOCK_STREAM

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = memoryview(b"")
        self.interrupts = False

    def setblocking(self, blocking: bool) -> None:
        assert blocking

    def recv(self, length: int) -> bytes:
        if self.interrupts:
            self.interrupts = False
            raise KeyboardInterrupt
        if not self.rest:
            self.rest = memoryview(next(self.pieces, b""))
        piece, self.rest = self.rest[:length], self.rest[length:]
        return bytes(piece)


class VectorTest(unittest.TestCase):
    """Every case, cut in every way."""

    def for_each_vector(self, body: Callable[[Vector], None]) -> None:
        self.assertGreater(len(VECTORS), 40)
        for vector in VECTORS:
            with self.subTest(vector.name):
                body(vector)

    def for_each_cut(self, body: Callable[[Vector, Iterator[bytes]], None]) -> None:
        def cut(vector: Vector) -> None:
            data = vector.data()
            for cut in CUTS:
                if cut is not cut_at_every_byte or len(data) <= SHORT:
                    with self.subTest(cut.__name__):
                        body(vector, cut(data))

        self.for_each_vector(cut)

    def assert_ending(self, vector: Vector, read: Callable[[], Optional[evloop.Frame]]) -> None:
        for _ in range(2):
            if vector.ending[0] == "clean":
                self.assertIsNone(read())
            elif vector.ending[0] == "invalid":
                with self.assertRaises(evloop.InvalidFrameError) as invalid:
                    read()
                error = invalid.exception
                self.assertEqual((error.channel, error.declared_length), tuple(map(int, vector.ending[1:])))
            else:
                with self.assertRaises(evloop.TruncatedFrameError) as truncated:
                    read()
                self.assertEqual(
                    (truncated.exception.wanted, truncated.exception.got), tuple(map(int, vector.ending[1:]))
                )

    def assert_vector(self, vector: Vector, read: Callable[[], Optional[evloop.Frame]]) -> None:
        for channel, payload in vector.expected():
            frame = read()
            assert frame is not None
            self.assertEqual(frame.channel, channel)
            self.assertTrue(frame.payload == payload)  # not assertEqual, which would print 64 MiB
        self.assert_ending(vector, read)

    def test_pipe_reads_every_vector(self) -> None:
        def body(vector: Vector, pieces: Iterator[bytes]) -> None:
            played = cast(socket.socket, PlayedSocket(pieces))
            self.assert_vector(vector, evloop.Pipe(played, max_frame_length=vector.limit).read)

        self.for_each_cut(body)

    def test_async_pipe_reads_every_vector(self) -> None:
        def body(vector: Vector, pieces: Iterator[bytes]) -> None:
            loop = asyncio.new_event_loop()
            try:
                reader = asyncio.StreamReader(loop=loop)
                pipe = loop.run_until_complete(self.over(reader, vector.limit))

                async def feed() -> None:
                    for piece in pieces:
                        reader.feed_data(piece)
                        await asyncio.sleep(0)
                    reader.feed_eof()

                feeding = loop.create_task(feed())
                self.assert_vector(vector, lambda: loop.run_until_complete(pipe.read()))
                feeding.cancel()
                loop.run_until_complete(asyncio.wait([feeding]))
            finally:
                loop.close()

        self.for_each_cut(body)

    @staticmethod
    async def over(reader: asyncio.StreamReader, limit: int) -> evloop.AsyncPipe:
        return evloop.AsyncPipe(reader, cast(asyncio.StreamWriter, None), max_frame_length=limit)

    def test_pipe_writes_the_bytes_of_every_clean_vector(self) -> None:
        def write(sock: socket.socket, vector: Vector) -> None:
            with evloop.Pipe(sock) as pipe:
                for channel, payload in vector.expected():
                    pipe.write(channel, payload)

        self.for_each_vector(lambda vector: self.assert_writes(vector, write))

    def test_async_pipe_writes_the_bytes_of_every_clean_vector(self) -> None:
        async def write_all(sock: socket.socket, vector: Vector) -> None:
            async with await evloop.AsyncPipe.adopt(sock) as pipe:
                for channel, payload in vector.expected():
                    await pipe.write(channel, payload)

        def write(sock: socket.socket, vector: Vector) -> None:
            asyncio.run(write_all(sock, vector))

        self.for_each_vector(lambda vector: self.assert_writes(vector, write))

    def assert_writes(self, vector: Vector, write: Callable[[socket.socket, Vector], None]) -> None:
        if vector.ending[0] == "clean":
            near, far = socket.socketpair()
            with far, Reader(far) as reader:
                write(near, vector)
            self.assertTrue(reader.data == vector.data())


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


class PipeTest(EndsTest):
    def setUp(self) -> None:
        super().setUp()
        self.near.setblocking(False)  # and yet it waits
        self.pipe = evloop.Pipe(self.near)

    def test_iterates_until_the_end(self) -> None:
        self.peer.sendall(frame(0, b"a") + frame(65535, b"bc"))
        self.peer.shutdown(socket.SHUT_WR)
        self.assertEqual([(0, b"a"), (65535, b"bc")], list(self.pipe))

    def test_waits_for_a_frame(self) -> None:
        timer = threading.Timer(0.05, lambda: self.peer.sendall(frame(1, b"late")))
        timer.start()
        self.assertEqual((1, b"late"), self.pipe.read())
        timer.join()

    def test_gathers_until_a_flush(self) -> None:
        self.pipe.write(0x0102, b"ab")
        self.pipe.write(0xFFFF, bytearray(b"c"))
        self.pipe.write(1, memoryview(b"xdex")[1:3])
        self.assertEqual(b"", self.sent())
        self.pipe.flush()
        self.assertEqual(frame(0x0102, b"ab") + frame(0xFFFF, b"c") + frame(1, b"de"), self.sent())
        self.pipe.flush()
        self.assertEqual(b"", self.sent())

    def test_flushes_before_it_waits_and_not_while_frames_are_at_hand(self) -> None:
        self.peer.sendall(frame(1, b"a") + frame(2, b"b"))
        self.pipe.read()
        self.pipe.write(3, b"answer")
        self.pipe.read()
        self.assertEqual(b"", self.sent())
        self.peer.shutdown(socket.SHUT_WR)
        self.assertIsNone(self.pipe.read())
        self.assertEqual(frame(3, b"answer"), self.sent())

    def test_counts_the_bytes_of_a_view_of_larger_items(self) -> None:
        numbers = memoryview(array.array("I", [1, 2, 3]))
        self.pipe.write(1, numbers)
        self.pipe.flush()
        self.assertEqual(frame(1, numbers.tobytes()), self.sent())

    def test_refuses_what_no_reader_would_accept(self) -> None:
        for channel, payload in ((-1, b"x"), (65536, b"x"), (1, b""), (1, bytes(evloop.MAX_FRAME_LENGTH + 1))):
            with self.assertRaises(ValueError):
                self.pipe.write(channel, payload)
        with self.assertRaises(TypeError):
            self.pipe.write(1, cast(bytes, "text"))
        for limit in (0, evloop.MAX_FRAME_LENGTH + 1):
            with self.assertRaises(ValueError):
                evloop.Pipe(self.near, max_frame_length=limit)
        self.pipe.flush()
        self.assertEqual(b"", self.sent())

    def test_refuses_what_is_no_stream(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams, self.assertRaises(ValueError):
            evloop.Pipe(datagrams)

    def test_reports_a_lost_reader_and_reads_on(self) -> None:
        self.peer.sendall(frame(1, b"a") + frame(2, b"b"))
        self.peer.close()
        self.pipe.read()
        self.pipe.write(1, b"x")
        with self.assertRaises(BrokenPipeError):
            self.pipe.flush()
        self.assertEqual((2, b"b"), self.pipe.read())
        self.assertIsNone(self.pipe.read())
        with self.assertRaises(BrokenPipeError):
            self.pipe.write(1, b"x")
        self.pipe.close()

    def test_delivers_the_frames_before_a_connection_reset(self) -> None:
        self.pipe.write(1, b"unread")
        self.pipe.flush()
        self.peer.sendall(frame(2, b"last"))
        self.peer.close()
        self.assertEqual((2, b"last"), self.pipe.read())
        with self.assertRaises(ConnectionResetError):
            self.pipe.read()

    def test_a_write_that_was_interrupted_is_not_sent_again(self) -> None:
        def interrupt(number: int, stack: object) -> None:
            raise KeyboardInterrupt

        def interrupt_the_write() -> None:
            select.select([self.peer], [], [])  # so it has begun, and cannot end: nobody reads
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(lambda: signal.signal(signal.SIGALRM, before))
        interrupter = threading.Thread(target=interrupt_the_write)
        interrupter.start()
        with self.assertRaises(KeyboardInterrupt):
            self.pipe.write(1, bytes(8 << 20))
        interrupter.join()
        with Reader(self.peer) as reader:
            self.pipe.close()
        self.assertEqual(header(1, 8 << 20), reader.data[:HEADER_LENGTH])
        self.assertLess(len(reader.data), 8 << 20)

    def test_an_interrupted_read_keeps_what_it_has(self) -> None:
        played = PlayedSocket(cut_at_every_byte(frame(1, b"abc")))
        pipe = evloop.Pipe(cast(socket.socket, played))
        original = played.recv

        def recv(length: int) -> bytes:
            piece = original(length)
            played.interrupts = not played.interrupts
            return piece

        with mock.patch.object(played, "recv", recv):
            for _ in range(len(frame(1, b"abc")) - 1):
                with self.assertRaises(KeyboardInterrupt):
                    pipe.read()
            self.assertEqual((1, b"abc"), pipe.read())

    def test_half_closes_after_what_is_gathered_and_reads_on(self) -> None:
        self.pipe.write(1, b"x")
        self.pipe.shutdown_output()
        self.assertEqual(frame(1, b"x"), self.peer.recv(100))
        self.assertEqual(b"", self.peer.recv(100))
        self.peer.sendall(frame(2, b"y"))
        self.assertEqual((2, b"y"), self.pipe.read())

    def test_sends_what_is_gathered_when_it_is_closed_and_closes_once(self) -> None:
        with self.pipe:
            self.pipe.write(1, b"x")
        self.assertEqual(frame(1, b"x"), self.peer.recv(100))
        self.assertEqual(b"", self.peer.recv(100))
        self.assertEqual(-1, self.pipe.fileno())
        self.pipe.close()

    def test_closes_though_the_last_flush_fails(self) -> None:
        self.pipe.write(1, b"x")
        self.peer.close()
        with self.assertRaises(BrokenPipeError):
            self.pipe.close()
        self.assertEqual(-1, self.pipe.fileno())


class AsyncPipeTest(EndsTest):
    def run_with_pipe(self, body: Callable[[evloop.AsyncPipe], Awaitable[T]]) -> T:
        async def run() -> T:
            pipe = await evloop.AsyncPipe.adopt(self.near)
            try:
                return await body(pipe)
            finally:
                try:
                    await pipe.close()
                except OSError:
                    pass  # of the body's concern

        return asyncio.run(asyncio.wait_for(run(), DEADLINE_SECONDS))

    def test_iterates_until_the_end(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> List[evloop.Frame]:
            return [one async for one in pipe]

        self.peer.sendall(frame(0, b"a") + frame(65535, b"bc"))
        self.peer.shutdown(socket.SHUT_WR)
        self.assertEqual([(0, b"a"), (65535, b"bc")], self.run_with_pipe(body))

    def test_sends_together_what_is_written_together(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            await pipe.write(1, b"a")
            await pipe.write(2, b"b")
            self.assertEqual(b"", self.sent())
            await asyncio.sleep(0)
            self.assertEqual(frame(1, b"a") + frame(2, b"b"), self.sent())
            await pipe.write(3, b"c")
            await pipe.flush()
            self.assertEqual(frame(3, b"c"), self.sent())

        self.run_with_pipe(body)

    def test_answers_before_it_waits(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            async for channel, payload in pipe:
                await pipe.write(channel, payload)

        requests = frame(1, b"a") + frame(2, b"b")

        def request() -> None:
            self.peer.sendall(requests)
            answers = b""
            while len(answers) < len(requests):
                answers += self.peer.recv(100)
            self.assertEqual(requests, answers)
            self.peer.shutdown(socket.SHUT_WR)

        peer = threading.Thread(target=request)
        peer.start()
        self.run_with_pipe(body)
        peer.join()

    def test_keeps_the_order_of_large_and_small(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            for channel, payload in frames:
                await pipe.write(channel, payload)

        frames = [(1, b"a"), (2, bytes(1 << 20)), (3, b"c"), (4, bytes(70_000)), (5, b"e" * 60_000), (6, b"f" * 60_000)]
        with Reader(self.peer) as reader:
            self.run_with_pipe(body)
        self.assertTrue(reader.data == b"".join(frame(*one) for one in frames))

    def test_waits_while_the_peer_does_not_read(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(self.flood(pipe), 0.2)
            await asyncio.get_running_loop().run_in_executor(None, self.drain)

        self.run_with_pipe(body)

    @staticmethod
    async def flood(pipe: evloop.AsyncPipe) -> None:
        while True:
            await pipe.write(1, bytes(10_000))

    def drain(self) -> None:
        while self.sent():
            pass

    def test_a_cancelled_read_loses_nothing(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> Optional[evloop.Frame]:
            for part in (b"", frame(1, b"abc")[:3], frame(1, b"abc")[3:8]):
                self.peer.sendall(part)
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(pipe.read(), 0.02)
            self.peer.sendall(frame(1, b"abc")[8:])
            return await pipe.read()

        self.assertEqual((1, b"abc"), self.run_with_pipe(body))

    def test_refuses_what_no_reader_would_accept(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            for channel, payload in ((-1, b"x"), (65536, b"x"), (1, b"")):
                with self.assertRaises(ValueError):
                    await pipe.write(channel, payload)
            await pipe.flush()

        self.run_with_pipe(body)
        self.assertEqual(b"", self.peer.recv(100))

    def test_half_closes_and_reads_on_and_writes_no_more(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> Optional[evloop.Frame]:
            await pipe.write(1, b"x")
            await pipe.shutdown_output()
            self.assertEqual(frame(1, b"x"), self.peer.recv(100))
            self.assertEqual(b"", self.peer.recv(100))
            with self.assertRaises(BrokenPipeError):
                await pipe.write(1, b"x")
            self.peer.sendall(frame(2, b"y"))
            return await pipe.read()

        self.assertEqual((2, b"y"), self.run_with_pipe(body))

    def test_reports_a_lost_reader(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            self.peer.close()
            with self.assertRaises(OSError):
                while True:
                    await pipe.write(1, b"x")
                    await pipe.flush()

        self.run_with_pipe(body)

    def test_sends_what_is_gathered_when_it_is_closed(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            async with pipe:
                await pipe.write(1, b"x")
            await pipe.close()

        self.run_with_pipe(body)
        self.assertEqual(frame(1, b"x"), self.peer.recv(100))
        self.assertEqual(b"", self.peer.recv(100))


class InheritedTest(EndsTest):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(lambda: os.environ.pop("EVLOOP_FD", None))

    def hand_over(self) -> int:
        fd = self.near.detach()
        os.set_inheritable(fd, True)
        os.environ["EVLOOP_FD"] = str(fd)
        return fd

    def assert_nothing_is_left(self, fd: int) -> None:
        self.assertNotIn("EVLOOP_FD", os.environ)
        self.assertTrue(fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC)
        command = f"import os\nprint(os.environ.get('EVLOOP_FD'), os.path.exists('/proc/self/fd/{fd}'))"
        printed = subprocess.check_output([sys.executable, "-c", command], close_fds=False)
        self.assertEqual(b"None False", printed.strip())

    def test_leaves_nothing_for_a_grandchild(self) -> None:
        fd = self.hand_over()
        with evloop.Pipe.inherited() as pipe:
            self.assertEqual(fd, pipe.fileno())
            self.assert_nothing_is_left(fd)
            self.peer.sendall(frame(1, b"x"))
            self.assertEqual((1, b"x"), pipe.read())

    def test_async_leaves_nothing_for_a_grandchild(self) -> None:
        async def run() -> None:
            async with await evloop.AsyncPipe.inherited() as pipe:
                self.assert_nothing_is_left(fd)
                self.peer.sendall(frame(1, b"x"))
                self.assertEqual((1, b"x"), await pipe.read())

        fd = self.hand_over()
        asyncio.run(run())

    def test_says_that_it_is_no_worker(self) -> None:
        os.environ.pop("EVLOOP_FD", None)
        with self.assertRaisesRegex(evloop.NotAWorkerError, "EVLOOP_FD"):
            evloop.Pipe.inherited()
        for value in ("", "x", "3x", " 3", "-1"):
            os.environ["EVLOOP_FD"] = value
            with self.assertRaises(evloop.NotAWorkerError):
                evloop.Pipe.inherited()

    def test_refuses_what_is_no_open_socket(self) -> None:
        with open(os.devnull, "rb") as file:
            for number in (1_000_000, file.fileno()):
                os.environ["EVLOOP_FD"] = str(number)
                with self.assertRaises(OSError):
                    evloop.Pipe.inherited()
                self.assertIn("EVLOOP_FD", os.environ)


if __name__ == "__main__":
    unittest.main()
