// SPDX-License-Identifier: MIT
//
// server/api/recalled.c: a handler waits for the shared store at most once, and is told when that
// cannot be. Requests are suspended and resumed without a listener.
#include "memory/alloc.h"

#include "shared_fixture.h"

#include "api/recalled.h"
#include "http/problem.h"

static const char *const NOBODY = "s_0000AAAAAAAAAAAAAAAAAAAAAA";

// --- A request whose handler does nothing else ---------------------------------------------------

struct asked {
    struct request request;
    uint16_t slot;
    enum recall_key by;
    struct span key;  // of RECALL_TOKEN: the token
    unsigned runs;    // of its handler
    bool is_through;  // the handler may look into memory now
    handler_fn *next; // NULL: it is not suspended
    bool was_early;   // it was resumed before it was suspended
    sem_t resumed;
};

static _Thread_local bool calloc_fails; // the next one
static _Atomic bool is_short;           // of memory, the whole process

void __wrap_request_suspend(struct request *r, handler_fn *next);
void __wrap_request_resume(struct request *r);
bool __wrap_pressure_is_high(void);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void
__wrap_request_suspend(struct request *r, handler_fn *next)
{
    CONTAINER_OF(r, struct asked, request)->next = next;
}

void
__wrap_request_resume(struct request *r)
{
    struct asked *a = CONTAINER_OF(r, struct asked, request);
    a->was_early = a->next == NULL;
    sem_post(&a->resumed);
}

bool
__wrap_pressure_is_high(void)
{
    return is_short;
}

void *
__wrap_calloc(size_t count, size_t size)
{
    bool fails = calloc_fails;
    calloc_fails = false;
    return fails ? NULL : __real_calloc(count, size);
}

static void
handle(struct request *r)
{
    struct asked *a = CONTAINER_OF(r, struct asked, request);
    a->runs++;
    a->is_through = !(a->by == RECALL_TOKEN ? recalled_wait_token(r, a->slot, a->key, handle)
                                            : recalled_wait(r, a->slot, a->by, a->key, handle));
}

static void
begin(struct asked *a, const char *user, enum recall_key by, struct span key)
{
    *a = (struct asked){.request = {.app = fixture->domain, .reply = {.file = -1}},
                        .slot = domain_slot_of_user(fixture->domain, span_of(user)),
                        .by = by,
                        .key = key};
    sem_init(&a->resumed, 0, 0);
    handle(&a->request);
}

// As a listener does when the client is gone meanwhile.
static void
wait_for_store(struct asked *a)
{
    if (!a->next)
        return;
    while (sem_wait(&a->resumed) != 0)
        continue;
    assert_false(a->was_early);
}

static void
end(struct asked *a)
{
    if (a->request.state_free)
        a->request.state_free(a->request.state);
    reply_empty(&a->request, 200);
    sem_destroy(&a->resumed);
}

// What the client is told: "" where the handler got through.
static const char *
answer(struct asked *a)
{
    const struct reply *reply = &a->request.reply;
    wait_for_store(a);
    if (a->next)
        a->next(&a->request);
    assert_int_equal(a->is_through, reply->status == 0);
    assert_null(a->request.state);
    const char *said = reply->problem ? problem_type(reply->problem - 1) : "";
    end(a);
    return said;
}

static const char *
ask_by(struct asked *a, const char *user, enum recall_key by, struct span key)
{
    begin(a, user, by, key);
    return answer(a);
}

// Nothing here waits for the bound.
static int
set_up_unhurried(void **state)
{
    set_up_shared(state);
    fixture->config.store_bound_ms = 600000;
    return 0;
}

#define RECALLED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_unhurried, tear_down)

// A user whom memory knows to be different by now.
static void
make_stale(struct making *m)
{
    put("ada", "Ada");
    make(m, "ada");
    notice("ada", 'u', SPAN("ada"));
}

static struct span
token_of(const struct making *m)
{
    return (struct span){m->create.token, TOKEN_LEN};
}

// --- Tests ---------------------------------------------------------------------------------------

static void
where_the_store_is_not_shared_nobody_waits(void **state)
{
    struct asked a;
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    assert_string_equal(ask_by(&a, "ada", RECALL_USER, SPAN("ada")), "");
    assert_null(a.next);
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, span_of(NOBODY)), "");
    assert_null(a.next);
    assert_string_equal(ask_by(&a, "ada", RECALL_TOKEN, token_of(&m)), "");
    assert_null(a.next);
}

static void
what_memory_knows_to_be_true_is_not_waited_for(void **state)
{
    struct asked a;
    struct making m;
    put("ada", "Ada");
    make(&m, "ada");
    recall_by("ada", RECALL_USER, SPAN("ada"));
    unsigned before = shared_questions;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "");
    assert_string_equal(ask_by(&a, "ada", RECALL_TOKEN, token_of(&m)), "");
    assert_int_equal(shared_questions, before);
    assert_null(a.next);
}

