// SPDX-License-Identifier: MIT
//
// sqlite: the default store, one SQLite file in WAL mode.
//
// Invariant: apply returns true only when every byte that its commit wrote to the log was synced.
// synchronous=FULL promises it; we look.
// Ownership: [db] and [statements] belong to the thread that applies. A reader is a connection that
// belongs to the thread that took it; idle ones lie in a list under [lock].
#include "base/assert.h"
#include "base/locks.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/place.h"
#include "store/rows.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The log holds about 4000 pages, 32 MiB, before a commit copies it into the file.
#define SETTINGS "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;"

struct reader {
    struct db *db;
    struct statement select_user;
    struct reader *next;
};

struct sqlite {
    struct store store;
    // Read-only after open.
    char *path;
    int place;
    // Used by the thread that applies.
    struct db *db;
    struct statement statements[STATEMENT_COUNT];
    // Guarded by [lock].
    struct lock lock;
    struct reader *idle;
    // Shared.
    _Atomic(enum db_fault) write_fault, read_fault;
    _Atomic uint64_t syncs;
};

static void
fault_print(const struct sqlite *s, enum db_fault fault, char *error, size_t error_size)
{
    snprintf(error, error_size, "store.path: %s %s", s->path, db_fault_sentence(fault));
}

// One line when the fault changes, so that a full disk is not filled by its own log.
static bool
fault_note(struct sqlite *s, _Atomic(enum db_fault) *now, const char *work, enum db_fault fault)
{
    if (atomic_exchange(now, fault) == fault)
        return fault == DB_OK;
    if (fault == DB_OK)
        log_event(LOG_INFO, "store_recovered", "work", "s", work, "path", "s", s->path, NULL);
    else
        log_event(LOG_ERROR, "store_failed", "work", "s", work, "path", "s", s->path, "reason", "s",
                  db_fault_sentence(fault), NULL);
    return fault == DB_OK;
}

// --- Batches ----------------------------------------------------------------------------------

static enum db_fault
run(struct sqlite *s, enum statement_name name)
{
    return statement_run(&s->statements[name]);
}

static enum db_fault
transact(struct sqlite *s, const struct change *first)
{
    db_watch(s->db);
    enum db_fault fault = run(s, BEGIN);
    if (fault == DB_OK && !first)
        fault = run(s, PROBE);
    for (const struct change *c = first; c && fault == DB_OK; c = c->next)
        fault = rows_write_change(s->statements, c);
    if (fault == DB_OK)
        fault = run(s, COMMIT);
    if (fault == DB_OK && db_has_unsynced(s->db))
        fault = DB_UNSYNCED;
    // Some faults end the transaction by themselves.
    if (db_in_transaction(s->db))
        run(s, ROLLBACK);
    return fault;
}

static bool
sqlite_apply(struct store *store, const struct change *first)
{
    struct sqlite *s = (struct sqlite *)store;
    // A probe touches one page and would call a damaged file well; only a batch may.
    if (!first && s->write_fault == DB_DAMAGED)
        return false;
    enum db_fault fault = transact(s, first);
    s->syncs += fault == DB_OK && db_has_synced(s->db);
    return fault_note(s, &s->write_fault, "write", fault);
}

static bool
sqlite_healthy(struct store *store)
{
    return ((struct sqlite *)store)->write_fault == DB_OK;
}

static uint64_t
sqlite_syncs(struct store *store)
{
    return ((struct sqlite *)store)->syncs;
}

// --- Readers ----------------------------------------------------------------------------------

static void
reader_free(struct reader *r)
{
    statement_fini(&r->select_user);
    db_close(r->db);
    free(r);
}

static enum db_fault
reader_new(const char *path, struct reader **reader)
{
    struct reader *r = calloc(1, sizeof(*r));
    if (!r)
        return DB_MEMORY;
    enum db_fault fault = db_open(path, DB_READER, &r->db);
    if (fault == DB_OK)
        fault = statement_init(&r->select_user, r->db, SCHEMA_SELECT_USER);
    if (fault == DB_OK)
        *reader = r;
    else
        reader_free(r);
    return fault;
}

static enum db_fault
reader_take(struct sqlite *s, struct reader **reader)
{
    lock_take(&s->lock);
    struct reader *r = s->idle;
    if (r)
        s->idle = r->next;
    lock_give(&s->lock);
    *reader = r;
    return r ? DB_OK : reader_new(s->path, reader);
}

static void
reader_give(struct sqlite *s, struct reader *r)
{
    lock_take(&s->lock);
    r->next = s->idle;
    s->idle = r;
    lock_give(&s->lock);
}

static enum db_fault
find_user(struct reader *r, struct span id, void (*found)(void *arg, const struct user_row *user),
          void *arg)
{
    statement_add_text(&r->select_user, id);
    struct user_row user;
    enum db_fault damage = DB_OK;
    if (statement_step(&r->select_user)) {
        if (rows_take_user(&r->select_user, &user) && span_equal(user.id, id))
            found(arg, &user);
        else
            damage = DB_DAMAGED;
    }
    enum db_fault fault = statement_reset(&r->select_user);
    return damage != DB_OK ? damage : fault;
}

