"""evloop.py against the conformance vectors."""

from __future__ import annotations

import asyncio
import random
import socket
import unittest
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple, cast

from evloop_testing import TEST_DIRECTORY, PlayedSocket, Reader, cut_at_every_byte, evloop, frame


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


def cut_at_random(data: bytes) -> Iterator[bytes]:
    source = random.Random(len(data))
    index = 0
    while index < len(data):
        length = source.randint(1, 12) if source.random() < 0.5 else source.randint(1, 300_000)
        yield data[index : index + length]
        index += length


CUTS = (cut_nowhere, cut_at_every_byte, cut_at_random)
SHORT = 100_000  # what is cut at every byte is no longer than this


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
                reader = evloop._Reader(loop=loop)
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
    async def over(reader: evloop._Reader, limit: int) -> evloop.AsyncPipe:
        return evloop.AsyncPipe(reader, cast(asyncio.StreamWriter, None), limit)

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


if __name__ == "__main__":
    unittest.main()
