// SPDX-License-Identifier: MIT
//
// pg: the only door to libpq.
//
// Answers come in binary form: integers are bigint, texts and bytes are what they are.
#include "store/pg.h"

#include "base/assert.h"

#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MOST = 16, INT_SIZE = 24 };

struct pg {
    PGconn *link;
    PGresult *answer;    // that pg_next took
    bool lost;           // something could not be sent
    bool warned;         // by the server
    enum pg_fault first; // since pg_sync
    char complaint[256];
    // The parameters of the next statement.
    int count;
    const char *values[PARAMS_MOST];
    int lengths[PARAMS_MOST], formats[PARAMS_MOST];
    char ints[PARAMS_MOST][INT_SIZE];
};

const char *
pg_fault_sentence(enum pg_fault fault)
{
    static const char *const sentences[] = {
        [PG_OK] = "works",
        [PG_LOST] = "cannot be reached, or none of its hosts takes writes",
        [PG_REFUSED] = "refused a statement",
        [PG_CONFLICT] = "has transactions that stay in each other's way",
        [PG_UNSURE] = "committed with a warning, so the standby may not have it",
        [PG_MEMORY] = "is out of memory",
    };
    return sentences[fault];
}

// --- Connections ------------------------------------------------------------------------------

static void
on_notice(void *arg, const PGresult *notice)
{
    struct pg *c = arg;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    c->warned |= severity && strcmp(severity, "WARNING") == 0;
}

// One line: libpq ends its sentences with one, and may say several.
static void
copy_line(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
    for (char *p = to; *p; p++)
        if (*p == '\n')
            *p = p[1] ? ' ' : 0;
}

// What stands before the conninfo is a default, what stands behind it is not for others to choose.
// A peer that says nothing more is noticed after about five seconds.
static PGconn *
connect_to(const char *conninfo)
{
    static const char *const names[] = {"connect_timeout",      "tcp_user_timeout",
                                        "keepalives_idle",      "keepalives_interval",
                                        "keepalives_count",     "application_name",
                                        "target_session_attrs", "dbname",
                                        "client_encoding",      NULL};
    const char *const values[] = {"2",       "5000",       "2",      "1",    "3",
                                  "tenured", "read-write", conninfo, "UTF8", NULL};
    return PQconnectdbParams(names, values, 1);
}

// Whatever the role's or the database's own are: a commit that a standby may not have is told by a
// warning alone, and what a batch counts behind its locks must be what is there by then.
#define SETTINGS                                                                                   \
    "SET client_min_messages = warning; SET default_transaction_isolation = 'read committed'"

struct pg *
pg_open(const char *conninfo, char *error, size_t error_size)
{
    struct pg *c = calloc(1, sizeof *c);
    if (c)
        c->link = connect_to(conninfo);
    if (c && c->link && PQstatus(c->link) == CONNECTION_OK) {
        PQsetNoticeReceiver(c->link, on_notice, c);
        if (pg_execute(c, SETTINGS) == PG_OK)
            return c;
    }
    copy_line(error, error_size, c && c->link ? PQerrorMessage(c->link) : "out of memory");
    pg_close(c);
    return NULL;
}

void
pg_close(struct pg *c)
{
    if (!c)
        return;
    PQclear(c->answer);
    PQfinish(c->link);
    free(c);
}

const char *
pg_complaint(const struct pg *c)
{
    return c->complaint;
}

bool
pg_has_warned(struct pg *c)
{
    bool warned = c->warned;
    c->warned = false;
    return warned;
}

// --- Faults -----------------------------------------------------------------------------------

// Classes 08 and 57 are about the connection and the server's end; 25006 comes from a server that
// was a primary before.
static enum pg_fault
fault_of_state(const char *state)
{
    if (!state || strncmp(state, "08", 2) == 0 || strncmp(state, "57", 2) == 0 ||
        strcmp(state, "25006") == 0)
        return PG_LOST;
    if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
        return PG_CONFLICT;
    return PG_REFUSED;
}

static enum pg_fault
fault_of(struct pg *c, const PGresult *answer)
{
    ExecStatusType status = PQresultStatus(answer);
    if (!answer || PQstatus(c->link) != CONNECTION_OK)
        return PG_LOST;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC)
        return PG_OK;
    if (status == PGRES_PIPELINE_ABORTED)
        return PG_REFUSED;
    copy_line(c->complaint, sizeof c->complaint, PQresultErrorMessage(answer));
    return fault_of_state(PQresultErrorField(answer, PG_DIAG_SQLSTATE));
}

static enum pg_fault
note(struct pg *c, enum pg_fault fault)
{
    if (c->first == PG_OK)
        c->first = fault;
    c->lost |= fault == PG_LOST;
    return fault;
}

// --- At once ----------------------------------------------------------------------------------

enum pg_fault
pg_execute(struct pg *c, const char *sql)
{
    PGresult *answer = PQexec(c->link, sql);
    enum pg_fault fault = fault_of(c, answer);
    PQclear(answer);
    return fault;
}

