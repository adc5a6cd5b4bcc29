// SPDX-License-Identifier: MIT
//
// How every store changes what is there: edits, touches, and the end of a user.
#include "store_fixture.h"

#include "store/pg.h"

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

// --- Of a shared store alone -------------------------------------------------------------------

static struct change
end_everybody(int64_t count, int64_t now)
{
    return (struct change){
        .kind = CHANGE_END_EVERYBODY, .expected = count, .session.last_seen_at = now};
}

static void
everybody_s_sessions_end_if_there_are_as_many_as_was_said(void **state)
{
    struct fixture *f = *state;
    struct change changes[] = {user_change("ada", "Ada", 1), user_change("bob", "Bob", 1),
                               session_change(1, "ada"), session_change(2, "bob")};
    struct change wrong[] = {session_change(3, "ada"), end_everybody(2, 1700000000123)};
    assert_true(apply_all(f, changes, 4));
    assert_true(apply_all(f, wrong, 2));
    assert_int_equal(wrong[1].result, CHANGE_STALE);
    assert_int_equal(wrong[1].count, 3);
    assert_sessions(f, "1 ada;2 bob;3 ada;");
    struct change right[] = {end_everybody(3, 1700000000123), session_change(4, "bob")};
    assert_true(apply_all(f, right, 2));
    assert_int_equal(right[0].result, CHANGE_APPLIED);
    assert_int_equal(right[0].count, 3);
    assert_sessions(f, "4 bob;"); // who comes later stays
}

enum { ID_SIZE = 8 };

// With the slot of its user, as ids have it.
static struct change
session_in_slot(struct fixture *f, char id[ID_SIZE], int64_t k, const char *user)
{
    struct change c = session_change(k, user);
    unsigned slot = store_slot_of_user(f->store->slot_key, span_of(user));
    snprintf(id, ID_SIZE, "s_%04x", slot);
    c.session.id = span_of(id);
    return c;
}

// As if it had ended in an instance: the same members, the same words.
static void
everybody_s_end_is_shown_by_each_user(void **state)
{
    struct fixture *f = *state;
    char id[ID_SIZE], shown[400];
    struct change first = session_in_slot(f, id, 1, "ada"), last = session_in_slot(f, id, 2, "ada");
    first.session.created_at = 1600000000001;
    last.session.created_at = 1600000000456;
    first.session.last_seen_at = last.session.last_seen_at = 1600000001000;
    first.session.idle_expires_at = last.session.idle_expires_at = 1800000000000;
    first.session.expires_at = last.session.expires_at = 1800000000001;
    last.session.client = SPAN("{\"name\":\"phone\"}");
    struct change changes[] = {user_change("ada", "Ada", 1), user_change("bob", "Bob", 1), first,
                               last, end_everybody(2, 1700000000123)};
    assert_true(apply_all(f, changes, 5));
    snprintf(shown, sizeof shown,
             "ada Ada ada@example.org {\"plan\":\"free\"} v1 1000 2000 last "
             "{\"id\":\"%s\",\"client\":{\"name\":\"phone\"},"
             "\"created_at\":\"2020-09-13T12:26:40.456Z\","
             "\"last_seen_at\":\"2020-09-13T12:26:41.000Z\","
             "\"ended_at\":\"2023-11-14T22:13:20.123Z\",\"reason\":\"revoked\"}",
             id);
    assert_user(f, "ada", shown);
    assert_user(f, "bob", "bob Bob ada@example.org {\"plan\":\"free\"} v1 1000 2000 last (none)");
}

static void
what_had_expired_by_then_says_so(void **state)
{
    struct fixture *f = *state;
    char ids[2][ID_SIZE];
    struct change idle = session_in_slot(f, ids[0], 1, "ada");
    struct change absolute = session_in_slot(f, ids[1], 2, "bob");
    idle.session.idle_expires_at = absolute.session.expires_at = 1600000000000;
    idle.session.expires_at = absolute.session.idle_expires_at = 1650000000000;
    struct change changes[] = {user_change("ada", "Ada", 1), user_change("bob", "Bob", 1), idle,
                               absolute, end_everybody(2, 1700000000000)};
    assert_true(apply_all(f, changes, 5));
    struct seen ada = {0}, bob = {0};
    text_init(&ada.text);
    text_init(&bob.text);
    assert_true(f->store->ops->load_user(f->store, SPAN("ada"), note_user, &ada));
    assert_true(f->store->ops->load_user(f->store, SPAN("bob"), note_user, &bob));
    assert_non_null(strstr(ada.text.data, "\"ended_at\":\"2020-09-13T12:26:40.000Z\","
                                          "\"reason\":\"expired_idle\"}"));
    assert_non_null(strstr(bob.text.data, "\"ended_at\":\"2020-09-13T12:26:40.000Z\","
                                          "\"reason\":\"expired_absolute\"}"));
    text_fini(&ada.text);
    text_fini(&bob.text);
}

