import os, socket, struct                       # a worker in Python: the standard library alone
pipe = socket.socket(fileno=int(os.environ["EVLOOP_FD"])).makefile("rwb")
header = struct.Struct(">HI")
while len(head := pipe.read(6)) == 6:
    channel, length = header.unpack(head)
    pipe.write(header.pack(channel, length) + pipe.read(length)); pipe.flush()
