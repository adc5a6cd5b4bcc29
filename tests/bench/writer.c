// SPDX-License-Identifier: MIT
//
// Claim: the store's writer, in batches of 256, gives at least 0.8 of the rows a second of raw
// inserts into a table with an integer key and nothing else.
//
// Both write the same row (200 bytes of data) with the same durability to the same file system,
// round about; the ratio is the median of the rounds' ratios. With a conninfo the writer over
// PostgreSQL stands beside the writer over SQLite instead: sessions of many users, whose ids are
// random; the bar is 0.15. PostgreSQL's has the lanes of a service of two shards; a file has one.
// Then the same with users who are there and may have so many sessions,
// and touches.
// Usage: bench_writer [rows a round] [rounds] [rows before the first round] [conninfo]
#include "base/clock.h"
#include "bench.h"
#include "store/lanes.h"
#include "support.h"

#include <sqlite3.h>

enum { BATCH = 256, DATA_SIZE = 200, MAX_ROUNDS = 99 };

static const uint8_t hash[TOKEN_HASH_SIZE] = {1};
static char data[DATA_SIZE + 1];

static double
seconds_since(uint64_t start)
{
    return (double)(clock_monotonic_ns() - start) / 1e9;
}

// --- Raw inserts ------------------------------------------------------------------------------

struct raw {
    sqlite3 *db;
    sqlite3_stmt *insert;
    int64_t k;
};

