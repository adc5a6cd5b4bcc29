// SPDX-License-Identifier: MIT
//
// reaper: a thread that ends connections whose client takes too long.
//
// It shuts the socket down, and the library finds it closed. The list's lock is held meanwhile, and
// whoever closes a socket takes the connection out of the list first, so a descriptor that is
// somebody else's by now is never hit. A request costs no system call here: the time is the
// thread's own, a tick old at most.
// Whoever changes PHASE_WORK first, reaper or listener, is who answers.
#include "http/reaper.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/overdue.h"

#include <sys/socket.h>

enum { SLOWEST = 1 << 20 }; // bytes a second that a reader must take

#define SECOND_NS UINT64_C(1000000000)
#define TICK_NS   (REAPER_TICK_MS * UINT64_C(1000000))

const char *
phase_name(enum phase phase)
{
    static const char *const names[] = {"head", "body", "work", "send", "idle"};
    return names[phase];
}

// --- Phases --------------------------------------------------------------------------------------

// A limit of 0 is none. The clock may be a tick behind.
static uint64_t
deadline(const struct connection *c, enum phase phase, uint64_t more_ns)
{
    const struct reaper *r = &c->listener->reaper;
    uint64_t limit = r->limit_ns[phase],
             now = atomic_load_explicit(&r->now_ns, memory_order_relaxed);
    return limit > 0 ? now + TICK_NS + limit + more_ns : UINT64_MAX;
}

// The deadline first: who sees the phase sees no older one.
static bool
enter(struct connection *c, enum phase phase, uint64_t due_ns)
{
    struct reaper *r = &c->listener->reaper;
    atomic_store_explicit(&c->watch.due_ns, due_ns, memory_order_relaxed);
    enum phase before = atomic_exchange_explicit(&c->watch.phase, phase, memory_order_acq_rel);
    if (before != PHASE_OVER)
        return true;
    atomic_store(&c->watch.phase, PHASE_OVER);
    lock_take(&r->lock); // until it has said all that it had to say
    lock_give(&r->lock);
    return false;
}

bool
reaper_enter(struct connection *c, enum phase phase)
{
    return enter(c, phase, phase == PHASE_WORK ? UINT64_MAX : deadline(c, phase, 0));
}

bool
reaper_enter_send(struct connection *c, size_t size)
{
    return enter(c, PHASE_SEND, deadline(c, PHASE_SEND, size / SLOWEST * SECOND_NS));
}

void
reaper_wait(struct connection *c)
{
    atomic_store_explicit(&c->watch.due_ns, deadline(c, PHASE_WORK, 0), memory_order_release);
}

// --- The list ------------------------------------------------------------------------------------

void
reaper_add(struct connection *c, int fd)
{
    struct reaper *r = &c->listener->reaper;
    c->watch.fd = fd;
    reaper_enter(c, PHASE_HEAD);
    lock_take(&r->lock);
    c->watch.next = r->first;
    c->watch.link = &r->first;
    if (r->first != NULL)
        r->first->watch.link = &c->watch.next;
    r->first = c;
    lock_give(&r->lock);
}

void
reaper_remove(struct connection *c)
{
    struct reaper *r = &c->listener->reaper;
    lock_take(&r->lock);
    *c->watch.link = c->watch.next;
    if (c->watch.next != NULL)
        c->watch.next->watch.link = c->watch.link;
    lock_give(&r->lock);
}

// --- The thread ----------------------------------------------------------------------------------

// The library would not notice a closed socket before the work is done, and the client must not
// wait for that. False: the work was done in this moment.
static bool
claim_answer(struct connection *c)
{
    enum phase work = PHASE_WORK;
    return atomic_compare_exchange_strong(&c->watch.phase, &work, PHASE_OVER);
}

static void
cut(struct connection *c, enum phase phase)
{
    if (phase == PHASE_WORK && !claim_answer(c))
        return;
    atomic_fetch_add(&c->listener->reaper.cut[phase], 1);
    if (phase == PHASE_WORK)
        overdue_answer(c, c->watch.fd);
    else
        shutdown(c->watch.fd, SHUT_RDWR);
    c->watch.due_ns = UINT64_MAX;
    log_event(LOG_DEBUG, "too-slow", "phase", "s", phase_name(phase), "port", "d",
              (long)c->listener->port, NULL);
}

static void *
run(void *arg)
{
    struct listener *l = arg;
    struct reaper *r = &l->reaper;
    lock_take(&r->lock);
    while (!r->stopping) {
        uint64_t now = clock_monotonic_ns();
        atomic_store(&r->now_ns, now);
        for (struct connection *c = r->first; c != NULL; c = c->watch.next) {
            enum phase phase = c->watch.phase;
            if (phase != PHASE_OVER && c->watch.due_ns <= now)
                cut(c, phase);
        }
        lock_wait_ms(&r->lock, &r->end, REAPER_TICK_MS);
    }
    lock_give(&r->lock);
    return NULL;
}

bool
reaper_start(struct listener *l)
{
    struct reaper *r = &l->reaper;
    atomic_store(&r->now_ns, clock_monotonic_ns());
    lock_init(&r->lock, LOCK_CONNECTIONS);
    cond_init(&r->end);
    if (pthread_create(&r->thread, NULL, run, l) == 0)
        return true;
    pthread_cond_destroy(&r->end);
    lock_fini(&r->lock);
    return false;
}

// The connections stay in the list: the library closes them after this.
void
reaper_stop(struct listener *l)
{
    struct reaper *r = &l->reaper;
    lock_take(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->end);
    lock_give(&r->lock);
    pthread_join(r->thread, NULL);
}

void
reaper_fini(struct listener *l)
{
    pthread_cond_destroy(&l->reaper.end);
    lock_fini(&l->reaper.lock);
}
