// SPDX-License-Identifier: MIT
//
// The graphs of pairs.c on the Boehm collector, which has neither counts nor maps: the sessions
// stand in an array, and nothing finds the users. What it finds dead is swept later, by allocations
// that are not measured here. Usage: bench_pairs_boehm N [pairs|social]
#include "bench.h"

#include <gc.h>

#include <stdio.h>
#include <string.h>

struct session;

struct user {
    size_t id;
    char *name, *email;
    struct session **sessions;
    size_t session_count;
    struct user *friend;
};

struct session {
    size_t id;
    struct user *user;
    void *data;
    int64_t expires;
};

static const int64_t first_expiry = INT64_C(1700000000000);

static void *
must_have(void *p)
{
    bench_must(p != NULL, "an allocation");
    return p;
}

static char *
new_text(const char *format, size_t i)
{
    char text[64];
    size_t size = (size_t)snprintf(text, sizeof text, format, i) + 1;
    return memcpy(must_have(GC_MALLOC_ATOMIC(size)), text, size);
}

static struct session *
new_pair(size_t i)
{
    struct user *user = must_have(GC_MALLOC(sizeof *user));
    struct session *session = must_have(GC_MALLOC(sizeof *session));
    *user = (struct user){.id = i,
                          .name = new_text("u%zu", i),
                          .email = new_text("u%zu@example.com", i),
                          .sessions = must_have(GC_MALLOC(sizeof(struct session *))),
                          .session_count = 1};
    *session = (struct session){.id = i,
                                .user = user,
                                .data = must_have(GC_MALLOC(2 * sizeof(void *))),
                                .expires = first_expiry + (int64_t)i};
    user->sessions[0] = session;
    return session;
}

static struct session **
build(size_t pairs, bool social)
{
    size_t resident = bench_resident();
    uint64_t started = bench_now_ns();
    struct session **table = must_have(GC_MALLOC(pairs * sizeof *table));
    for (size_t i = 0; i < pairs; i++)
        table[i] = new_pair(i);
    for (size_t i = 0; social && i < pairs; i++)
        table[i]->user->friend = table[bench_random(i) % pairs]->user;
    bench_print("build", (double)(bench_now_ns() - started) / (double)pairs, "ns");
    bench_print("memory", (double)(bench_resident() - resident) / (double)pairs, "B");
    return table;
}

static void
measure_collection(const char *name)
{
    uint64_t started = bench_now_ns();
    GC_gcollect();
    bench_print_since(name, started);
}

static void
end_some(struct session **table, size_t pairs)
{
    for (size_t i = 0; i < pairs; i += 100)
        table[i] = NULL;
    measure_collection("ended");
}

static void
end_all(struct session **table, size_t pairs)
{
    uint64_t started = bench_now_ns();
    memset(table, 0, pairs * sizeof *table);
    GC_gcollect();
    bench_print_since("all", started);
}

int
main(int argc, char **argv)
{
    bench_must(argc == 2 || argc == 3, "reading N [pairs|social]");
    size_t pairs = bench_read_count(argv[1]);
    bool social = argc == 3 && strcmp(argv[2], "social") == 0;
    GC_INIT();
    GC_disable();
    struct session **table = build(pairs, social);
    GC_enable();
    measure_collection("first");
    measure_collection("again");
    end_some(table, pairs);
    end_all(table, pairs);
    return 0;
}