static void
raw_execute(struct raw *r, const char *sql)
{
    bench_must(sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void
raw_init(struct raw *r, const char *path)
{
    bench_must(sqlite3_open_v2(path, &r->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                               NULL) == SQLITE_OK,
               "opening the raw file");
    raw_execute(r, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA wal_autocheckpoint = 4000;"
                   "CREATE TABLE t(k INTEGER PRIMARY KEY, id, user_id, data, client, hash, version,"
                   " created_at, last_seen_at, idle_ttl, idle_expires_at, expires_at)");
    bench_must(sqlite3_prepare_v2(r->db, "INSERT INTO t VALUES(?,?,?,?,NULL,?,1,2,3,4,5,6)", -1,
                                  &r->insert, NULL) == SQLITE_OK,
               "preparing the raw insert");
}

static void
raw_insert(struct raw *r)
{
    sqlite3_bind_int64(r->insert, 1, ++r->k);
    sqlite3_bind_text(r->insert, 2, "s_0123aaaaaaaaaaaaaaaaaaaaaa", -1, SQLITE_STATIC);
    sqlite3_bind_text(r->insert, 3, "user-0000001", -1, SQLITE_STATIC);
    sqlite3_bind_text(r->insert, 4, data, DATA_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(r->insert, 5, hash, sizeof(hash), SQLITE_STATIC);
    bench_must(sqlite3_step(r->insert) == SQLITE_DONE, "a raw insert");
    sqlite3_reset(r->insert);
}

static double // rows a second
raw_round(struct raw *r, size_t rows)
{
    uint64_t start = clock_monotonic_ns();
    for (size_t done = 0; done < rows; done += BATCH) {
        raw_execute(r, "BEGIN IMMEDIATE");
        for (size_t i = done; i < rows && i < done + BATCH; i++)
            raw_insert(r);
        raw_execute(r, "COMMIT");
    }
    return (double)rows / seconds_since(start);
}

static void
raw_fini(struct raw *r)
{
    sqlite3_finalize(r->insert);
    sqlite3_close(r->db);
}

// --- The writer -------------------------------------------------------------------------------

static void
change_done(struct change *c, bool ok)
{
    bench_must(ok && c->result == CHANGE_APPLIED, "a batch of the writer");
}

static double // rows a second
writer_round(struct store *store, struct writer *w, struct change *changes, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        changes[i] = (struct change){.kind = CHANGE_NEW_SESSION,
                                     .done = change_done,
                                     .session = {.k = store->next_k++,
                                                 .id = SPAN("s_0123aaaaaaaaaaaaaaaaaaaaaa"),
                                                 .user_id = SPAN("user-0000001"),
                                                 .data = {data, DATA_SIZE},
                                                 .version = 1}};
    uint64_t start = clock_monotonic_ns();
    for (size_t i = 0; i < rows; i++)
        writer_submit_always(w, &changes[i]);
    writer_flush(w);
    return (double)rows / seconds_since(start);
}

static struct store *
open_store(char *path, char *conninfo)
{
    struct config config = {.store_kind = conninfo ? "postgres" : "sqlite",
                            .store_path = path,
                            .store_conninfo = conninfo,
                            .store_bound_ms = 1000};
    char error[256];
    struct store *store = store_open(&config, error, sizeof(error));
    bench_must(store != NULL, error);
    return store;
}

// --- Rounds -----------------------------------------------------------------------------------

static void
compare(struct raw *raw, struct store *store, size_t rows, size_t rounds)
{
    double raws[MAX_ROUNDS], ours[MAX_ROUNDS], ratios[MAX_ROUNDS];
    struct places places = {.limit = rows};
    struct writer *w = writer_start(store, &places);
    struct change *changes = calloc(rows, sizeof(*changes));
    bench_must(w && changes, "starting the writer");
    for (size_t i = 0; i < rounds; i++) {
        raws[i] = raw_round(raw, rows);
        ours[i] = writer_round(store, w, changes, rows);
        ratios[i] = ours[i] / raws[i];
    }
    struct writer_stats stats = writer_get_stats(w);
    writer_stop(w);
    free(changes);
    printf("raw     %9.0f rows/s (median of %zu)\n", bench_median(raws, rounds), rounds);
    printf("writer  %9.0f rows/s, %.0f a batch\n", bench_median(ours, rounds),
           (double)stats.changes / (double)stats.batches);
    double ratio = bench_median(ratios, rounds);
    printf("ratio   %9.2f (%.2f to %.2f); bar 0.80\n", ratio, ratios[0], ratios[rounds - 1]);
}

// --- Two stores -------------------------------------------------------------------------------

enum { ID_SIZE = 32, USERS = 100000, SESSIONS_MOST = 100 };

// Where the slots of a domain of as many shards begin again.
enum { SHARDS = 2, LANES = 2, SLOTS = 65536 };

struct stranger {
    char id[ID_SIZE], user[ID_SIZE];
};

// Ids in the way of ours, from a generator: the user's slot stands in them, so rows go to every
// part.
static void
name(struct stranger *x, const struct store *store, uint64_t number)
{
    uint64_t bits = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    bits ^= bits >> 29;
    snprintf(x->user, sizeof x->user, "user-%llu", (unsigned long long)(bits % USERS));
    snprintf(x->id, sizeof x->id, "s_%04x%016llxabcdef",
             store_slot_of_user(store->slot_key, span_of(x->user)),
             (unsigned long long)(bits * UINT64_C(0xbf58476d1ce4e5b9)));
}

// To the lane of the user's shard, as the service does.
static void
submit(struct lanes *lanes, const struct store *store, struct span user, struct change *c)
{
    size_t slot = store_slot_of_user(store->slot_key, user);
    writer_submit_always(lanes_writer(lanes, slot * SHARDS / SLOTS), c);
}

// Whoever logs in is there.
static void
make_users(struct store *store, struct lanes *w, struct change *changes, struct stranger *who)
{
    for (size_t i = 0; i < USERS; i++) {
        snprintf(who[i].user, sizeof who[i].user, "user-%zu", i);
        changes[i] = (struct change){.kind = CHANGE_PUT_USER,
                                     .done = change_done,
                                     .user = {.id = span_of(who[i].user),
                                              .name = SPAN("somebody"),
                                              .attributes = SPAN("{}"),
                                              .version = 1}};
        submit(w, store, span_of(who[i].user), &changes[i]);
    }
    lanes_flush(w);
}

static double // rows a second
strangers_round(struct store *store, struct lanes *w, struct change *changes, struct stranger *who,
                size_t rows, int64_t most)
{
    for (size_t i = 0; i < rows; i++) {
        int64_t k = store->next_k++;
        name(&who[i], store, (uint64_t)k);
        changes[i] = (struct change){.kind = CHANGE_NEW_SESSION,
                                     .done = change_done,
                                     .most = most,
                                     .session = {.k = k,
                                                 .id = span_of(who[i].id),
                                                 .user_id = span_of(who[i].user),
                                                 .data = {data, DATA_SIZE},
                                                 .version = 1}};
        memcpy(changes[i].session.token_hash, who[i].id, TOKEN_HASH_SIZE);
    }
    uint64_t start = clock_monotonic_ns();
    for (size_t i = 0; i < rows; i++)
        submit(w, store, changes[i].session.user_id, &changes[i]);
    lanes_flush(w);
    return (double)rows / seconds_since(start);
}

// Of sessions that are there, in the order of chance, as many in a change as a shard flushes, and
// as many changes at a time as there are shards.
static double // rows a second
touches_round(struct store *store, struct lanes *w, struct change *changes, struct stranger *who,
              struct touch *touches, size_t rows, int64_t first_k)
{
    for (size_t i = 0; i < rows; i++) {
        int64_t k = first_k + (int64_t)((i * 7919 + 13) % rows);
        name(&who[i], store, (uint64_t)k);
        touches[i] = (struct touch){k, first_k, first_k, span_of(who[i].id)};
    }
    uint64_t start = clock_monotonic_ns();
    for (size_t done = 0; done < rows; done += BATCH) {
        size_t count = rows - done < BATCH ? rows - done : BATCH;
        changes[done] = (struct change){.kind = CHANGE_TOUCH_SESSIONS,
                                        .done = change_done,
                                        .touches = touches + done,
                                        .count = count};
        size_t shard = done / BATCH % SHARDS;
        writer_submit_always(lanes_writer(w, shard), &changes[done]);
        if (shard == SHARDS - 1)
            lanes_flush(w);
    }
    lanes_flush(w);
    return (double)rows / seconds_since(start);
}

static void
say_both(const char *what, double rates[2][MAX_ROUNDS], size_t rounds)
{
    double ratios[MAX_ROUNDS];
    for (size_t i = 0; i < rounds; i++)
        ratios[i] = rates[1][i] / rates[0][i];
    printf("%-36s sqlite %7.0f/s, postgres %7.0f/s, ratio %.2f (medians of %zu)\n", what,
           bench_median(rates[0], rounds), bench_median(rates[1], rounds),
           bench_median(ratios, rounds), rounds);
}

// As the service has it where [most] is not 0: a login finds its user, whose row is locked, and the
// sessions that they have are counted.
static void
compare_logins(const char *what, struct store *stores[2], struct lanes *w[2],
               struct change *changes, struct stranger *who, size_t rows, size_t rounds,
               int64_t most)
{
    double rates[2][MAX_ROUNDS];
    for (size_t i = 0; i < rounds; i++)
        for (int s = 0; s < 2; s++)
            rates[s][i] = strangers_round(stores[s], w[s], changes, who, rows, most);
    say_both(what, rates, rounds);
}

// The sessions of the last round, again and again.
static void
compare_touches(struct store *stores[2], struct lanes *w[2], struct change *changes,
                struct stranger *who, size_t rows, size_t rounds)
{
    double rates[2][MAX_ROUNDS];
    struct touch *touches = calloc(rows, sizeof(*touches));
    bench_must(touches != NULL, "touching");
    for (size_t i = 0; i < rounds; i++)
        for (int s = 0; s < 2; s++)
            rates[s][i] = touches_round(stores[s], w[s], changes, who, touches, rows,
                                        stores[s]->next_k - (int64_t)rows);
    free(touches);
    say_both("touches", rates, rounds);
}

static void
compare_stores(struct store *sqlite, struct store *postgres, size_t rows, size_t rounds)
{
    struct store *stores[] = {sqlite, postgres};
    struct config config = {.store_queue = (int64_t)rows, .store_lookups = 1, .store_lanes = LANES};
    struct lanes *w[] = {lanes_start(sqlite, &config), lanes_start(postgres, &config)};
    size_t room = rows > USERS ? rows : USERS;
    struct change *changes = calloc(room, sizeof(*changes));
    struct stranger *who = calloc(room, sizeof(*who));
    bench_must(w[0] && w[1] && changes && who, "starting the writers");
    compare_logins("new sessions (bar 0.15)", stores, w, changes, who, rows, rounds, 0);
    for (int i = 0; i < 2; i++)
        make_users(stores[i], w[i], changes, who);
    compare_logins("of users who are there and counted", stores, w, changes, who, rows, rounds,
                   SESSIONS_MOST);
    compare_touches(stores, w, changes, who, rows, rounds);
    lanes_stop(w[0]);
    lanes_stop(w[1]);
    postgres->ops->close(postgres);
    free(who);
    free(changes);
}

// Fills both alike, so that the rounds run on files of a size.
static void
fill(struct raw *raw, struct store *store, size_t rows)
{
    struct places places = {.limit = rows};
    struct writer *w = writer_start(store, &places);
    struct change *changes = calloc(BATCH, sizeof(*changes));
    bench_must(w && changes, "starting the writer");
    raw_round(raw, rows);
    for (size_t done = 0; done < rows; done += BATCH)
        writer_round(store, w, changes, BATCH);
    writer_stop(w);
    free(changes);
}

int
main(int argc, char **argv)
{
    size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 200 * BATCH;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
    size_t before = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    bench_must(rows > 0 && rounds > 0 && rounds <= MAX_ROUNDS, "reading the arguments");
    memset(data, 'x', DATA_SIZE);

    char *directory = tempdir_new(), raw_path[512], store_path[512];
    snprintf(raw_path, sizeof(raw_path), "%s/raw.db", directory);
    snprintf(store_path, sizeof(store_path), "%s/store.db", directory);
    struct raw raw = {0};
    raw_init(&raw, raw_path);
    struct store *store = open_store(store_path, NULL);
    if (before)
        fill(&raw, store, before);
    printf("%zu rows a round, batches of %d, %d bytes of data, %zu rows before\n", rows, BATCH,
           DATA_SIZE, before);
    if (argc > 4)
        compare_stores(store, open_store(NULL, argv[4]), rows, rounds);
    else
        compare(&raw, store, rows, rounds);
    store->ops->close(store);
    raw_fini(&raw);
    tempdir_free(directory);
    return 0;
}
