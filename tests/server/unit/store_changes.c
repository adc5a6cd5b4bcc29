// SPDX-License-Identifier: MIT
//
// How every store changes what is there: edits, touches, and the end of a user.
#include "store_fixture.h"

// Everything that a change may or may not touch.
static bool
note_whole_session(void *arg, const struct session_row *s)
{
    struct text *t = arg;
    text_addf(t, "%lld ", (long long)s->k);
    text_add_span(t, s->data);
    text_addf(t, " #%u v%lld %lld %lld %lld %lld;", s->token_hash[0], (long long)s->version,
              (long long)s->last_seen_at, (long long)s->idle_ttl, (long long)s->idle_expires_at,
              (long long)s->expires_at);
    return true;
}

static void
assert_whole_sessions(struct fixture *f, const char *expected)
{
    struct text t;
    char error[256];
    text_init(&t);
    text_adds(&t, "");
    assert_true(
        f->store->ops->load_sessions(f->store, note_whole_session, &t, error, sizeof error));
    assert_string_equal(t.data, expected);
    text_fini(&t);
}

static struct change
edit_change(int64_t k, const char *data, uint8_t token, int64_t version)
{
    return (struct change){.kind = CHANGE_EDIT_SESSION,
                           .session = {.k = k,
                                       .id = SPAN("s_0001"),
                                       .data = span_of(data),
                                       .token_hash = {token},
                                       .version = version}};
}

static void
an_edit_changes_data_token_and_version_alone(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {session_change(1, "ada"), session_change(2, "ada")};
    assert_true(apply_all(f, changes, 2));
    assert_true(apply_one(f, edit_change(2, "{\"n\":2}", 9, 5)));
    assert_whole_sessions(f, "1 {\"cart\":[1,2]} #1 v1 2 3 4 5;2 {\"n\":2} #9 v5 2 3 4 5;");
}

static void
touches_change_two_times_of_each_session_that_is_there(void **state)
{
    static const struct touch touches[] = {
        {1, 20, 40, SPAN("s_0001")}, {99, 1, 1, SPAN("s_0001")}, {3, 21, 41, SPAN("s_0001")}};
    struct fixture *f = *state;
    struct change changes[] = {session_change(1, "a"), session_change(2, "a"),
                               session_change(3, "b")};
    assert_true(apply_all(f, changes, 3));
    assert_true(apply_one(
        f, (struct change){.kind = CHANGE_TOUCH_SESSIONS, .touches = touches, .count = 3}));
    assert_whole_sessions(f, "1 {\"cart\":[1,2]} #1 v1 20 3 40 5;2 {\"cart\":[1,2]} #2 v1 2 3 4 5;"
                             "3 {\"cart\":[1,2]} #3 v1 21 3 41 5;");
}

static void
a_deleted_user_is_gone_with_the_sessions_that_are_named(void **state)
{
    static const int64_t keys[] = {1, 99, 3};
    struct fixture *f = *state;
    struct change changes[] = {user_change("ada", "Ada", 1), user_change("bob", "Bob", 1),
                               session_change(1, "ada"), session_change(2, "bob"),
                               session_change(3, "ada")};
    struct change deletion = {
        .kind = CHANGE_DELETE_USER, .user = {.id = SPAN("ada")}, .keys = keys, .count = 3};
    assert_true(apply_all(f, changes, 5));
    assert_true(apply_one(f, deletion));
    assert_user(f, "ada", NULL);
    assert_user(f, "bob", "bob Bob ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_sessions(f, "2 bob;");
    assert_true(apply_one(f, deletion)); // what is not there is no error
}

static void
what_is_not_there_is_neither_edited_nor_made(void **state)
{
    static const struct touch touch = {7, 1, 1, SPAN("s_0001")};
    struct fixture *f = *state;
    struct change changes[] = {edit_change(7, "{}", 1, 2),
                               {.kind = CHANGE_TOUCH_SESSIONS, .touches = &touch, .count = 1}};
    assert_true(apply_all(f, changes, 2));
    assert_sessions(f, "");
}

// Each kind behind another that took away, or made, what it names.
static void
changes_of_one_batch_follow_each_other(void **state)
{
    static const int64_t keys[] = {1};
    static const struct touch touch = {1, 20, 40, SPAN("s_0001")};
    struct fixture *f = *state;
    struct change touched = {.kind = CHANGE_TOUCH_SESSIONS, .touches = &touch, .count = 1};
    struct change deleted = {
        .kind = CHANGE_DELETE_USER, .user = {.id = SPAN("ada")}, .keys = keys, .count = 1};
    struct change changes[] = {user_change("ada", "Ada", 1),
                               session_change(1, "ada"),
                               touched,
                               edit_change(1, "{}", 8, 2),
                               deleted,
                               touched,
                               edit_change(1, "{}", 9, 3),
                               end_change(1, "ada", "{}"),
                               user_change("ada", "Second", 1),
                               session_change(1, "ada"),
                               edit_change(1, "{}", 8, 2),
                               touched};
    assert_true(apply_all(f, changes, sizeof changes / sizeof changes[0]));
    assert_user(f, "ada",
                "ada Second ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_whole_sessions(f, "1 {} #8 v2 20 3 40 5;");
}

static void
a_batch_with_a_fault_undoes_every_kind(void **state)
{
    static const int64_t keys[] = {1, 2};
    static const struct touch touch = {1, 20, 40, SPAN("s_0001")};
    struct fixture *f = *state;
    struct change before[] = {user_change("ada", "Ada", 1), session_change(1, "ada"),
                              session_change(2, "ada"), session_change(3, "bob")};
    struct change batch[] = {
        edit_change(1, "{}", 8, 2),
        {.kind = CHANGE_TOUCH_SESSIONS, .touches = &touch, .count = 1},
        {.kind = CHANGE_DELETE_USER, .user = {.id = SPAN("ada")}, .keys = keys, .count = 2},
        session_change(3, "bob")};
    assert_true(apply_all(f, before, 4));
    assert_false(apply_all(f, batch, 4));
    assert_user(f, "ada", "ada Ada ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
    assert_whole_sessions(f, "1 {\"cart\":[1,2]} #1 v1 2 3 4 5;2 {\"cart\":[1,2]} #2 v1 2 3 4 5;"
                             "3 {\"cart\":[1,2]} #3 v1 2 3 4 5;");
}

#define CHANGE_TESTS(X)                                                                            \
    X(an_edit_changes_data_token_and_version_alone)                                                \
    X(touches_change_two_times_of_each_session_that_is_there)                                      \
    X(a_deleted_user_is_gone_with_the_sessions_that_are_named)                                     \
    X(what_is_not_there_is_neither_edited_nor_made)                                                \
    X(changes_of_one_batch_follow_each_other)                                                      \
    X(a_batch_with_a_fault_undoes_every_kind)

int
main(void)
{
    const struct CMUnitTest sqlite[] = {CHANGE_TESTS(ON_SQLITE)};
    const struct CMUnitTest memory[] = {CHANGE_TESTS(ON_MEMORY)};
    const struct CMUnitTest postgres[] = {CHANGE_TESTS(ON_POSTGRES)};
    return cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL) +
           cmocka_run_group_tests_name("memory", memory, NULL, NULL) +
           (postgres_is_there()
                ? cmocka_run_group_tests_name("postgres", postgres, start_postgres, stop_postgres)
                : 0);
}
