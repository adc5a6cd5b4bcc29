// SPDX-License-Identifier: MIT
//
// A domain over a store that does as it is told, and its operations as calls that wait.
//
// The store is the memory store, or SQLite for tests that open it twice, with two of its functions
// in between: apply can fail and be held, load_user can be held and is counted.
#ifndef TESTS_DOMAIN_FIXTURE_H
#define TESTS_DOMAIN_FIXTURE_H

#include "support.h"

#include "base/clock.h"
#include "base/log.h"
#include "domain/create_session.h"
#include "domain/domain.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/live.h"
#include "domain/put_user.h"

#include <pthread.h>
#include <semaphore.h>

extern char **environ;

struct fixture {
    struct config config;
    struct domain *domain;
    char *directory; // of the SQLite store
    // Of the store in between.
    const struct store_ops *real;
    struct store_ops ops;
    _Atomic bool failing;
    _Atomic unsigned loads;
    pthread_mutex_t gate; // whoever holds it stops apply and load_user
};

static struct fixture *fixture; // of the running test

// --- The store in between ----------------------------------------------------------------------

static inline void
pass_gate(void)
{
    pthread_mutex_lock(&fixture->gate);
    pthread_mutex_unlock(&fixture->gate);
}

static inline bool
fixture_apply(struct store *s, const struct change *first)
{
    pass_gate();
    return !fixture->failing && fixture->real->apply(s, first);
}

static inline bool
fixture_load_user(struct store *s, struct span id,
                  void (*found)(void *arg, const struct user_row *user), void *arg)
{
    pass_gate();
    fixture->loads++;
    return !fixture->failing && fixture->real->load_user(s, id, found, arg);
}

// --- Setting up --------------------------------------------------------------------------------

// The linker sends the domain here (--wrap), so that the store in between stands there before any
// thread that uses it.
struct store *__real_store_open(const struct config *config, char *error, size_t error_size);
struct store *__wrap_store_open(const struct config *config, char *error, size_t error_size);

struct store *
__wrap_store_open(const struct config *config, char *error, size_t error_size)
{
    struct store *store = __real_store_open(config, error, error_size);
    if (!store)
        return NULL;
    fixture->real = store->ops;
    fixture->ops = *fixture->real;
    fixture->ops.apply = fixture_apply;
    fixture->ops.load_user = fixture_load_user;
    store->ops = &fixture->ops;
    return store;
}

static inline void
domain_up(void)
{
    char error[256];
    unsigned loads = fixture->loads; // those of the start are not counted
    fixture->domain = domain_open(&fixture->config, error, sizeof error);
    if (!fixture->domain)
        fail_msg("domain_open: %s", error);
    fixture->loads = loads;
}

static inline void
domain_down(void)
{
    domain_close(fixture->domain);
    fixture->domain = NULL;
}

static inline int
configure(char *kind, char *path)
{
    char error[256], *argv[] = {"test", "--set", kind, "--set", path, "--set", "shards=2", NULL};
    if (!config_load(&fixture->config, 7, argv, environ, error, sizeof error))
        fail_msg("config_load: %s", error);
    return 0;
}

static inline int
set_up(void **state)
{
    char path[4096];
    log_set_level(LOG_WARN);
    fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    pthread_mutex_init(&fixture->gate, NULL);
    fixture->directory = tempdir_new();
    snprintf(path, sizeof path, "store.path=%s/x.db", fixture->directory);
    configure(*state ? *state : "store.kind=memory", path);
    domain_up();
    return 0;
}

static inline int
tear_down(void **state)
{
    if (fixture->domain)
        domain_down();
    config_fini(&fixture->config);
    tempdir_free(fixture->directory);
    pthread_mutex_destroy(&fixture->gate);
    free(fixture);
    return 0;
}

#define DOMAIN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SQLITE_TEST(name)                                                                          \
    cmocka_unit_test_prestate_setup_teardown(name, set_up, tear_down, "store.kind=sqlite")

static inline struct shard *
shard_of(const char *user)
{
    return domain_shard_of_slot(fixture->domain,
                                domain_slot_of_user(fixture->domain, span_of(user)));
}

// --- Operations that wait ----------------------------------------------------------------------

// An answer that somebody waits for.
struct waiter {
    struct answer answer;
    sem_t told;
};

static inline void
waiter_tell(struct answer *a)
{
    sem_post(&CONTAINER_OF(a, struct waiter, answer)->told);
}

static inline void
waiter_init(struct waiter *w)
{
    *w = (struct waiter){.answer = {.tell = waiter_tell}};
    sem_init(&w->told, 0, 0);
}

static inline enum outcome
waiter_wait(struct waiter *w)
{
    while (sem_wait(&w->told) != 0)
        continue;
    sem_destroy(&w->told);
    return w->answer.outcome;
}

// A put under way.
struct putting {
    struct put_user put;
    sem_t told;
};

static inline void
putting_tell(struct answer *a)
{
    sem_post(&CONTAINER_OF(a, struct putting, put.answer)->told);
}

static inline void
start_put(struct putting *p, const char *id, const char *name)
{
    *p = (struct putting){.put = {.answer = {.tell = putting_tell},
                                  .shard = shard_of(id),
                                  .id = span_of(id),
                                  .name = span_of(name),
                                  .attributes = SPAN("{}")}};
    sem_init(&p->told, 0, 0);
    put_user_start(&p->put);
}

static inline enum outcome
finish_put(struct putting *p)
{
    while (sem_wait(&p->told) != 0)
        continue;
    sem_destroy(&p->told);
    text_fini(&p->put.document);
    return p->put.answer.outcome;
}

