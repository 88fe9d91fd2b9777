"""The worker's side of an evloop pipe, in one file; the standard library alone; Python 3.8 or later, on Linux::

    with evloop.Pipe.inherited() as pipe:
        for channel, payload in pipe:
            pipe.write(channel, answer(payload))

With asyncio::

    async def main() -> None:
        async with await evloop.AsyncPipe.inherited() as pipe:
            async for channel, payload in pipe:
                await pipe.write(channel, await answer(payload))

Both gather what is written: it is sent when 64 KiB are reached, by ``flush`` and ``close``, and before a read waits for
the peer. So who answers requests never waits with the answer unsent. The bytes are specified in WIRE.md.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from contextlib import suppress
from typing import AsyncIterator, Iterator, List, NamedTuple, Optional, Tuple, Union

__all__ = ["AsyncPipe", "EvloopError", "Frame", "InvalidFrameError", "MAX_CHANNEL", "MAX_FRAME_LENGTH"]
__all__ += ["NotAWorkerError", "Pipe", "TruncatedFrameError"]

MAX_CHANNEL = 0xFFFF
MAX_FRAME_LENGTH = 64 * 1024 * 1024  # of the payload, bytes; the least is 1

Payload = Union[bytes, bytearray, memoryview]

_VARIABLE = "EVLOOP_FD"
_HEADER = struct.Struct(">HI")  # channel, length of the payload
_READ_LENGTH = _FLUSH_LENGTH = 64 * 1024
_LARGE_READ_LENGTH = 1024 * 1024
_LAST_READS = 64


class Frame(NamedTuple):
    """One frame; unpacks as ``channel, payload``."""

    channel: int
    payload: bytes


class EvloopError(Exception):
    """The base of the errors below; what the system reports is an OSError, such as ConnectionResetError."""


class NotAWorkerError(EvloopError):
    """``EVLOOP_FD`` is not set, or no number, or that of a socket but not of a stream: this is no worker."""


class InvalidFrameError(EvloopError):
    """A header declared a length of 0 or above the pipe's ``max_frame_length``: nothing behind it can be read."""

    def __init__(self, channel: int, declared_length: int, max_frame_length: int) -> None:
        super().__init__(f"invalid frame: channel {channel}, length {declared_length} is not 1 to {max_frame_length}")
        self.channel = channel
        self.declared_length = declared_length


class TruncatedFrameError(EvloopError):
    """The stream ended inside a frame of ``wanted`` bytes, header included (6: in the header); ``got`` have arrived."""

    def __init__(self, wanted: int, got: int) -> None:
        super().__init__(f"stream ended inside a frame: wanted {wanted} bytes, got {got}")
        self.wanted = wanted
        self.got = got


def _check_limit(max_frame_length: int) -> None:
    if not 1 <= max_frame_length <= MAX_FRAME_LENGTH:
        raise ValueError(f"max_frame_length {max_frame_length} is outside 1..{MAX_FRAME_LENGTH}")


