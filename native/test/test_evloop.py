"""What evloop.Pipe says when frames cannot be had or written, and what a worker inherits."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
import unittest
from unittest import mock
from typing import cast

from evloop_testing import HEADER_LENGTH, EndsTest, PlayedSocket, Reader, cut_at_every_byte, evloop, frame, header


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

    def test_the_traceback_of_a_write_error_grew_with_each_write(self) -> None:
        self.peer.close()
        lengths = set()
        for _ in range(5):
            try:  # not assertRaises, which takes the traceback off
                self.pipe.write(1, bytes(70_000))
            except BrokenPipeError as error:
                lengths.add(len(traceback.extract_tb(error.__traceback__)))
        self.assertIn(len(lengths), (1, 2))  # the first comes from deeper

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

    def test_half_closes_after_what_is_gathered_and_reads_on_and_writes_no_more(self) -> None:
        self.pipe.write(1, b"x")
        self.pipe.shutdown_output()
        self.pipe.shutdown_output()
        with self.assertRaises(BrokenPipeError):
            self.pipe.write(1, b"y")
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

    def test_takes_nothing_more_once_it_is_closed(self) -> None:
        self.pipe.close()
        with self.assertRaisesRegex(OSError, "EBADF|Bad file descriptor"):
            self.pipe.write(1, b"x")

    def test_closes_though_the_last_flush_fails(self) -> None:
        self.pipe.write(1, b"x")
        self.peer.close()
        with self.assertRaises(BrokenPipeError):
            self.pipe.close()
        self.assertEqual(-1, self.pipe.fileno())


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
        for value in ("", "x", "3x", " 3", "-1", "\u0663", "9" * 30):
            os.environ["EVLOOP_FD"] = value
            with self.assertRaises(evloop.NotAWorkerError):
                evloop.Pipe.inherited()

    def test_takes_nothing_with_a_limit_that_cannot_be(self) -> None:
        fd = self.hand_over()
        with self.assertRaisesRegex(ValueError, "max_frame_length"):
            evloop.Pipe.inherited(max_frame_length=0)
        with self.assertRaisesRegex(ValueError, "max_frame_length"):
            asyncio.run(evloop.AsyncPipe.inherited(max_frame_length=1 << 30))
        with evloop.Pipe.inherited() as pipe:
            self.assertEqual(fd, pipe.fileno())

    def test_leaves_a_socket_that_is_no_stream_to_whom_it_belongs(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            os.environ["EVLOOP_FD"] = str(other.fileno())
            with self.assertRaises(evloop.NotAWorkerError):
                evloop.Pipe.inherited()
            self.assertFalse(os.get_inheritable(other.fileno()))
            self.assertEqual(socket.SOCK_DGRAM, other.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE))

    def test_refuses_what_is_no_open_socket(self) -> None:
        with open(os.devnull, "rb") as file:
            for number in (1_000_000, file.fileno()):
                os.environ["EVLOOP_FD"] = str(number)
                with self.assertRaises(OSError):
                    evloop.Pipe.inherited()
                self.assertIn("EVLOOP_FD", os.environ)


if __name__ == "__main__":
    unittest.main()
