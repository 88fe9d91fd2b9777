"""A worker by evloop.Pipe; what it does is said in native/test/workers/header.c."""

import os
import subprocess

import evloop

INHERITED, DIE, END = 2, 3, 4
COMMAND = "echo EVLOOP_FD=${EVLOOP_FD-unset}; ls -l /proc/self/fd"

with evloop.Pipe.inherited() as pipe:
    for channel, payload in pipe:
        if channel == INHERITED:
            payload = subprocess.check_output(COMMAND, shell=True, close_fds=False)
        elif channel == DIE:
            os.write(pipe.fileno(), (DIE.to_bytes(2, "big") + (100_000).to_bytes(4, "big")).ljust(1000, b"\0"))
            os._exit(3)
        pipe.write(channel, payload)
    pipe.write(END, b"end")
