// SPDX-License-Identifier: MIT
//
// epoll: the cure for a stall of libmicrohttpd 0.9.75.
//
// Its loop asks for 128 events and, when exactly 128 came, asks again with the old time-out,
// although it has 128 ready connections in its hands: they wait until another socket moves. One
// event less than it asks for is never 128. The dynamic linker prefers the program's own epoll_wait
// to that of the C library, so nothing has to be installed.
#include "http/epoll.h"

#include <dlfcn.h>
#include <stddef.h>
#include <sys/epoll.h>

__attribute__((visibility("default"))) int
epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    return epoll_pwait(fd, events, count > 1 ? count - 1 : count, timeout, NULL);
}

bool
epoll_is_ours(void)
{
    void *seen = dlsym(RTLD_DEFAULT, "epoll_wait");
    int (*ours)(int, struct epoll_event *, int, int) = epoll_wait;
    return __builtin_memcmp(&seen, &ours, sizeof seen) == 0;
}