enum pg_fault
pg_select_int(struct pg *c, const char *sql, int64_t *value)
{
    PGresult *answer = PQexec(c->link, sql);
    enum pg_fault fault = fault_of(c, answer);
    if (fault == PG_OK && PQntuples(answer) == 0)
        fault = PG_REFUSED;
    if (fault == PG_OK)
        *value = strtoll(PQgetvalue(answer, 0, 0), NULL, 10);
    PQclear(answer);
    return fault;
}

enum pg_fault
pg_prepare(struct pg *c, const char *name, const char *sql)
{
    PGresult *answer = PQprepare(c->link, name, sql, 0, NULL);
    enum pg_fault fault = fault_of(c, answer);
    PQclear(answer);
    return fault;
}

// --- In the pipeline --------------------------------------------------------------------------

static void
add(struct pg *c, const char *value, size_t len, int format)
{
    ASSERT(c->count < PARAMS_MOST);
    c->values[c->count] = value;
    c->lengths[c->count] = (int)len;
    c->formats[c->count++] = format;
}

void
pg_add_int(struct pg *c, int64_t i)
{
    char *text = c->ints[c->count];
    snprintf(text, INT_SIZE, "%lld", (long long)i);
    add(c, text, 0, 0);
}

// Of type text in binary form, because a span has no NUL at its end.
void
pg_add_text(struct pg *c, struct span text)
{
    add(c, text.data, text.len, 1);
}

void
pg_add_blob(struct pg *c, const void *data, size_t size)
{
    add(c, data, size, 1);
}

void
pg_send(struct pg *c, const char *name)
{
    if (PQpipelineStatus(c->link) == PQ_PIPELINE_OFF)
        c->lost |= !PQenterPipelineMode(c->link);
    c->lost |= !PQsendQueryPrepared(c->link, name, c->count, c->values, c->lengths, c->formats, 1);
    c->count = 0;
}

void
pg_sync(struct pg *c)
{
    c->first = PG_OK;
    c->lost |= !PQpipelineSync(c->link);
    if (c->lost)
        note(c, PG_LOST);
}

// A statement's answer is followed by a NULL.
enum pg_fault
pg_next(struct pg *c)
{
    PQclear(c->answer);
    c->answer = NULL;
    if (c->lost)
        return note(c, PG_LOST);
    c->answer = PQgetResult(c->link);
    enum pg_fault fault = note(c, fault_of(c, c->answer));
    if (fault != PG_LOST)
        PQclear(PQgetResult(c->link));
    return fault;
}

// Takes what nobody asked for as well.
enum pg_fault
pg_end(struct pg *c)
{
    bool ended = false;
    for (int nothing = 0; !c->lost && !ended && nothing < 2;) {
        PGresult *answer = PQgetResult(c->link);
        nothing = answer ? 0 : nothing + 1;
        ended = answer && PQresultStatus(answer) == PGRES_PIPELINE_SYNC;
        if (answer)
            note(c, fault_of(c, answer));
        PQclear(answer);
    }
    if (!ended)
        note(c, PG_LOST);
    else if (!PQexitPipelineMode(c->link))
        note(c, PG_LOST);
    return c->first;
}

// --- Answers ----------------------------------------------------------------------------------

size_t
pg_rows(const struct pg *c)
{
    return (size_t)PQntuples(c->answer);
}

int64_t
pg_changed(const struct pg *c)
{
    return strtoll(PQcmdTuples(c->answer), NULL, 10);
}

int64_t
pg_get_int(const struct pg *c, size_t row, int column)
{
    uint64_t wire = 0;
    if (PQgetlength(c->answer, (int)row, column) == sizeof wire)
        memcpy(&wire, PQgetvalue(c->answer, (int)row, column), sizeof wire);
    return (int64_t)be64toh(wire);
}

struct span
pg_get_text(const struct pg *c, size_t row, int column)
{
    if (PQgetisnull(c->answer, (int)row, column))
        return (struct span){0};
    return (struct span){PQgetvalue(c->answer, (int)row, column),
                         (size_t)PQgetlength(c->answer, (int)row, column)};
}

// --- What others notify -----------------------------------------------------------------------

static void
take_all(struct pg *c, void (*each)(void *arg, struct span payload), void *arg)
{
    PGnotify *n;
    while ((n = PQnotifies(c->link)) != NULL) {
        each(arg, span_of(n->extra));
        PQfreemem(n);
    }
}

bool
pg_wait(struct pg *c, int ms, void (*each)(void *arg, struct span payload), void *arg)
{
    struct pollfd fd = {.fd = PQsocket(c->link), .events = POLLIN};
    take_all(c, each, arg); // what came with an answer
    if (poll(&fd, 1, ms) > 0 && !PQconsumeInput(c->link))
        return false;
    take_all(c, each, arg);
    return PQstatus(c->link) == CONNECTION_OK;
}
