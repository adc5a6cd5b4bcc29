// SPDX-License-Identifier: MIT
//
// Rows of a damaged store: whatever SQLite can hold stands in one row of each table. It is refused,
// or the service starts with it, shows it, collects, and ends with nothing left.
//
// An input changes values of two rows that are sound: column, kind and value, again and again.
#include "fuzz.h"

#include "base/clock.h"
#include "base/log.h"
#include "domain/domain.h"
#include "domain/pass.h"
#include "domain/session.h"
#include "domain/user.h"
#include "store/rows.h"

#include <string.h>

enum { SESSION = 12, USER = 8, COLUMNS = SESSION + USER };
enum kind { NOTHING, INTEGER, TEXT, BLOB, KINDS };

static struct value {
    enum kind kind;
    int64_t number;
    struct span bytes;
} values[COLUMNS];

static struct db *db;
static struct statement session, user;
static struct config config;

// --- The rows ------------------------------------------------------------------------------------

static void
make_sound(const struct store *s)
{
    static char id[SESSION_ID_LEN + 1];
    static const char hash[TOKEN_HASH_SIZE] = "a hash";
    session_make_id(id, store_slot_of_user(s->slot_key, SPAN("ada")));
    int64_t now = clock_ms();
    const struct value sound[COLUMNS] = {
        {INTEGER, 7, {0}},           {TEXT, 0, {id, SESSION_ID_LEN}},
        {TEXT, 0, SPAN("ada")},      {TEXT, 0, SPAN("{\"n\":1}")},
        {TEXT, 0, SPAN("{}")},       {BLOB, 0, {hash, sizeof hash}},
        {INTEGER, 1, {0}},           {INTEGER, now, {0}},
        {INTEGER, now, {0}},         {INTEGER, 60000, {0}},
        {INTEGER, now + 60000, {0}}, {INTEGER, now + 90000, {0}},
        {TEXT, 0, SPAN("ada")},      {TEXT, 0, SPAN("Ada")},
        {NOTHING, 0, {0}},           {TEXT, 0, SPAN("{}")},
        {INTEGER, 1, {0}},           {INTEGER, now, {0}},
        {INTEGER, now, {0}},         {NOTHING, 0, {0}},
    };
    memcpy(values, sound, sizeof sound);
}

static void
change(const uint8_t *data, size_t size)
{
    while (size >= 3) {
        struct value *v = &values[data[0] % COLUMNS];
        size_t len = data[2] < size - 3 ? data[2] : size - 3;
        *v = (struct value){(enum kind)(data[1] % KINDS), 0, {(const char *)data + 3, len}};
        memcpy(&v->number, v->bytes.data, len < sizeof v->number ? len : sizeof v->number);
        data += 3 + len;
        size -= 3 + len;
    }
}

static void
put(struct statement *s, int from, int count)
{
    statement_reset(s);
    for (int i = from; i < from + count; i++)
        if (values[i].kind == INTEGER)
            statement_add_int(s, values[i].number);
        else if (values[i].kind == BLOB)
            statement_add_blob(s, values[i].bytes.data, values[i].bytes.len);
        else
            statement_add_text(s, values[i].kind == TEXT ? values[i].bytes : (struct span){0});
    MUST(statement_step(s));
}

// --- The store that has them ---------------------------------------------------------------------

static bool
load_sessions(struct store *s, bool (*each)(void *arg, const struct session_row *row), void *arg,
              char *error, size_t error_size)
{
    struct session_row row;
    put(&session, 0, SESSION);
    bool sound = rows_take_session(&session, &row);
    snprintf(error, error_size, "%s", sound ? "" : "damaged");
    return sound && each(arg, &row);
}

static bool
load_user(struct store *s, struct span id, void (*found)(void *arg, const struct user_row *row),
          void *arg)
{
    struct user_row row;
    put(&user, SESSION, USER);
    if (!rows_take_user(&user, &row) || !span_equal(row.id, id))
        return false;
    found(arg, &row);
    return true;
}

static bool
apply(struct store *s, const struct change *first)
{
    return true;
}

static bool
is_healthy(struct store *s)
{
    return true;
}

static void
close_store(struct store *s)
{
}

static const struct store_ops ops = {.name = "rows",
                                     .close = close_store,
                                     .load_sessions = load_sessions,
                                     .load_user = load_user,
                                     .apply = apply,
                                     .healthy = is_healthy};

// --- The service over it -------------------------------------------------------------------------

static void
show(struct domain *d)
{
    size_t cursor = 0;
    tn_object *live;
    struct shard *s = &d->shards[0];
    shard_take(s);
    while (index_next(&s->sessions, &cursor, &live)) {
        struct text t;
        text_init(&t);
        text_add_span(&t, session_text(live));
        user_add_json(&t, session_user(live));
        int64_t version = session_etag(s, live).version;
        MUST(!t.failed && (values[6].kind != INTEGER || version == values[6].number));
        text_fini(&t);
    }
    shard_give(s);
}

static void
live_and_end(struct store *s, bool is_sound)
{
    char error[512] = "";
    struct domain *d = domain_open(&config, s, error, sizeof error);
    MUST((d == NULL) == (error[0] != '\0') && (d || !is_sound));
    if (!d)
        return;
    show(d);
    struct pass pass = {.title = {PASS_COLLECT, PASS_MANUAL, TN_GENERATIONS - 1, NULL}};
    pass_run(d, &pass, NULL);
    MUST(pass.error == TN_OK);
    domain_close(d);
}

static void
set_up(void)
{
    char error[512];
    char *arguments[] = {"tenured", "--set", "store.kind=memory", "--set", "shards=1", NULL};
    char *environment[] = {NULL};
    log_set_level(LOG_ERROR);
    MUST(config_load(&config, 5, arguments, environment, error, sizeof error));
    MUST(db_open(":memory:", DB_WRITER, &db) == DB_OK);
    MUST(statement_init(&session, db, "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12") == DB_OK);
    MUST(statement_init(&user, db, "SELECT ?1,?2,?3,?4,?5,?6,?7,?8") == DB_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store s = {.ops = &ops, .next_k = 8};
    if (!db)
        set_up();
    make_sound(&s);
    change(data, size);
    live_and_end(&s, size < 3);
    return 0;
}