static void
the_handler_runs_again_when_memory_can_answer(void **state)
{
    struct asked a;
    struct making m;
    make_stale(&m);
    unsigned before = shared_questions;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "");
    assert_ptr_equal(a.next, handle);
    assert_int_equal(a.runs, 2);
    assert_int_equal(shared_questions, before + 1);
    assert_true(is_fresh("ada"));
}

static void
a_token_is_looked_up_by_its_hash(void **state)
{
    struct asked a;
    struct making m;
    make_stale(&m);
    assert_string_equal(ask_by(&a, "ada", RECALL_TOKEN, token_of(&m)), "");
    assert_int_equal(a.runs, 2);
    assert_true(is_fresh("ada"));
    assert_false(must_recall("ada", RECALL_TOKEN, hash_of(&m)));
}

static void
what_is_not_there_either_lets_the_handler_say_so(void **state)
{
    struct asked a;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, span_of(NOBODY)), "");
    assert_int_equal(a.runs, 2);
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, span_of(NOBODY)), "");
    assert_int_equal(a.runs, 1); // that it is not is known now
}

// What the store said after the request came is good enough for it; the next request asks again.
static void
a_change_meanwhile_does_not_make_it_wait_twice(void **state)
{
    struct asked a;
    struct making m;
    make_stale(&m);
    unsigned before = shared_questions;
    begin(&a, "ada", RECALL_SESSION, id_of(&m));
    wait_for_store(&a);
    sem_post(&a.resumed);
    notice("ada", 'u', SPAN("ada"));
    assert_string_equal(answer(&a), "");
    assert_int_equal(shared_questions, before + 1);
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "");
    assert_int_equal(shared_questions, before + 2);
}

static void
a_store_that_cannot_be_asked_is_said(void **state)
{
    struct asked a;
    struct making m;
    make_stale(&m);
    fixture->failing = true;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "store-unavailable");
    assert_int_equal(a.runs, 2);
    fixture->failing = false;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "");
}

// Before recall_start returns.
static void
who_is_answered_at_once_was_suspended_before(void **state)
{
    struct asked a;
    is_short = true;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, span_of(NOBODY)), "memory-short");
    assert_ptr_equal(a.next, handle);
    is_short = false;
}

static void
who_leaves_while_they_wait_leaves_nothing(void **state)
{
    struct asked a;
    struct making m;
    make_stale(&m);
    begin(&a, "ada", RECALL_USER, SPAN("ada"));
    assert_non_null(a.request.state);
    wait_for_store(&a);
    end(&a);
    assert_int_equal(a.runs, 1);
}

static void
without_memory_for_waiting_it_is_said_and_nothing_is_asked(void **state)
{
    struct asked a;
    struct making m;
    make_stale(&m);
    unsigned before = shared_questions;
    calloc_fails = true;
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "out-of-memory");
    assert_null(a.next);
    assert_int_equal(shared_questions, before);
    assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "");
}

// Not resident, and the [n]th allocation of the heap fails.
static void
forget(struct making *m, long n)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    refresh_let_go(s, session_user(index_borrow(&s->sessions, m->create.id)));
    tn_gc_collect(s->heap, 2, NULL);
    tni_fail_after((struct tni_memory *)s->heap, n); // the heap begins with it
    shard_give(s);
    assert_false(is_resident("ada", m));
}

// True: one did fail.
static bool
remember(void)
{
    struct shard *s = shard_of("ada");
    shard_take(s);
    bool failed = ((struct tni_memory *)s->heap)->fail_after < 0;
    tni_fail_after((struct tni_memory *)s->heap, -1);
    shard_give(s);
    return failed;
}

static void
without_memory_for_the_user_it_is_said(void **state)
{
    struct asked a;
    struct making m;
    bool failed = true;
    long n = 0;
    make_stale(&m);
    for (; failed; n++) {
        forget(&m, n);
        const char *said = ask_by(&a, "ada", RECALL_SESSION, id_of(&m));
        failed = remember();
        assert_string_equal(said, failed ? "out-of-memory" : "");
        assert_string_equal(ask_by(&a, "ada", RECALL_SESSION, id_of(&m)), "");
        assert_true(is_live("ada", &m));
    }
    assert_true(n > 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(where_the_store_is_not_shared_nobody_waits),
        RECALLED_TEST(what_memory_knows_to_be_true_is_not_waited_for),
        RECALLED_TEST(the_handler_runs_again_when_memory_can_answer),
        RECALLED_TEST(a_token_is_looked_up_by_its_hash),
        RECALLED_TEST(what_is_not_there_either_lets_the_handler_say_so),
        RECALLED_TEST(a_change_meanwhile_does_not_make_it_wait_twice),
        RECALLED_TEST(a_store_that_cannot_be_asked_is_said),
        RECALLED_TEST(who_is_answered_at_once_was_suspended_before),
        RECALLED_TEST(who_leaves_while_they_wait_leaves_nothing),
        RECALLED_TEST(without_memory_for_waiting_it_is_said_and_nothing_is_asked),
        RECALLED_TEST(without_memory_for_the_user_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
