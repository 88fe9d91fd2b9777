"""A worker by evloop.AsyncPipe; what it does is said in native/test/workers/header.c."""

import asyncio
import os
import subprocess

import evloop

INHERITED, DIE, END = 2, 3, 4
COMMAND = "echo EVLOOP_FD=${EVLOOP_FD-unset}; ls -l /proc/self/fd"


async def main() -> None:
    fd = int(os.environ["EVLOOP_FD"])
    async with await evloop.AsyncPipe.inherited() as pipe:
        async for channel, payload in pipe:
            if channel == INHERITED:
                payload = subprocess.check_output(COMMAND, shell=True, close_fds=False)
            elif channel == DIE:
                os.write(fd, (DIE.to_bytes(2, "big") + (100_000).to_bytes(4, "big")).ljust(1000, b"\0"))
                os._exit(3)
            await pipe.write(channel, payload)
        await pipe.write(END, b"end")


asyncio.run(main())
