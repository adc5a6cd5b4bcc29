// SPDX-License-Identifier: MIT
//
// One question or order at a time: what is sent, and what counts as an answer.
#include "admin.h"
#include "responder.h"

static struct responder responder;
static struct admin admin;
static char request[RESPONDER_ROOM]; // the last; read when it was answered
static const char *_Atomic canned;

static const char *
answer(const char *bytes)
{
    snprintf(request, sizeof request, "%s", bytes);
    return canned;
}

static int
set_up(void **state)
{
    responder_start(&responder, answer);
    admin_init(&admin, responder.address, "secret");
    return 0;
}

static int
tear_down(void **state)
{
    admin_fini(&admin);
    responder_stop(&responder);
    return 0;
}

static void
a_question_is_a_get_and_an_order_a_post(void **state)
{
    canned = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"number\":5}";
    json_t *reply = admin_call(&admin, "/v1/gc/collect", "{\"generation\":2}");
    assert_int_equal(json_integer_value(json_object_get(reply, "number")), 5);
    json_decref(reply);
    assert_memory_equal(request, "POST /v1/gc/collect HTTP/1.1\r\n", 30);
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer secret\r\n"));
    assert_non_null(strstr(request, "\r\n\r\n{\"generation\":2}"));
    reply = admin_call(&admin, "/v1/gc", NULL);
    assert_non_null(reply);
    json_decref(reply);
    assert_memory_equal(request, "GET /v1/gc HTTP/1.1\r\n", 21);
    assert_null(strstr(request, "generation"));
}

static void
what_is_no_document_with_200_is_no_answer(void **state)
{
    canned = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}";
    assert_null(admin_call(&admin, "/v1/gc", NULL));
    canned = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{\"a";
    assert_null(admin_call(&admin, "/v1/gc", NULL));
    canned = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_null(admin_call(&admin, "/v1/gc", NULL));
    canned = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"; // nothing is left of those before
    json_t *reply = admin_call(&admin, "/v1/gc", NULL);
    assert_non_null(reply);
    json_decref(reply);
}

static void
nobody_there_is_none_either(void **state)
{
    struct admin other;
    admin_init(&other, "127.0.0.1:1", NULL);
    assert_null(admin_call(&other, "/v1/gc", NULL));
    admin_fini(&other);
}

#define ADMIN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN_TEST(a_question_is_a_get_and_an_order_a_post),
        ADMIN_TEST(what_is_no_document_with_200_is_no_answer),
        ADMIN_TEST(nobody_there_is_none_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
