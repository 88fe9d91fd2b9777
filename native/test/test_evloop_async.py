"""What evloop.AsyncPipe says when frames cannot be had or written."""

from __future__ import annotations

import asyncio
import socket
import threading
import traceback
import unittest
from typing import Awaitable, Callable, List, Optional, TypeVar, cast

from evloop_testing import DEADLINE_SECONDS, HEADER_LENGTH, EndsTest, Reader, evloop, frame, header

T = TypeVar("T")


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

    def test_waits_while_the_peer_does_not_read_though_each_step_writes_little(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> bool:
            async def write() -> None:
                while True:
                    await pipe.write(1, bytes(1000))
                    await asyncio.sleep(0)

            writer = asyncio.ensure_future(write())
            size = -1
            while size < pipe._writer.transport.get_write_buffer_size():
                size = pipe._writer.transport.get_write_buffer_size()
                await asyncio.sleep(0.05)
            writer.cancel()
            pipe._writer.transport.abort()
            return 0 < size < 1 << 20

        self.assertTrue(self.run_with_pipe(body))

    def test_several_tasks_may_wait_for_the_peer(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            async def write(channel: int) -> None:
                for _ in range(200):
                    await pipe.write(channel, bytes(10_000))

            writes = asyncio.gather(*(write(channel) for channel in range(3)))
            while pipe._writer.transport.get_write_buffer_size() == 0:
                await asyncio.sleep(0)
            await asyncio.sleep(0.05)  # all of them wait by now
            with Reader(self.peer) as reader:
                await writes
                await pipe.close()
            self.assertEqual(3 * 200 * (10_000 + HEADER_LENGTH), len(reader.data))

        self.run_with_pipe(body)

    def test_without_memory_for_a_large_payload_nothing_of_the_frame_is_sent(self) -> None:
        class NoMemory(bytearray):
            def __bytes__(self) -> bytes:
                raise MemoryError

        async def body(pipe: evloop.AsyncPipe) -> None:
            with self.assertRaises(MemoryError):
                await pipe.write(7, NoMemory(70_000))
            await pipe.write(8, b"next")
            await pipe.flush()
            self.assertEqual(frame(8, b"next"), self.sent())

        self.run_with_pipe(body)

    def test_a_clean_end_stays_one_though_the_answer_finds_no_reader(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            self.peer.sendall(frame(1, b"x"))
            self.peer.close()
            self.assertEqual((1, b"x"), await pipe.read())
            self.assertIsNone(await pipe.read())
            with self.assertRaises(OSError):
                while True:
                    await pipe.write(1, b"y")
                    await pipe.flush()
            self.assertIsNone(await pipe.read())

        self.run_with_pipe(body)

    def test_a_failed_write_leaves_no_frame_behind_in_the_socket(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> List[evloop.Frame]:
            self.peer.sendall(b"".join(frames))
            self.peer.close()
            with self.assertRaises(OSError):
                while True:
                    await pipe.write(1, b"to nobody")
                    await pipe.flush()
            return [one async for one in pipe]

        frames = [frame(number, b"x" * 1000) for number in range(50)]
        self.assertEqual(frames, [frame(*one) for one in self.run_with_pipe(body)])

    def test_a_failed_write_is_told_behind_the_frames_of_a_peer_that_writes_on(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            self.peer.sendall(frame(1, b"x") + frame(2, b"y"))
            self.peer.shutdown(socket.SHUT_RD)
            with self.assertRaises(OSError):
                while True:
                    await pipe.write(1, b"to nobody")
                    await pipe.flush()
            self.assertEqual([(1, b"x"), (2, b"y")], [await pipe.read(), await pipe.read()])
            with self.assertRaises(BrokenPipeError):
                await pipe.read()

        self.run_with_pipe(body)

    def test_delivers_the_frames_before_a_connection_reset(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> List[evloop.Frame]:
            await pipe.write(9, b"unread")
            await pipe.flush()
            self.peer.sendall(b"".join(frame(number, b"x") for number in range(100)))
            first = await pipe.read()
            assert first is not None
            frames = [first]
            self.peer.close()  # with our frame unread
            await asyncio.sleep(0.1)  # the connection has told of it
            with self.assertRaises(ConnectionResetError):
                while (one := await pipe.read()) is not None:
                    frames.append(one)
            return frames

        self.assertEqual([(number, b"x") for number in range(100)], self.run_with_pipe(body))

    def test_keeps_no_buffer_of_the_caller(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            payload = bytearray(b"a" * 300_000)
            write = asyncio.ensure_future(pipe.write(1, payload))
            await asyncio.sleep(0.05)
            payload[:] = b"b" * len(payload)
            payload += b"c"
            with Reader(self.peer) as reader:
                await write
                await pipe.close()
            self.assertEqual(frame(1, b"a" * 300_000), reader.data)

        self.run_with_pipe(body)

    async def write_to_a_peer_that_is_gone(self, pipe: evloop.AsyncPipe) -> None:
        self.peer.close()
        with self.assertRaises(OSError):
            while True:
                await pipe.write(1, b"x")
                await pipe.flush()

    def test_reports_a_lost_reader(self) -> None:
        self.run_with_pipe(self.write_to_a_peer_that_is_gone)

    def test_sends_what_is_gathered_when_it_is_closed(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            async with pipe:
                await pipe.write(1, b"x")
            await pipe.close()

        self.run_with_pipe(body)
        self.assertEqual(frame(1, b"x"), self.peer.recv(100))
        self.assertEqual(b"", self.peer.recv(100))

    def test_a_reader_hears_nothing_of_a_header_that_its_own_close_cut_off(self) -> None:
        self.read_what_is_cut_off_by_close(frame(1, b"x")[:3])

    def test_a_reader_hears_nothing_of_a_payload_that_its_own_close_cut_off(self) -> None:
        self.read_what_is_cut_off_by_close(frame(1, b"x" * 9)[:8])

    def test_a_reader_hears_of_a_frame_that_the_peer_cut_off_before_a_write_failed(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            await self.write_to_a_peer_that_is_gone(pipe)
            self.assertEqual((2, b"whole"), await pipe.read())
            with self.assertRaises(evloop.TruncatedFrameError):
                await pipe.read()

        self.peer.sendall(frame(2, b"whole") + frame(1, b"x" * 100)[:9])
        self.run_with_pipe(body)

    def read_what_is_cut_off_by_close(self, begun: bytes) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            self.assertEqual((2, b"whole"), await pipe.read())
            read = asyncio.ensure_future(pipe.read())
            await asyncio.sleep(0)
            await pipe.close()
            self.assertIsNone(await read)
            self.assertIsNone(await pipe.read())

        self.peer.sendall(frame(2, b"whole") + begun)
        self.run_with_pipe(body)

    async def stall(self) -> evloop.AsyncPipe:
        """A pipe that holds what its peer does not read."""
        pipe = await evloop.AsyncPipe.adopt(self.near)
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(pipe.write(1, bytes(8 << 20)), 0.05)
        return pipe

    def test_leaving_by_an_exception_hung_while_the_peer_did_not_read(self) -> None:
        async def leave(error: BaseException) -> None:
            async with await self.stall():
                raise error

        for error in (ValueError("of the body"), asyncio.CancelledError()):
            with self.subTest(repr(error)), self.assertRaises(type(error)):
                asyncio.run(asyncio.wait_for(leave(error), DEADLINE_SECONDS))
            self.assertEqual(-1, self.near.fileno())
            self.setUp()

    def test_a_close_that_is_cancelled_hung_and_kept_the_socket_open(self) -> None:
        async def run() -> None:
            pipe = await self.stall()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(pipe.close(), 0.05)
            await asyncio.wait_for(pipe.close(), DEADLINE_SECONDS)
            self.assertEqual(-1, self.near.fileno())

        asyncio.run(run())

    def test_an_abort_sends_what_the_peer_has_room_for(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            await pipe.write(1, b"x")
            pipe.abort()
            pipe.abort()
            with self.assertRaises(BrokenPipeError):
                await pipe.write(1, b"y")
            await pipe.close()
            self.assertEqual(-1, self.near.fileno())

        self.run_with_pipe(body)
        self.assertEqual(frame(1, b"x"), self.peer.recv(100))
        self.assertEqual(b"", self.peer.recv(100))

    def test_takes_no_streams_that_would_lose_the_frames_before_an_error(self) -> None:
        async def run() -> None:
            reader, writer = await asyncio.open_connection(sock=self.near)
            with self.assertRaisesRegex(TypeError, "AsyncPipe.adopt"):
                evloop.AsyncPipe(cast(evloop._Reader, reader), writer)
            writer.close()
            await writer.wait_closed()

        asyncio.run(run())

    def test_refuses_a_limit_that_cannot_be(self) -> None:
        for limit in (0, -5, evloop.MAX_FRAME_LENGTH + 1):
            with self.assertRaises(ValueError):
                asyncio.run(evloop.AsyncPipe.adopt(self.near, max_frame_length=limit))

    def test_the_traceback_of_an_error_that_stays_grew_with_each_read(self) -> None:
        async def body(pipe: evloop.AsyncPipe) -> None:
            lengths = set()
            for _ in range(5):
                try:  # not assertRaises, which takes the traceback off
                    await pipe.read()
                except (evloop.InvalidFrameError, ConnectionResetError) as error:
                    lengths.add(len(traceback.extract_tb(error.__traceback__)))
            self.assertIn(len(lengths), (1, 2))  # the first may come from deeper

        self.peer.sendall(header(1, 0))
        self.run_with_pipe(body)
        self.setUp()

        async def after_a_reset(pipe: evloop.AsyncPipe) -> None:
            await pipe.write(1, b"unread")
            await pipe.flush()
            self.peer.close()
            await body(pipe)

        self.run_with_pipe(after_a_reset)


if __name__ == "__main__":
    unittest.main()
