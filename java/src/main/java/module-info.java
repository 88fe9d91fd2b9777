/** Worker processes, framed messages and epoll for Linux. */
module io.evloop {
    requires jdk.jfr;

    exports io.evloop;
    exports io.evloop.epoll;
    exports io.evloop.error;
    exports io.evloop.frame;
}