enum { NOTICE_MOST = 7900, SESSION_SIZE = 29 };

// What another instance hears of a batch.
struct heard {
    size_t notices, lines;
    char last[64];
};

static void
hear(void *arg, struct span payload)
{
    struct heard *h = arg;
    assert_in_range(payload.len, 1, NOTICE_MOST);
    h->notices++;
    for (size_t i = 0; i < payload.len; i++)
        h->lines += payload.data[i] == '\n';
    const char *newline = memrchr(payload.data, '\n', payload.len - 1);
    const char *last = newline ? newline + 1 : payload.data;
    snprintf(h->last, sizeof h->last, "%.*s", (int)(payload.data + payload.len - last), last);
}

static bool
is_last(const struct heard *h)
{
    return strcmp(h->last, "1:u:ada:7\n") == 0 || strcmp(h->last, "1:*") == 0;
}

// Of a batch that touches so many sessions and changes ada.
static struct heard
hear_of_touches(struct fixture *f, size_t count)
{
    struct touch *touches = calloc(count, sizeof *touches);
    char(*ids)[SESSION_SIZE] = calloc(count, sizeof *ids);
    struct heard heard = {0};
    char error[256];
    struct pg *other = pg_open(f->config.store_conninfo, error, sizeof error);
    assert_int_equal(pg_execute(other, "LISTEN tenured"), PG_OK);
    for (size_t i = 0; i < count; i++) {
        snprintf(ids[i], SESSION_SIZE, "s_%04hxAAAAAAAAAAAAAAAAAAAAAA", (unsigned short)i);
        touches[i] = (struct touch){(int64_t)i, 1, 1, span_of(ids[i])};
    }
    struct change batch[] = {
        {.kind = CHANGE_TOUCH_SESSIONS, .touches = touches, .count = count},
        user_change("ada", "Ada", 7),
    };
    assert_true(apply_all(f, batch, 2));
    for (int i = 0; i < 100 && !is_last(&heard); i++)
        assert_true(pg_wait(other, 100, hear, &heard));
    pg_close(other);
    free(ids);
    free(touches);
    return heard;
}

static void
others_are_told_each_line_in_one_notice_if_it_takes_them(void **state)
{
    struct heard h = hear_of_touches(*state, 1);
    assert_int_equal(h.notices, 1);
    assert_int_equal(h.lines, 2);
    assert_string_equal(h.last, "1:u:ada:7\n");
}

static void
others_are_told_many_lines_in_up_to_four_notices(void **state)
{
    struct heard h = hear_of_touches(*state, 256);
    assert_int_equal(h.notices, 1); // a shard's
    assert_int_equal(h.lines, 257);
    h = hear_of_touches(*state, 1050);
    assert_int_equal(h.notices, 4);
    assert_int_equal(h.lines, 1051);
}

static void
others_are_told_that_anything_changed_where_more_did(void **state)
{
    struct heard h = hear_of_touches(*state, 1100);
    assert_int_equal(h.notices, 1);
    assert_string_equal(h.last, "1:*");
}

#define SHARED_TESTS(X)                                                                            \
    X(everybody_s_sessions_end_if_there_are_as_many_as_was_said)                                   \
    X(everybody_s_end_is_shown_by_each_user)                                                       \
    X(what_had_expired_by_then_says_so)                                                            \
    X(others_are_told_each_line_in_one_notice_if_it_takes_them)                                    \
    X(others_are_told_many_lines_in_up_to_four_notices)                                            \
    X(others_are_told_that_anything_changed_where_more_did)

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
    const struct CMUnitTest postgres[] = {CHANGE_TESTS(ON_POSTGRES) SHARED_TESTS(ON_POSTGRES)};
    return cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL) +
           cmocka_run_group_tests_name("memory", memory, NULL, NULL) +
           (postgres_is_there()
                ? cmocka_run_group_tests_name("postgres", postgres, postgres_start, postgres_stop)
                : 0);
}