static inline enum outcome
put(const char *id, const char *name)
{
    struct putting p;
    start_put(&p, id, name);
    return finish_put(&p);
}

// A session under way, and then what a client knows of it.
struct making {
    struct create_session create;
    sem_t told;
    char evicted[SESSION_ID_LEN + 1]; // the first one, or ""
    enum outcome outcome;
};

static inline void
making_tell(struct answer *a)
{
    sem_post(&CONTAINER_OF(a, struct making, create.answer)->told);
}

static inline void
start_making(struct making *m, const char *user, int64_t idle_ttl, int64_t absolute_ttl)
{
    *m = (struct making){.create = {.answer = {.tell = making_tell},
                                    .shard = shard_of(user),
                                    .slot = domain_slot_of_user(fixture->domain, span_of(user)),
                                    .user_id = span_of(user),
                                    .data = SPAN("{\"n\":1.0}"),
                                    .idle_ttl = idle_ttl,
                                    .absolute_ttl = absolute_ttl}};
    sem_init(&m->told, 0, 0);
    create_session_start(&m->create);
}

static inline enum outcome
finish_making(struct making *m)
{
    while (sem_wait(&m->told) != 0)
        continue;
    sem_destroy(&m->told);
    m->outcome = m->create.answer.outcome;
    const char *list =
        m->create.document.data ? strstr(m->create.document.data, "\"evicted\":[\"") : NULL;
    if (list)
        snprintf(m->evicted, sizeof m->evicted, "%s", list + strlen("\"evicted\":[\""));
    text_fini(&m->create.document);
    return m->outcome;
}

static inline enum outcome
make_with(struct making *m, const char *user, int64_t idle_ttl, int64_t absolute_ttl)
{
    start_making(m, user, idle_ttl, absolute_ttl);
    return finish_making(m);
}

static inline enum outcome
make(struct making *m, const char *user)
{
    return make_with(m, user, 1800000, 86400000);
}

static inline void
start_revoke(struct waiter *w, const char *user, const char *id)
{
    struct shard *s = shard_of(user);
    waiter_init(w);
    shard_take(s);
    ending_revoke(s, (struct span){id, SESSION_ID_LEN}, clock_ms(), &w->answer);
    shard_give(s);
}

static inline enum outcome
revoke(const char *user, const char *id)
{
    struct waiter w;
    start_revoke(&w, user, id);
    return waiter_wait(&w);
}

// A user's document, asked for.
struct asking {
    struct lookup lookup;
    struct answer answer;
    sem_t told;
    char document[1024];
    bool is_hit;
};

static inline bool
asking_found(struct lookup *l, enum outcome outcome, tn_object *user)
{
    struct asking *q = CONTAINER_OF(l, struct asking, lookup);
    struct text t;
    text_init(&t);
    if (user) {
        expiry_sweep_user(l->shard, user, clock_ms());
        user_add_json(&t, user);
        snprintf(q->document, sizeof q->document, "%s", t.data);
    }
    text_fini(&t);
    shard_answer(l->shard, &q->answer, outcome);
    return false;
}

static inline void
asking_tell(struct answer *a)
{
    struct asking *q = CONTAINER_OF(a, struct asking, answer);
    q->is_hit = q->lookup.is_hit;
    sem_post(&q->told);
}

static inline void
start_asking(struct asking *q, const char *id)
{
    struct shard *s = shard_of(id);
    *q = (struct asking){.lookup = {.op = {.id = span_of(id)}, .shard = s, .found = asking_found},
                         .answer = {.tell = asking_tell}};
    sem_init(&q->told, 0, 0);
    shard_take(s);
    cache_lookup(&q->lookup);
    shard_give(s);
}

static inline enum outcome
finish_asking(struct asking *q)
{
    while (sem_wait(&q->told) != 0)
        continue;
    sem_destroy(&q->told);
    return q->answer.outcome;
}

static inline enum outcome
ask(struct asking *q, const char *id)
{
    start_asking(q, id);
    return finish_asking(q);
}

// --- Looking -----------------------------------------------------------------------------------

static inline bool
is_live(const char *user, const struct making *m)
{
    struct shard *s = shard_of(user);
    shard_take(s);
    bool live = expiry_find_session(s, (struct span){m->create.id, SESSION_ID_LEN}, clock_ms());
    bool known = expiry_find_token(s, (struct span){m->create.token, TOKEN_LEN}, clock_ms());
    shard_give(s);
    assert_int_equal(live, known);
    return live;
}

static inline struct shard_figures
figures(void)
{
    struct shard_figures f;
    domain_read_figures(fixture->domain, &f);
    return f;
}

// Collects everything and checks what is left.
static inline void
collect(void)
{
    writer_flush(fixture->domain->writer); // what is on its way holds its users
    for (unsigned i = 0; i < fixture->domain->shard_count; i++) {
        struct shard *s = &fixture->domain->shards[i];
        shard_take(s);
        assert_int_equal(tn_gc_collect(s->heap, 2, NULL), TN_OK);
        assert_true(tn_heap_check(s->heap));
        shard_give(s);
    }
}

static inline bool
count_row(void *arg, const struct session_row *row)
{
    ++*(size_t *)arg;
    return true;
}

static inline size_t
rows_in_store(void)
{
    char error[256];
    size_t count = 0;
    struct store *s = fixture->domain->store;
    writer_flush(fixture->domain->writer);
    assert_true(s->ops->load_sessions(s, count_row, &count, error, sizeof error));
    return count;
}

static inline void
wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

#endif