static bool
sqlite_load_user(struct store *store, struct span id,
                 void (*found)(void *arg, const struct user_row *user), void *arg)
{
    struct sqlite *s = (struct sqlite *)store;
    struct reader *r;
    enum db_fault fault = reader_take(s, &r);
    if (fault == DB_OK) {
        fault = find_user(r, id, found, arg);
        reader_give(s, r);
    }
    return fault_note(s, &s->read_fault, "read", fault);
}

static enum db_fault
visit_users(struct reader *r, struct span after, size_t count,
            void (*each)(void *arg, const struct user_row *user), void *arg)
{
    struct statement list;
    statement_init(&list, r->db, SCHEMA_LIST_USERS);
    statement_add_text(&list, after);
    statement_add_int(&list, (int64_t)count);
    struct user_row user;
    while (statement_step(&list))
        if (rows_take_user(&list, &user))
            each(arg, &user);
        else
            list.fault = DB_DAMAGED;
    enum db_fault fault = list.fault;
    statement_fini(&list);
    return fault;
}

static bool
sqlite_list_users(struct store *store, struct span after, size_t count,
                  void (*each)(void *arg, const struct user_row *user), void *arg)
{
    struct sqlite *s = (struct sqlite *)store;
    struct reader *r;
    enum db_fault fault = reader_take(s, &r);
    if (fault == DB_OK) {
        fault = visit_users(r, after, count, each, arg);
        reader_give(s, r);
    }
    return fault_note(s, &s->read_fault, "read", fault);
}

struct visit {
    bool (*each)(void *arg, const struct session_row *session);
    void *arg;
    bool ended; // by [each]
};

static enum db_fault
visit_sessions(struct reader *r, struct visit *v)
{
    struct statement select;
    struct session_row session;
    statement_init(&select, r->db, SCHEMA_SELECT_SESSIONS);
    while (!v->ended && statement_step(&select))
        if (rows_take_session(&select, &session))
            v->ended = !v->each(v->arg, &session);
        else
            select.fault = DB_DAMAGED;
    enum db_fault fault = select.fault;
    statement_fini(&select);
    return fault;
}

// A reader for those who ask for users meanwhile, inside one transaction: each of their questions
// would otherwise begin its own, which asks the file system whether the file is still the same.
static enum db_fault
lend_transaction(struct sqlite *s)
{
    struct reader *r;
    enum db_fault fault = reader_new(s->path, &r);
    if (fault != DB_OK)
        return fault;
    fault = db_execute(r->db, "BEGIN");
    reader_give(s, r);
    return fault;
}

// A reader that is in use meanwhile stays in its transaction until whoever loads last comes here.
static void
end_transactions(struct sqlite *s)
{
    lock_take(&s->lock);
    for (struct reader *r = s->idle; r; r = r->next)
        if (db_in_transaction(r->db))
            db_execute(r->db, "COMMIT");
    lock_give(&s->lock);
}

static bool
sqlite_load_sessions(struct store *store,
                     bool (*each)(void *arg, const struct session_row *session), void *arg,
                     char *error, size_t error_size)
{
    struct sqlite *s = (struct sqlite *)store;
    struct visit v = {each, arg, false};
    struct reader *r;
    enum db_fault fault = reader_take(s, &r);
    if (fault == DB_OK) {
        fault = lend_transaction(s);
        if (fault == DB_OK)
            fault = visit_sessions(r, &v);
        reader_give(s, r); // which may be one that another thread has lent
        end_transactions(s);
    }
    error[0] = 0;
    if (fault != DB_OK)
        fault_print(s, fault, error, error_size);
    return fault == DB_OK && !v.ended;
}

// --- Opening ----------------------------------------------------------------------------------

static enum db_fault
insert_slot_key(struct db *db)
{
    uint8_t key[SLOT_KEY_SIZE];
    secret_random(key, sizeof(key));
    struct statement insert;
    statement_init(&insert, db, SCHEMA_INSERT_SLOT_KEY);
    statement_add_blob(&insert, key, sizeof(key));
    enum db_fault fault = statement_run(&insert);
    statement_fini(&insert);
    return fault;
}

static enum db_fault
select_slot_key(struct sqlite *s)
{
    struct statement select;
    statement_init(&select, s->db, SCHEMA_SELECT_SLOT_KEY);
    struct span key = statement_step(&select) ? statement_take_text(&select) : (struct span){0};
    enum db_fault fault = select.fault;
    if (fault == DB_OK && key.len != SLOT_KEY_SIZE)
        fault = DB_DAMAGED;
    if (fault == DB_OK)
        memcpy(s->store.slot_key, key.data, SLOT_KEY_SIZE);
    statement_fini(&select);
    return fault;
}

// All or nothing: closing the connection rolls back what a fault left open.
static enum db_fault
bring_up_to_date(struct db *db, int64_t version)
{
    static const char *const steps[SCHEMA_VERSION] = SCHEMA_STEPS;
    enum db_fault fault = db_execute(db, "BEGIN IMMEDIATE");
    if (fault == DB_OK)
        fault = migrate(db, steps, version, SCHEMA_VERSION);
    if (fault == DB_OK && version == 0)
        fault = insert_slot_key(db);
    return fault == DB_OK ? db_execute(db, "COMMIT") : fault;
}

