// SPDX-License-Identifier: MIT
//
// What becomes of a question as things are with its place, what is sent, and what the answer
// changes.
#include "asking.h"
#include "support.h"

static struct people people;
static struct asking asking;
static char body[512], reply[512];

static int
set_up(void **state)
{
    people_init(&people, 2, 2);
    asking = (struct asking){.people = &people, .offline = ASK_LOGIN, .payload = 4};
    return 0;
}

static int
tear_down(void **state)
{
    people_fini(&people);
    return 0;
}

static struct call
begin(enum ask ask, size_t place)
{
    struct call c = {.ask = ask, .place = place, .body = body, .room = sizeof body, .reply = reply};
    asking_begin(&asking, &c);
    return c;
}

static void
let_in(size_t place)
{
    struct call c = begin(ASK_LOGIN, place);
    c.status = 201;
    strcpy(reply, "{\"id\":\"s_1\",\"token\":\"tn1_1\"}");
    assert_true(asking_end(&asking, &c));
}

static void
a_login_puts_the_session_into_its_place(void **state)
{
    asking.ttl_ms = 1500;
    struct call c = begin(ASK_LOGIN, 3);
    assert_string_equal(c.method, "POST");
    assert_string_equal(c.path, "/v1/sessions");
    assert_string_equal(
        body, "{\"user_id\":\"load-1\",\"absolute_ttl\":\"1500ms\",\"data\":{\"x\":\"0000\"}}");
    assert_int_equal(people.place[3].state, PLACE_CHANGING);
    let_in(3);
    assert_int_equal(people.place[3].state, PLACE_IN);
    assert_string_equal(people.place[3].token, "tn1_1");
}

static void
a_login_that_fails_leaves_them_out(void **state)
{
    struct call c = begin(ASK_LOGIN, 0);
    c.status = 503;
    assert_false(asking_end(&asking, &c));
    assert_int_equal(people.place[0].state, PLACE_OUT);
}

static void
a_question_about_a_session_that_is_not_there_becomes_the_scenarios(void **state)
{
    assert_int_equal(asking_settle(&asking, ASK_VERIFY, &people.place[0]), ASK_LOGIN);
    asking.offline = ASK_USER;
    assert_int_equal(asking_settle(&asking, ASK_DATA, &people.place[0]), ASK_USER);
    assert_int_equal(asking_settle(&asking, ASK_LIST, &people.place[0]), ASK_LIST);
}

static void
a_turn_is_a_login_or_a_logout(void **state)
{
    assert_int_equal(asking_settle(&asking, ASK_TURN, &people.place[0]), ASK_LOGIN);
    let_in(0);
    assert_int_equal(asking_settle(&asking, ASK_TURN, &people.place[0]), ASK_LOGOUT);
    assert_int_equal(asking_settle(&asking, ASK_LOGIN, &people.place[0]), ASK_VERIFY);
    struct call c = begin(ASK_LOGOUT, 0);
    assert_string_equal(c.method, "DELETE");
    assert_int_equal(asking_settle(&asking, ASK_TURN, &people.place[0]), ASK_USER);
    assert_int_equal(asking_settle(&asking, ASK_VERIFY, &people.place[0]), ASK_USER);
    c.status = 204;
    assert_true(asking_end(&asking, &c));
    assert_int_equal(people.place[0].state, PLACE_OUT);
}

static void
nobody_logs_out_while_their_session_is_asked_for(void **state)
{
    let_in(1);
    struct call c = begin(ASK_VERIFY, 1);
    assert_string_equal(body, "{\"token\":\"tn1_1\"}");
    assert_int_equal(asking_settle(&asking, ASK_TURN, &people.place[1]), ASK_USER);
    assert_int_equal(asking_settle(&asking, ASK_SESSION, &people.place[1]), ASK_SESSION);
    c.status = 200;
    assert_true(asking_end(&asking, &c));
    assert_int_equal(asking_settle(&asking, ASK_TURN, &people.place[1]), ASK_LOGOUT);
}

static void
who_is_refused_is_out(void **state)
{
    let_in(1);
    struct call c = begin(ASK_VERIFY, 1);
    c.status = 401;
    assert_false(asking_end(&asking, &c));
    assert_int_equal(people.place[1].state, PLACE_OUT);
}

static void
a_change_of_data_is_conditional(void **state)
{
    let_in(2);
    struct call c = begin(ASK_DATA, 2);
    assert_true(c.if_match && c.has_body);
    assert_string_equal(c.path, "/v1/sessions/s_1/data");
    c = begin(ASK_SESSION, 2);
    assert_true(!c.if_match && !c.has_body);
    c = begin(ASK_USER, 2);
    assert_string_equal(c.path, "/v1/users/load-1");
}

#define ASKING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ASKING_TEST(a_login_puts_the_session_into_its_place),
        ASKING_TEST(a_login_that_fails_leaves_them_out),
        ASKING_TEST(a_question_about_a_session_that_is_not_there_becomes_the_scenarios),
        ASKING_TEST(a_turn_is_a_login_or_a_logout),
        ASKING_TEST(nobody_logs_out_while_their_session_is_asked_for),
        ASKING_TEST(who_is_refused_is_out),
        ASKING_TEST(a_change_of_data_is_conditional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
