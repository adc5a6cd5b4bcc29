// SPDX-License-Identifier: MIT
//
// reaper: a thread that ends connections whose client takes too long.
//
// The library's own time-out counts from the last byte, so a client that sends one now and then
// stays for ever. Here each phase of a connection has one deadline, bytes or not: from its
// beginning, or from the first line of a head, to the whole head; from there to the whole body;
// from the reply's start to its end; and from there to the next head's first line. A request that
// is suspended has one too: behind it the reaper answers, see overdue.h, because nobody else may
// touch the request. A connection ends at most two ticks behind its deadline.
#ifndef HTTP_REAPER_H
#define HTTP_REAPER_H

#include <stdbool.h>
#include <stddef.h>

struct connection;
struct listener;

enum phase {
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_WORK,
    PHASE_SEND,
    PHASE_IDLE,
    PHASES,
    PHASE_OVER = PHASES, // the reaper has answered
};
enum { REAPER_TICK_MS = 200 };

const char *phase_name(enum phase phase); /* borrowed */

// The limits are in the listener already. False: no thread.
bool reaper_start(struct listener *l);
void reaper_stop(struct listener *l); // nothing is cut any more
void reaper_fini(struct listener *l); // when all connections are closed
// From here on it is watched; [fd] is its socket.
void reaper_add(struct connection *c, int fd);
void reaper_remove(struct connection *c); // before its socket is closed
// Its listener's thread only. False: the reaper has answered, and is done with it; what is left is
// to close the connection. Work has no deadline until reaper_wait.
bool reaper_enter(struct connection *c, enum phase phase);
// The same for a reply of [size] bytes: a reader who takes 1 MiB a second is not too slow.
bool reaper_enter_send(struct connection *c, size_t size);
// The work's time begins. From here on the request is another thread's.
void reaper_wait(struct connection *c);

#endif
