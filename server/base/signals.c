// SPDX-License-Identifier: MIT
//
// signals: no handler, so nothing ever runs between two instructions of somebody else.
#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static sigset_t
orders(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void
signals_block(void)
{
    sigset_t set = orders();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a file as large as it may be is an error of whoever writes it
}

void
signals_send(int number)
{
    kill(getpid(), number);
}

int
signals_wait(void)
{
    sigset_t set = orders();
    int number;
    while (sigwait(&set, &number) != 0)
        ;
    return number;
}

int
signals_wait_ms(long ms)
{
    sigset_t set = orders();
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    int number = sigtimedwait(&set, NULL, &wait);
    return number > 0 ? number : 0;
}
