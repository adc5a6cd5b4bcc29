// SPDX-License-Identifier: MIT
//
// bench_seed PATH [SESSIONS]: a SQLite store with so many live sessions, two of each user, 200
// bytes of data each, as the service would have left it.
#include "base/clock.h"
#include "base/secret.h"
#include "domain/session.h"
#include "store/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_PER_USER = 2, DATA_SIZE = 200, ID_SIZE = 32, DAY_MS = 86400000 };

struct seed {
    struct change change;
    char user_id[ID_SIZE], id[SESSION_ID_LEN + 1];
};

static char data[DATA_SIZE + 1];

static void
must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void
on_written(struct change *c, bool ok)
{
    must(ok, "a batch");
}

static void
add_user(struct writer *w, struct seed *s, int64_t now)
{
    s->change = (struct change){.kind = CHANGE_PUT_USER,
                                .user = {.id = span_of(s->user_id),
                                         .name = SPAN("Somebody"),
                                         .attributes = SPAN("{}"),
                                         .version = 1,
                                         .created_at = now,
                                         .updated_at = now},
                                .done = on_written};
    writer_submit_always(w, &s->change);
}

static void
add_session(struct store *store, struct writer *w, struct seed *s, int64_t now)
{
    struct span user = span_of(s->user_id);
    session_make_id(s->id, store_slot_of_user(store->slot_key, user));
    s->change = (struct change){.kind = CHANGE_NEW_SESSION,
                                .session = {.k = store->next_k++,
                                            .id = span_of(s->id),
                                            .user_id = user,
                                            .data = span_of(data),
                                            .version = 1,
                                            .created_at = now,
                                            .last_seen_at = now,
                                            .idle_ttl = DAY_MS,
                                            .idle_expires_at = now + DAY_MS,
                                            .expires_at = now + DAY_MS},
                                .done = on_written};
    secret_random(s->change.session.token_hash, TOKEN_HASH_SIZE);
    writer_submit_always(w, &s->change);
}

int
main(int argc, char **argv)
{
    size_t sessions = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000, count = 0;
    must(argc > 1 && sessions > 0, "reading the arguments");
    snprintf(data, sizeof data, "{\"x\":\"%0*d\"}", DATA_SIZE - 8, 0);
    char error[256] = "";
    struct config config = {.store_kind = "sqlite", .store_path = argv[1]};
    struct store *store = store_open(&config, error, sizeof error);
    must(store != NULL, error);
    struct places places = {.limit = sessions};
    struct writer *w = writer_start(store, &places);
    struct seed *seeds = calloc(sessions * 2, sizeof *seeds);
    must(w && seeds, "allocating");
    int64_t now = clock_ms();
    for (size_t i = 0; i < sessions; i++) {
        struct seed *user = &seeds[count++], *session;
        snprintf(user->user_id, ID_SIZE, "user-%zu", i / SESSIONS_PER_USER);
        if (i % SESSIONS_PER_USER == 0)
            add_user(w, user, now);
        session = &seeds[count++];
        strcpy(session->user_id, user->user_id);
        add_session(store, w, session, now);
    }
    writer_stop(w);
    store->ops->close(store);
    free(seeds);
    return 0;
}
