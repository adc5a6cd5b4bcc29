// SPDX-License-Identifier: MIT
//
// What every store does: the same tests against each implementation.
#include "store_fixture.h"

// --- Users ------------------------------------------------------------------------------------

static void
an_unknown_user_is_not_found(void **state)
{
    assert_user(*state, "nobody", NULL);
}

static void
a_user_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    assert_true(apply_one(f, user_change("ada", "Ada", 1)));
    assert_user(f, "ada", "ada Ada ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
}

static void
an_absent_email_stays_absent_and_an_empty_one_empty(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {user_change("a", "A", 1), user_change("b", "", 1)};
    changes[0].user.email = (struct span){0};
    changes[1].user.email = SPAN("");
    assert_true(apply_all(f, changes, 2));
    assert_user(f, "a", "a A (none) {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_user(f, "b", "b   {\"plan\":\"free\"} v1 1000 2000 last (none)");
}

static void
the_second_put_of_a_user_replaces_the_first(void **state)
{
    struct fixture *f = *state;
    assert_true(apply_one(f, user_change("ada", "Ada", 1)));
    assert_true(apply_one(f, user_change("ada", "Countess", 2)));
    assert_user(f, "ada",
                "ada Countess ada@example.org {\"plan\":\"free\"} v2 1000 2000 last (none)");
}

static void
texts_of_64_kib_come_back_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    enum { SIZE = 65536 };
    char *large = malloc(SIZE), *expected = NULL;
    memset(large, 'x', SIZE);
    large[0] = '{';
    large[SIZE - 1] = '}';
    struct change c = user_change("ada", "Ada", 1);
    c.user.attributes = (struct span){large, SIZE};
    assert_true(apply_one(f, c));
    assert_true(asprintf(&expected, "ada Ada ada@example.org %.*s v1 1000 2000 last (none)", SIZE,
                         large) > 0);
    assert_user(f, "ada", expected);
    free(expected);
    free(large);
}

static void
ids_that_start_alike_are_different_users(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {user_change("a", "1", 1), user_change("ab", "2", 1),
                               user_change("A", "3", 1)};
    assert_true(apply_all(f, changes, 3));
    assert_user(f, "a", "a 1 ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_user(f, "A", "A 3 ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_user(f, "aB", NULL);
}

// --- Sessions ---------------------------------------------------------------------------------

static bool
check_whole_session(void *arg, const struct session_row *s)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    memset(hash, 7, sizeof(hash));
    assert_int_equal(s->k, 7);
    assert_true(span_is(s->id, "s_0001"));
    assert_true(span_is(s->user_id, "ada"));
    assert_true(span_is(s->data, "{\"cart\":[1,2]}"));
    assert_true(span_is(s->client, "{\"ip\":\"10.0.0.1\"}"));
    assert_memory_equal(s->token_hash, hash, sizeof(hash));
    assert_int_equal(s->version, 1);
    assert_int_equal(s->created_at, 1);
    assert_int_equal(s->last_seen_at, 2);
    assert_int_equal(s->idle_ttl, 3);
    assert_int_equal(s->idle_expires_at, 4);
    assert_int_equal(s->expires_at, 5);
    *(int *)arg += 1;
    return true;
}

static void
a_session_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    char error[256];
    int count = 0;
    assert_true(apply_one(f, session_change(7, "ada")));
    assert_true(
        f->store->ops->load_sessions(f->store, check_whole_session, &count, error, sizeof(error)));
    assert_int_equal(count, 1);
}

static void
sessions_load_in_the_order_of_k(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {session_change(300, "c"), session_change(2, "b"),
                               session_change(10, "a")};
    assert_true(apply_all(f, changes, 3));
    assert_sessions(f, "2 b;10 a;300 c;");
}

static void
no_sessions_load_as_none(void **state)
{
    assert_sessions(*state, "");
}