struct identity {
    int64_t application, version, tables;
};

static enum db_fault
read_identity(struct db *db, struct identity *i)
{
    enum db_fault fault = db_select_int(db, "PRAGMA application_id", &i->application);
    if (fault == DB_OK)
        fault = db_select_int(db, "PRAGMA user_version", &i->version);
    if (fault == DB_OK)
        fault = db_select_int(db, "SELECT count(*) FROM sqlite_schema", &i->tables);
    return fault;
}

static bool
is_empty(const struct identity *i)
{
    return i->application == 0 && i->version == 0 && i->tables == 0;
}

// Comes before any change, so that a file that is not ours stays as it is.
static bool
check_identity(const char *path, const struct identity *i, char *error, size_t error_size)
{
    bool ours = i->application == SCHEMA_APPLICATION && i->version > 0;
    if (is_empty(i) || (ours && i->version <= SCHEMA_VERSION))
        return true;
    if (ours)
        snprintf(error, error_size,
                 "store.path: %s has schema %lld and this version knows %d; run the version that "
                 "wrote it",
                 path, (long long)i->version, SCHEMA_VERSION);
    else
        snprintf(error, error_size,
                 "store.path: %s is a database of another program; choose another path", path);
    return false;
}

// SQLite answers with the mode that it is in, and calls it no fault when that is another one.
static enum db_fault
use_log(struct db *db)
{
    struct statement mode;
    statement_init(&mode, db, "PRAGMA journal_mode = WAL");
    bool used = statement_step(&mode) && span_is(statement_take_text(&mode), "wal");
    enum db_fault fault = mode.fault;
    statement_fini(&mode);
    return fault == DB_OK && !used ? DB_NO_LOG : fault;
}

static enum db_fault
use_database(struct sqlite *s, int64_t version)
{
    // The size of a page can be set only before the first one is written.
    enum db_fault fault = db_execute(s->db, "PRAGMA page_size = 8192");
    if (fault == DB_OK)
        fault = use_log(s->db);
    if (fault == DB_OK)
        fault = db_execute(s->db, SETTINGS);
    if (fault == DB_OK && version < SCHEMA_VERSION)
        fault = bring_up_to_date(s->db, version);
    if (fault == DB_OK)
        fault = select_slot_key(s);
    if (fault == DB_OK)
        fault = db_select_int(s->db, SCHEMA_SELECT_NEXT_K, &s->store.next_k);
    for (int i = 0; i < STATEMENT_COUNT && fault == DB_OK; i++)
        fault = statement_init(&s->statements[i], s->db, rows_sql[i]);
    return fault;
}

static bool
open_database(struct sqlite *s, char *error, size_t error_size)
{
    struct identity identity = {0};
    enum db_fault fault = db_open(s->path, DB_WRITER, &s->db);
    if (fault == DB_OK)
        fault = read_identity(s->db, &identity);
    if (fault == DB_OK && !check_identity(s->path, &identity, error, error_size))
        return false;
    if (fault == DB_OK)
        fault = use_database(s, identity.version);
    if (fault != DB_OK)
        fault_print(s, fault, error, error_size);
    return fault == DB_OK;
}

static struct sqlite * /* new, with its place taken */
sqlite_new(const char *path, char *error, size_t error_size)
{
    struct sqlite *s = calloc(1, sizeof(*s));
    char *copy = strdup(path);
    int place = -1;
    if (s && copy)
        place = place_take(path, error, error_size);
    else
        snprintf(error, error_size, "store.path: %s %s", path, db_fault_sentence(DB_MEMORY));
    if (place < 0) {
        free(copy);
        free(s);
        return NULL;
    }
    s->store.ops = &sqlite_store;
    s->path = copy;
    s->place = place;
    lock_init(&s->lock, LOCK_STORE);
    return s;
}

static void
sqlite_close(struct store *store)
{
    struct sqlite *s = (struct sqlite *)store;
    for (struct reader *r = s->idle, *next; r; r = next) {
        next = r->next;
        reader_free(r);
    }
    for (int i = 0; i < STATEMENT_COUNT; i++)
        statement_fini(&s->statements[i]);
    db_close(s->db);
    place_give(s->place);
    lock_fini(&s->lock);
    free(s->path);
    free(s);
}

static struct store * /* new */
sqlite_open(const struct config *config, char *error, size_t error_size)
{
    struct sqlite *s = sqlite_new(config->store_path, error, error_size);
    if (!s)
        return NULL;
    if (open_database(s, error, error_size))
        return &s->store;
    sqlite_close(&s->store);
    return NULL;
}

const struct store_ops sqlite_store = {
    .name = "sqlite",
    .durability = "commit",
    .open = sqlite_open,
    .close = sqlite_close,
    .load_sessions = sqlite_load_sessions,
    .load_user = sqlite_load_user,
    .list_users = sqlite_list_users,
    .apply = sqlite_apply,
    .healthy = sqlite_healthy,
    .syncs = sqlite_syncs,
};
