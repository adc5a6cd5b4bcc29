// SPDX-License-Identifier: MIT
//
// worker: fills as fast as it is answered, then asks when the schedule says.
#include "worker.h"

#include "must.h"
#include "random.h"

#include <math.h>
#include <time.h>

enum { LEAST_TTL_MS = 50, DRAIN_S = 30 };
#define WHILE_NS UINT64_C(1000000000)

static size_t
place_of(const struct worker *w, size_t own)
{
    return own * w->crew->options->threads + w->number;
}

static void
on_done(void *arg, struct call *c)
{
    struct worker *w = arg;
    bool wanted = asking_end(&w->asking, c);
    if (w->filling) {
        if (!wanted)
            fprintf(stderr, "tenure-load: %s %s gave %ld: %.200s\n", c->method, c->path, c->status,
                    c->reply);
        must(wanted, "the service cannot be filled");
        return;
    }
    uint64_t now = wire_now() - w->crew->start_ns;
    struct answer answer = {.ask = c->ask,
                            .intended_ns = c->intended_ns,
                            .latency_ns = now - c->intended_ns,
                            .status = c->status,
                            .cache = c->cache};
    tally_add(w->tally, &answer);
}

static void
send_ask(struct worker *w, struct call *c, enum ask ask, size_t place)
{
    c->ask = ask;
    c->place = place;
    asking_begin(&w->asking, c);
    wire_send(&w->wire, c);
}

// --- Filling -----------------------------------------------------------------------------------

static void
wait_for_all(struct worker *w)
{
    while (w->wire.busy > 0)
        wire_wait(&w->wire, wire_now() + WHILE_NS);
}

// Everybody logs in once; who is to be out when the run begins logs out again.
static bool
is_wanted(const struct worker *w, enum ask ask, size_t own)
{
    if (ask == ASK_PUT)
        return place_of(w, own) % w->crew->people.per_user == 0;
    double online = w->crew->options->scenario->online;
    return ask == ASK_LOGIN || floor((double)(own + 1) * online) == floor((double)own * online);
}

// So that what is filled in early and late ends at about the same moment: half a run from when the
// filling will be over, if it goes on as it went.
static void
choose_ttl(struct worker *w, size_t done, size_t all, uint64_t since)
{
    const struct options *o = w->crew->options;
    double left = 0, middle = (o->warmup + o->seconds / 2) * 1000;
    if (!o->scenario->expires)
        return;
    if (done > 0)
        left = (double)(wire_now() - since) / 1e6 * (double)(all - done) / (double)done;
    w->asking.ttl_ms = (uint64_t)(left + middle) + LEAST_TTL_MS;
}

static void
fill(struct worker *w, enum ask ask, size_t count)
{
    uint64_t since = wire_now();
    for (size_t i = 0; i < count; i++) {
        struct call *c;
        if (!is_wanted(w, ask, i))
            continue;
        while (!(c = wire_take(&w->wire)))
            wire_wait(&w->wire, wire_now() + WHILE_NS);
        if (ask == ASK_LOGIN)
            choose_ttl(w, i, count, since);
        send_ask(w, c, ask, place_of(w, i));
        atomic_fetch_add(&w->crew->filled, 1);
    }
    wait_for_all(w);
    pthread_barrier_wait(&w->crew->barrier);
}

static void
fill_all(struct worker *w)
{
    w->filling = true;
    fill(w, ASK_PUT, w->places);
    fill(w, ASK_LOGIN, w->places);
    fill(w, ASK_LOGOUT, w->places);
    w->filling = false;
    w->asking.ttl_ms = 0;
}

// --- Running -----------------------------------------------------------------------------------

static double
share_of_run(const struct worker *w, uint64_t ns)
{
    const struct options *o = w->crew->options;
    double share = ((double)ns / 1e9 - o->warmup) / o->seconds;
    return share < 0 ? 0 : share;
}

static enum ask
choose(struct worker *w, const struct phase *phase, size_t place)
{
    const struct options *o = w->crew->options;
    enum ask ask = scenario_choose(o->has_mix ? o->mix : phase->weights, &w->random);
    return asking_settle(&w->asking, ask, &w->crew->people.place[place]);
}