static void
the_loading_caller_may_end_it_and_no_error_is_said(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {session_change(1, "a"), session_change(2, "b")};
    struct seen seen = {.limit = 1};
    char error[256] = "x";
    text_init(&seen.text);
    assert_true(apply_all(f, changes, 2));
    assert_false(f->store->ops->load_sessions(f->store, note_session, &seen, error, sizeof(error)));
    assert_int_equal(seen.count, 1);
    assert_string_equal(error, "");
    text_fini(&seen.text);
}

// As the domain does at its start: a user is asked for while sessions are being given.
static bool
ask_for_user(void *arg, const struct session_row *s)
{
    struct fixture *f = arg;
    struct seen seen = {0};
    text_init(&seen.text);
    assert_true(f->store->ops->load_user(f->store, s->user_id, note_user, &seen));
    assert_int_equal(seen.count, 1);
    text_fini(&seen.text);
    return true;
}

static void
users_are_found_while_sessions_load(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {user_change("a", "A", 1), session_change(1, "a"),
                               session_change(2, "a")};
    char error[256];
    assert_true(apply_all(f, changes, 3));
    assert_true(f->store->ops->load_sessions(f->store, ask_for_user, f, error, sizeof(error)));
}

// A session that expired while nobody ran is ended while the others load.
static bool
end_while_loading(void *arg, const struct session_row *s)
{
    return apply_one(arg, end_change(s->k, "a", "{}"));
}

static void
sessions_may_end_while_they_load(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {session_change(1, "a"), session_change(2, "a")};
    char error[256];
    assert_true(apply_all(f, changes, 2));
    assert_true(f->store->ops->load_sessions(f->store, end_while_loading, f, error, sizeof(error)));
    assert_sessions(f, "");
}

static void
an_ended_session_is_gone_and_its_user_remembers_it(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {user_change("ada", "Ada", 1), session_change(1, "ada"),
                               session_change(2, "ada")};
    assert_true(apply_all(f, changes, 3));
    assert_true(apply_one(f, end_change(1, "ada", "{\"id\":\"s1\"}")));
    assert_sessions(f, "2 ada;");
    assert_user(f, "ada",
                "ada Ada ada@example.org {\"plan\":\"free\"} v1 1000 2000 last {\"id\":\"s1\"}");
}

static void
a_put_keeps_the_last_session(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {user_change("ada", "Ada", 1), session_change(1, "ada"),
                               end_change(1, "ada", "{\"id\":\"s1\"}"),
                               user_change("ada", "Countess", 2)};
    assert_true(apply_all(f, changes, 4));
    assert_user(
        f, "ada",
        "ada Countess ada@example.org {\"plan\":\"free\"} v2 1000 2000 last {\"id\":\"s1\"}");
}

static void
ending_what_is_not_there_is_no_error(void **state)
{
    struct fixture *f = *state;
    assert_true(apply_one(f, end_change(99, "nobody", "{}")));
    assert_user(f, "nobody", NULL);
    assert_sessions(f, "");
}

static void
a_k_may_be_used_again_in_the_batch_that_ended_it(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {session_change(1, "a"), end_change(1, "a", "{}"),
                               session_change(1, "b")};
    assert_true(apply_all(f, changes, 3));
    assert_sessions(f, "1 b;");
}

// --- Atomicity, health ------------------------------------------------------------------------

static void
a_batch_with_a_fault_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct change before[] = {user_change("ada", "Ada", 1), session_change(1, "ada"),
                              session_change(2, "ada")};
    assert_true(apply_all(f, before, 3));
    struct change batch[] = {user_change("ada", "Countess", 2), user_change("bob", "Bob", 1),
                             end_change(1, "ada", "{}"), session_change(3, "bob"),
                             session_change(2, "bob")};
    assert_false(apply_all(f, batch, 5));
    assert_user(f, "ada", "ada Ada ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_user(f, "bob", NULL);
    assert_sessions(f, "1 ada;2 ada;");
}

