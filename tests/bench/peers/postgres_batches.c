// SPDX-License-Identifier: MIT
//
// Peer: rows a second that bare libpq writes to PostgreSQL, in batches of 256, a transaction each
// in one pipeline, columns as arrays: sessions under an integer key, with the indexes of ours or
// without.
//
// Nobody is looked for, counted or told, and one connection writes.
// Usage: peer_postgres_batches CONNINFO BATCHES
#include "bench.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 256, COLUMNS = 4, CELL_SIZE = 256, DATA_SIZE = 200 };

static PGconn *link;

static void
must_be_done(PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    bench_must(s == PGRES_COMMAND_OK || s == PGRES_EMPTY_QUERY || s == PGRES_PIPELINE_SYNC,
               PQerrorMessage(link));
    PQclear(r);
}

static void
execute(const char *sql)
{
    must_be_done(PQexec(link, sql));
}

// --- A batch ----------------------------------------------------------------------------------

// An array in its text form: what libpq sends as it is.
struct column {
    char text[BATCH * CELL_SIZE];
    size_t len;
};

static struct column columns[COLUMNS];

static void
add_cell(struct column *c, int row, const char *cell)
{
    c->len = row == 0 ? 0 : c->len - 1;
    c->len += (size_t)snprintf(c->text + c->len, sizeof c->text - c->len, "%c%s}",
                               row == 0 ? '{' : ',', cell);
}

static unsigned long long
next_random(void)
{
    static unsigned long long x = 88172645463325252ULL;
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

static void
fill(long long first_key)
{
    static char data[DATA_SIZE + 1];
    memset(data, 'x', DATA_SIZE);
    for (int row = 0; row < BATCH; row++) {
        char key[24], word[64];
        unsigned long long a = next_random(), b = next_random();
        snprintf(key, sizeof key, "%lld", first_key + row);
        add_cell(&columns[0], row, key);
        snprintf(word, sizeof word, "s_%016llx%010llx", a, b & 0xffffffffffULL);
        add_cell(&columns[1], row, word);
        snprintf(word, sizeof word, "user-%llu", a % 100000);
        add_cell(&columns[2], row, word);
        add_cell(&columns[3], row, data);
    }
}

static void
send(void)
{
    const char *values[COLUMNS];
    for (int i = 0; i < COLUMNS; i++)
        values[i] = columns[i].text;
    bench_must(PQsendQueryPrepared(link, "begin", 0, NULL, NULL, NULL, 1) &&
                   PQsendQueryPrepared(link, "insert", COLUMNS, values, NULL, NULL, 1) &&
                   PQsendQueryPrepared(link, "commit", 0, NULL, NULL, NULL, 1) &&
                   PQpipelineSync(link),
               "sending a batch");
}

static void
take(void)
{
    for (bool ended = false; !ended;) {
        PGresult *r = PQgetResult(link);
        if (!r)
            continue; // behind each statement's answer
        ended = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
        must_be_done(r);
    }
}

// --- A round ----------------------------------------------------------------------------------

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
prepare(const char *name, const char *sql)
{
    must_be_done(PQprepare(link, name, sql, 0, NULL));
}

static double // rows a second
run(long long batches, const char *indexes)
{
    execute(
        "DROP TABLE IF EXISTS peer; CREATE TABLE peer(k bigint PRIMARY KEY, id text, user_id text,"
        " data text, hash bytea, version bigint, created bigint, seen bigint, ttl bigint,"
        " idle bigint, expires bigint)");
    execute(indexes);
    prepare("begin", "BEGIN");
    prepare("insert",
            "INSERT INTO peer SELECT *, 1, 1, 1, 1, 1, 1 FROM (SELECT unnest($1::bigint[]),"
            " unnest($2::text[]) AS id, unnest($3::text[]), unnest($4::text[]),"
            " sha256(unnest($2::text[])::bytea)) AS given");
    prepare("commit", "COMMIT");
    bench_must(PQenterPipelineMode(link), "a pipeline");
    double start = seconds();
    for (long long i = 0; i < batches; i++) {
        fill(i * BATCH);
        send();
        take();
    }
    double rate = (double)(batches * BATCH) / (seconds() - start);
    bench_must(PQexitPipelineMode(link), "the pipeline's end");
    execute("DEALLOCATE ALL; DROP TABLE peer");
    return rate;
}

int
main(int argc, char **argv)
{
    long long batches = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
    bench_must(batches > 0, "reading the arguments");
    link = PQconnectdb(argv[1]);
    bench_must(PQstatus(link) == CONNECTION_OK, PQerrorMessage(link));
    execute("SET client_min_messages = error");
    printf("one key %.0f\n", run(batches, ""));
    printf("four indexes %.0f\n",
           run(batches,
               "CREATE INDEX ON peer USING hash(id); CREATE INDEX ON peer USING hash(hash);"
               "CREATE INDEX ON peer USING hash(user_id)"));
    PQfinish(link);
    return 0;
}