static void
start_due(struct worker *w, struct call *c)
{
    const struct options *o = w->crew->options;
    const struct phase *phase = scenario_phase(o->scenario, share_of_run(w, w->schedule.next_ns));
    uint64_t due = schedule_next(&w->schedule, o->rate * phase->rate / o->threads, &w->random);
    uint64_t now = wire_now() - w->crew->start_ns;
    uint64_t could = due > w->free_since_ns ? due : w->free_since_ns;
    size_t place = place_of(w, keys_next(&w->keys, &w->random));
    tally_add_lag(w->tally, due, now > could ? now - could : 0);
    c->intended_ns = due;
    send_ask(w, c, choose(w, phase, place), place);
}

// All that is due, as far as there are free calls.
static void
start_all_due(struct worker *w, uint64_t end)
{
    struct call *c;
    while (schedule_due(&w->schedule) < end &&
           schedule_due(&w->schedule) <= wire_now() - w->crew->start_ns) {
        if (!(c = wire_take(&w->wire))) {
            wire_wait(&w->wire, wire_now() + WHILE_NS);
            w->free_since_ns = wire_now() - w->crew->start_ns;
        } else {
            start_due(w, c);
        }
    }
}

static void
run(struct worker *w)
{
    const struct options *o = w->crew->options;
    uint64_t end = (uint64_t)((o->warmup + o->seconds) * 1e9);
    while (schedule_due(&w->schedule) < end) {
        wire_wait(&w->wire, w->crew->start_ns + schedule_due(&w->schedule));
        start_all_due(w, end);
    }
    uint64_t patience = wire_now() + (uint64_t)DRAIN_S * 1000000000;
    while (w->wire.busy > 0 && wire_now() < patience)
        wire_wait(&w->wire, patience);
    wire_give_up(&w->wire);
}

static void
begin_run(struct crew *crew)
{
    struct timespec t;
    if (crew->before_run)
        crew->before_run(crew->arg);
    clock_gettime(CLOCK_REALTIME, &t);
    crew->start_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    crew->start_ns = wire_now();
    crew->running = true;
}

static void *
work(void *arg)
{
    struct worker *w = arg;
    struct crew *crew = w->crew;
    if (!crew->known)
        fill_all(w);
    if (pthread_barrier_wait(&crew->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
        begin_run(crew);
    pthread_barrier_wait(&crew->barrier);
    run(w);
    atomic_fetch_add(&crew->finished, 1);
    return NULL;
}

// --- All of them -------------------------------------------------------------------------------

static void
init_worker(struct worker *w, struct crew *c, size_t number)
{
    const struct options *o = c->options;
    size_t n = o->threads;
    *w = (struct worker){.crew = c, .number = number, .tally = &c->tallies[number]};
    w->places = (c->people.places - number + n - 1) / n;
    w->random = o->seed * n + number;
    random_next(&w->random);
    w->asking = (struct asking){
        .people = &c->people, .offline = o->scenario->offline, .payload = o->payload};
    tally_init(w->tally, o->warmup, o->seconds);
    keys_init(&w->keys, o->keys, w->places);
    schedule_init(&w->schedule, o->poisson, 1e9 / o->rate * (double)number);
    wire_init(&w->wire, o->data, getenv("TENURE_LOAD_TOKEN"), o->connections / o->threads,
              o->payload + ASKING_BODY_EXTRA, on_done, w);
}

void
crew_init(struct crew *c, const struct options *o)
{
    *c = (struct crew){.options = o};
    people_init(&c->people, o->users, o->per_user);
    c->workers = must_calloc(o->threads, sizeof *c->workers);
    c->tallies = must_calloc(o->threads, sizeof *c->tallies);
    pthread_barrier_init(&c->barrier, NULL, o->threads);
    for (unsigned i = 0; i < o->threads; i++)
        init_worker(&c->workers[i], c, i);
}

void
crew_start(struct crew *c)
{
    for (unsigned i = 0; i < c->options->threads; i++)
        must(pthread_create(&c->workers[i].thread, NULL, work, &c->workers[i]) == 0,
             "no thread can be started");
}

void
crew_join(struct crew *c)
{
    for (unsigned i = 0; i < c->options->threads; i++)
        pthread_join(c->workers[i].thread, NULL);
}

void
crew_fini(struct crew *c)
{
    for (unsigned i = 0; i < c->options->threads; i++) {
        wire_fini(&c->workers[i].wire);
        tally_fini(&c->tallies[i]);
    }
    pthread_barrier_destroy(&c->barrier);
    free(c->workers);
    free(c->tallies);
    people_fini(&c->people);
}