static void
a_store_that_failed_is_well_after_the_next_batch(void **state)
{
    struct fixture *f = *state;
    struct change twice[] = {session_change(1, "a"), session_change(1, "a")};
    assert_true(f->store->ops->healthy(f->store));
    assert_false(apply_all(f, twice, 2));
    assert_false(f->store->ops->healthy(f->store));
    assert_true(apply_one(f, session_change(1, "a")));
    assert_true(f->store->ops->healthy(f->store));
}

static void
a_store_that_failed_is_well_after_a_probe(void **state)
{
    struct fixture *f = *state;
    struct change twice[] = {session_change(1, "a"), session_change(1, "a")};
    assert_false(apply_all(f, twice, 2));
    assert_true(f->store->ops->apply(f->store, NULL));
    assert_true(f->store->ops->healthy(f->store));
    assert_sessions(f, "");
}

static void
each_batch_is_confirmed_once(void **state)
{
    struct fixture *f = *state;
    struct change batch[] = {session_change(1, "a"), session_change(2, "a"),
                             user_change("a", "A", 1)};
    uint64_t before = f->store->ops->syncs(f->store);
    assert_true(apply_all(f, batch, 3));
    assert_int_equal(f->store->ops->syncs(f->store), before + 1);
    assert_true(apply_one(f, session_change(3, "a")));
    assert_int_equal(f->store->ops->syncs(f->store), before + 2);
}

static void
a_new_store_counts_from_one(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->store->next_k, 1);
}

static void
an_unknown_kind_is_refused_by_name(void **state)
{
    struct config config = {.store_kind = "paper"};
    char error[256];
    assert_null(store_open(&config, error, sizeof(error)));
    assert_non_null(strstr(error, "store.kind"));
    assert_non_null(strstr(error, "paper"));
}

#define STORE_TESTS(X)                                                                             \
    X(a_new_store_counts_from_one)                                                                 \
    X(an_unknown_user_is_not_found)                                                                \
    X(a_user_comes_back_whole)                                                                     \
    X(an_absent_email_stays_absent_and_an_empty_one_empty)                                         \
    X(the_second_put_of_a_user_replaces_the_first)                                                 \
    X(texts_of_64_kib_come_back_byte_for_byte)                                                     \
    X(ids_that_start_alike_are_different_users)                                                    \
    X(a_session_comes_back_whole)                                                                  \
    X(sessions_load_in_the_order_of_k)                                                             \
    X(no_sessions_load_as_none)                                                                    \
    X(the_loading_caller_may_end_it_and_no_error_is_said)                                          \
    X(users_are_found_while_sessions_load)                                                         \
    X(sessions_may_end_while_they_load)                                                            \
    X(an_ended_session_is_gone_and_its_user_remembers_it)                                          \
    X(a_put_keeps_the_last_session)                                                                \
    X(ending_what_is_not_there_is_no_error)                                                        \
    X(a_k_may_be_used_again_in_the_batch_that_ended_it)                                            \
    X(a_batch_with_a_fault_changes_nothing)                                                        \
    X(a_store_that_failed_is_well_after_the_next_batch)                                            \
    X(a_store_that_failed_is_well_after_a_probe)                                                   \
    X(each_batch_is_confirmed_once)

int
main(void)
{
    const struct CMUnitTest sqlite[] = {STORE_TESTS(ON_SQLITE)};
    const struct CMUnitTest memory[] = {STORE_TESTS(ON_MEMORY)};
    const struct CMUnitTest postgres[] = {STORE_TESTS(ON_POSTGRES)};
    const struct CMUnitTest choice[] = {cmocka_unit_test(an_unknown_kind_is_refused_by_name)};
    return cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL) +
           cmocka_run_group_tests_name("memory", memory, NULL, NULL) +
           (postgres_is_there()
                ? cmocka_run_group_tests_name("postgres", postgres, postgres_start, postgres_stop)
                : 0) +
           cmocka_run_group_tests_name("choice", choice, NULL, NULL);
}