def _inherited_socket(max_frame_length: int) -> socket.socket:
    """Takes the descriptor out of the environment, so that no process started from here inherits either."""
    _check_limit(max_frame_length)  # first: what is taken is to be used
    value = os.environ.get(_VARIABLE, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise NotAWorkerError(f"{_VARIABLE} names no descriptor: this process was not started as a worker")
    inherited = socket.socket(fileno=int(value))
    if inherited.type != socket.SOCK_STREAM:
        inherited.detach()  # somebody else's
        raise NotAWorkerError(f"{_VARIABLE} names no stream socket: this process was not started as a worker")
    inherited.set_inheritable(False)
    del os.environ[_VARIABLE]
    return inherited


def _checked_stream(sock: socket.socket, max_frame_length: int) -> socket.socket:
    if sock.type != socket.SOCK_STREAM:
        raise ValueError(f"not a stream socket: {sock}")
    _check_limit(max_frame_length)
    return sock


def _decode_header(data: bytes, offset: int, max_frame_length: int) -> Tuple[int, int]:
    channel, length = _HEADER.unpack_from(data, offset)
    if not 1 <= length <= max_frame_length:
        raise InvalidFrameError(channel, length, max_frame_length)
    return channel, length


def _encode(channel: int, payload: Payload, max_frame_length: int) -> Tuple[bytes, Payload]:
    """The header of a frame, and its payload as something whose len() is in bytes."""
    if not isinstance(payload, (bytes, bytearray)):
        payload = memoryview(payload).cast("B")
    length = len(payload)
    if not 0 <= channel <= MAX_CHANNEL:
        raise ValueError(f"channel {channel} is outside 0..{MAX_CHANNEL}")
    if not 1 <= length <= max_frame_length:
        raise ValueError(f"payload of {length} bytes is outside 1..{max_frame_length}")
    return _HEADER.pack(channel, length), payload


class Pipe:
    """Frames over a stream socket; every call blocks. For one thread at a time.

    A write waits while the peer does not read. Two ends that both write without reading wait for ever; an evloop
    supervisor always reads.

    A child of os.fork would send once more what is gathered, when its ``with`` ends: let it os.close(pipe.fileno()).
    """

    def __init__(self, sock: socket.socket, *, max_frame_length: int = MAX_FRAME_LENGTH) -> None:
        """Owns ``sock`` from now on and makes it blocking."""
        self._socket = _checked_stream(sock, max_frame_length)
        self._socket.setblocking(True)
        self._max_frame_length = max_frame_length
        self._input, self._start = b"", 0  # unread: from _start on
        self._output, self._output_shut = bytearray(), False
        self._write_error: Optional[BaseException] = None

    @classmethod
    def inherited(cls, *, max_frame_length: int = MAX_FRAME_LENGTH) -> "Pipe":
        """In a worker: the pipe to the supervisor, whose descriptor ``EVLOOP_FD`` names; our children get neither."""
        return cls(_inherited_socket(max_frame_length), max_frame_length=max_frame_length)

    def fileno(self) -> int:
        """The descriptor, which stays this pipe's; -1 once it is closed."""
        return self._socket.fileno()

    def read(self) -> Optional[Frame]:
        """Takes the next frame and waits for it if need be; before it waits, it flushes.

        Returns None once the peer has closed its end, or half of it, between two frames. Raises InvalidFrameError,
        TruncatedFrameError, or an OSError of the read or of the flush; after one of the flush the next call reads on.
        """
        have = len(self._input) - self._start
        if have < _HEADER.size and (have := self._fill(have, _HEADER.size)) == 0:
            return None
        channel, length = _decode_header(self._input, self._start, self._max_frame_length)
        if have - _HEADER.size < length:
            self._fill(have, _HEADER.size + length)
        end = self._start + _HEADER.size + length
        payload = self._input[end - length : end]
        self._input, self._start = (self._input, end) if end < len(self._input) else (b"", 0)
        return Frame(channel, payload)

    def __iter__(self) -> Iterator[Frame]:
        """The frames until ``read`` returns None."""
        return iter(self.read, None)

    def _fill(self, have: int, wanted: int) -> int:
        """Reads until ``wanted`` bytes are unread, or none at a clean end; how many. Memory follows what arrives."""
        if self._write_error is None:
            self.flush()
        pieces: List[bytes] = [self._input[self._start :]] if have > 0 else []
        try:
            while have < wanted:
                piece = self._socket.recv(min(max(_READ_LENGTH, wanted - have), _LARGE_READ_LENGTH))
                if not piece:
                    if have > 0:
                        raise TruncatedFrameError(wanted, have)
                    break
                pieces.append(piece)
                have += len(piece)
        finally:
            self._input, self._start = (pieces[0] if len(pieces) == 1 else b"".join(pieces)), 0
        return have

    def write(self, channel: int, payload: Payload) -> None:
        """Writes one frame of 1 to ``max_frame_length`` bytes, or gathers it to be sent with the next ones.

        Raises ValueError if the channel or the length is out of range, and an OSError, such as BrokenPipeError, if a
        write fails; from then on every write and flush raises that.
        """
        header, payload = _encode(channel, payload, self._max_frame_length)
        self._check_writable()
        if self._output_shut:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if len(payload) < _FLUSH_LENGTH:
            self._output += header + payload
            if len(self._output) >= _FLUSH_LENGTH:
                self._send()
        else:
            self._send(header, payload)

    def flush(self) -> None:
        """Sends what is gathered."""
        self._check_writable()
        if self._output:
            self._send()

    def _send(self, header: bytes = b"", payload: Payload = b"") -> None:
        """Sends what is gathered, and behind it one frame that is too long to be copied."""
        try:
            self._output += header
            self._socket.sendall(self._output, socket.MSG_NOSIGNAL)
            self._output = bytearray()
            if payload:
                self._socket.sendall(payload, socket.MSG_NOSIGNAL)
        except BaseException as error:  # a KeyboardInterrupt, too, leaves unknown how much was sent
            self._write_error = error
            raise

    def _check_writable(self) -> None:
        if self._write_error is not None:
            raise self._write_error.with_traceback(None)  # or else it would grow each time
        if self.fileno() < 0:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def shutdown_output(self) -> None:
        """Flushes and half-closes: the peer reads to the end and can still write. No more is written."""
        self.flush()
        self._socket.shutdown(socket.SHUT_WR)
        self._output_shut = True

    def close(self) -> None:
        """Flushes, unless a write has failed before, and closes whatever becomes of that. Idempotent."""
        try:
            if self._write_error is None and self.fileno() >= 0:
                self.flush()
        finally:
            self._socket.close()

    def __enter__(self) -> "Pipe":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Reader(asyncio.StreamReader):
    """Tells of an error of the connection behind the bytes that came before it, not ahead of them."""

    sock: socket.socket
    failure: Optional[Exception] = None
    ended = False

    def feed_eof(self) -> None:
        self.ended = True
        super().feed_eof()

    def set_exception(self, exc: Exception) -> None:
        if not self.ended:  # or else it is the writer's
            if not (self._feed_rest() and isinstance(exc, BrokenPipeError)):  # that one is the writer's, too
                self.failure = exc
            self.feed_eof()

    def _feed_rest(self) -> bool:
        """Reads what a failed write has left in the socket; whether that ends. Of a peer that writes on, some of it."""
        with suppress(OSError):
            for _ in range(_LAST_READS):
                piece = self.sock.recv(_LARGE_READ_LENGTH)
                if not piece:
                    return True
                self.feed_data(piece)
        return False


class AsyncPipe:
    """Frames for the tasks of one event loop: one may read at a time, any may write and waits while nobody reads."""

    def __init__(self, reader: _Reader, writer: asyncio.StreamWriter, max_frame_length: int = MAX_FRAME_LENGTH) -> None:
        """Not for callers: use ``adopt`` or ``inherited``. Any other reader would lose the frames before an error."""
        if not isinstance(reader, _Reader):
            raise TypeError("use AsyncPipe.adopt(sock) or AsyncPipe.inherited()")
        self._reader, self._writer, self._max_frame_length = reader, writer, max_frame_length
        self._output, self._output_shut, self._closed = bytearray(), False, False
        self._drains = asyncio.Lock()  # before Python 3.10.6 one task alone may wait
        self._header: Optional[Tuple[int, int]] = None  # of the frame whose payload is still to be read
        self._read_error: Optional[EvloopError] = None

    @classmethod
    async def inherited(cls, *, max_frame_length: int = MAX_FRAME_LENGTH) -> "AsyncPipe":
        """In a worker: see Pipe.inherited."""
        return await cls.adopt(_inherited_socket(max_frame_length), max_frame_length=max_frame_length)

    @classmethod
    async def adopt(cls, sock: socket.socket, *, max_frame_length: int = MAX_FRAME_LENGTH) -> "AsyncPipe":
        """Owns ``sock`` once this has returned and makes it non-blocking."""
        _checked_stream(sock, max_frame_length).setblocking(False)
        loop = asyncio.get_running_loop()
        reader = _Reader(limit=_LARGE_READ_LENGTH)
        reader.sock = sock
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_connection(lambda: protocol, sock=sock)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop), max_frame_length)

    async def read(self) -> Optional[Frame]:
        """Takes the next frame; see Pipe.read. One that is cancelled loses nothing; behind close it returns None."""
        if self._read_error is not None:
            raise self._read_error.with_traceback(None)
        try:
            if self._header is None:
                if not (header := await self._read_exactly(_HEADER.size, 0)):
                    return None
                self._header = _decode_header(header, 0, self._max_frame_length)
            channel, length = self._header
            if not (payload := await self._read_exactly(length, _HEADER.size)):
                return None
        except EvloopError as error:
            self._read_error = error
            raise
        self._header = None
        return Frame(channel, payload)

    async def _read_exactly(self, length: int, before: int) -> bytes:
        """The next bytes of a frame of which ``before`` were read; none if the stream ends before its first."""
        try:
            return await self._reader.readexactly(length)
        except asyncio.IncompleteReadError as error:
            if self._reader.failure is not None:
                raise self._reader.failure.with_traceback(None) from None
            if (got := before + len(error.partial)) > 0 and not self._closed:
                raise TruncatedFrameError(before + length, got) from None
            return b""

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """The frames until ``read`` returns None."""
        while (frame := await self.read()) is not None:
            yield frame

    async def write(self, channel: int, payload: Payload) -> None:
        """Writes one frame; see Pipe.write. What one step of the event loop writes is sent together, in its order."""
        header, payload = _encode(channel, payload, self._max_frame_length)
        if self._output_shut or self._writer.is_closing():
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if len(payload) < _FLUSH_LENGTH:
            if not self._output:
                asyncio.get_running_loop().call_soon(self._send)
            self._output += header + payload
            if len(self._output) + self._writer.transport.get_write_buffer_size() >= _FLUSH_LENGTH:
                await self.flush()
        else:
            kept = bytes(payload)  # a copy, unless it cannot change; without memory for it no header goes out
            self._output += header
            self._send()
            self._writer.write(kept)
            await self.flush()

    async def flush(self) -> None:
        """Hands what is gathered to the transport, and waits while that holds too much."""
        self._send()
        async with self._drains:
            await self._writer.drain()

    def _send(self, last: bool = False) -> None:
        self._closed |= last
        if self._output:
            gathered, self._output = self._output, bytearray()
            self._writer.write(gathered)

    async def shutdown_output(self) -> None:
        """Flushes and half-closes: the peer reads to the end and can still write."""
        self._output_shut = True
        await self.flush()
        self._writer.write_eof()

    async def close(self) -> None:
        """Waits for the peer to take everything, then closes; raises what the connection failed with. Idempotent."""
        self._send(last=True)
        self._writer.close()
        try:
            await asyncio.shield(self._writer.wait_closed())
        except asyncio.CancelledError:  # or else what is unsent would keep it open
            self.abort()
            raise

    def abort(self) -> None:
        """Closes without waiting: what the peer has not made room for is lost, perhaps in the middle of a frame."""
        self._send(last=True)
        self._writer.transport.abort()

    async def __aenter__(self) -> "AsyncPipe":
        return self

    async def __aexit__(self, kind: object, *error: object) -> None:
        """Closes; but behind an exception, CancelledError included, it does not wait for the peer: ``abort``."""
        if kind is None:
            await self.close()
        else:
            self.abort()
