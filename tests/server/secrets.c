// SPDX-License-Identifier: MIT
//
// No token that was issued, or that was shown to a plane, is in anything that the service wrote:
// its log at its most talkative, its files, its errors, and every reply but the one that gave it.
#include "service_fixture.h"

#include <dirent.h>
#include <sodium.h>
#include <unistd.h>

enum { MOST = 64 };

#define OPERATE "operate-0123456789abcdef0123456789abcdef"
#define DUMP    "dump-0123456789abcdef0123456789abcdef-yz"
#define DATA    "data-0123456789abcdef0123456789abcdef-xy"

static char tokens[MOST][64];
static size_t count;

static void
remember(const char *token)
{
    assert_true(count < MOST);
    snprintf(tokens[count++], sizeof tokens[0], "%s", token);
}

// The first token that is there, or most of its random part; [count]: none is.
static size_t
find_token(const char *bytes, size_t size)
{
    size_t i = 0;
    while (i < count && !memmem(bytes, size, tokens[i] + 10, 24))
        i++;
    return i;
}

static void
expect_none(const char *where, const char *bytes, size_t size)
{
    size_t found = find_token(bytes, size);
    if (found < count)
        fail_msg("token %zu is in %s", found, where);
}

// As bytes or as hexadecimal digits.
static void
expect_no_hash(const char *bytes, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t hash[crypto_hash_sha256_BYTES];
        char digits[2 * sizeof hash + 1];
        crypto_hash_sha256(hash, (const uint8_t *)tokens[i], strlen(tokens[i]));
        sodium_bin2hex(digits, sizeof digits, hash, sizeof hash);
        assert_null(memmem(bytes, size, hash, 16));
        assert_null(memmem(bytes, size, digits, 32));
    }
}

static void
call(struct client *c, const char *token, const char *method, const char *path, const char *body)
{
    char header[128], where[256];
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    client_add_header(c, header);
    client_call(c, method, path, body);
    snprintf(where, sizeof where, "the reply to %s %s", method, path);
    expect_none(where, c->body.data ? c->body.data : "", c->body.len);
    expect_none(where, c->headers.data ? c->headers.data : "", c->headers.len);
}

// The reply holds a token that is not known yet.
static void
call_for_token(const char *path, const char *body)
{
    call(&service.data, DATA, "POST", path, body);
    json_t *reply = client_reply_json(&service.data);
    remember(json_string_value(json_object_get(reply, "token")));
    json_decref(reply);
}

static void
live_a_little(int i)
{
    char body[256], path[128];
    call_for_token("/v1/sessions", "{\"user_id\":\"ada\",\"data\":{\"n\":1}}");
    char *location = client_reply_header(&service.data, "Location");
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", tokens[count - 1]);
    call(&service.data, DATA, "POST", "/v1/sessions/verify", body);
    snprintf(path, sizeof path, "%s/rotate", location);
    call_for_token(path, NULL);
    call(&service.data, DATA, "POST", "/v1/sessions/verify", body); // the former one
    snprintf(body, sizeof body, "{\"token\":\"%s\",\"tokens\":1}", tokens[count - 1]);
    call(&service.data, DATA, "POST", "/v1/sessions/verify", body); // a mistake
    snprintf(body, sizeof body, "{\"token\":\"%s", tokens[count - 1]);
    call(&service.data, DATA, "POST", "/v1/sessions/verify", body); // no JSON
    snprintf(path, sizeof path, "/v1/sessions/%s", tokens[count - 1]);
    call(&service.data, DATA, "GET", path, NULL);                  // where none belongs
    call(&service.data, tokens[count - 1], "GET", location, NULL); // the wrong kind
    if (i % 2)
        call(&service.data, DATA, "DELETE", location, NULL);
    free(location);
}

// Traced or not, with values or without; nor does any dump have the hash of a token.
static void
dump_everything(void)
{
    static const char *const formats[] = {"heapsnapshot", "ndjson", "collapsed", "pprof"};
    char body[80];
    for (int i = 0; i < 8; i++) {
        snprintf(body, sizeof body, "{\"format\":\"%s\",\"include_values\":%s}", formats[i / 2],
                 i % 2 ? "true" : "false");
        call(&service.admin, DUMP, "POST", "/v1/heap/dump", body);
        assert_int_equal(service.admin.status, 200);
        expect_no_hash(service.admin.body.data, service.admin.body.len);
    }
}

static void
look_at_everything(void)
{
    static const char *const paths[] = {"/v1/gc",     "/v1/memory", "/v1/cache",     "/metrics",
                                        "/v1/config", "/v1/info",   "/v1/gc/history"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        call(&service.admin, OPERATE, "GET", paths[i], NULL);
    call(&service.admin, OPERATE, "POST", "/v1/gc/collect", "{\"generation\":2}");
    dump_everything();
    call(&service.admin, DATA, "GET", "/v1/config", NULL); // the wrong plane
}

static void
read_files(const char *folder)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[4096];
        static char bytes[16 << 20];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *f = e->d_type == DT_REG ? fopen(path, "re") : NULL;
        if (!f)
            continue;
        size_t size = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        expect_none(path, bytes, size);
    }
    closedir(d);
}

static void
no_token_is_in_anything_that_was_written(void **state)
{
    START("log.level=debug", "auth.data=[\"" DATA "\"]", "auth.operate=[\"" OPERATE "\"]",
          "auth.dump=[\"" DUMP "\"]");
    count = 0;
    remember(OPERATE);
    remember(DUMP);
    remember(DATA);
    call(&service.data, DATA, "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}");
    for (int i = 0; i < 20; i++)
        live_a_little(i);
    look_at_everything();
    wait_ms(1200);                // a flush of touches
    server_kill(&service.server); // with everything that it keeps beside the store
    client_fini(&service.data);
    client_fini(&service.admin);
    read_files(service.server.folder);
    char *log = server_log(&service.server);
    assert_true(strlen(log) > 1000); // it did talk
    free(log);
}

static void
look(const char *path)
{
    call(&service.admin, "", "GET", path, NULL);
    if (service.admin.status != 200)
        fail_msg("%s: %ld: %s", path, service.admin.status, service.admin.body.data);
}

// Objects of the type, and who refers to them, with all their contents.
static void
look_into_heap(const char *type)
{
    static const char *const calls[] = {"", "/referents", "/referrers", "/roots"};
    char path[128];
    snprintf(path, sizeof path, "/v1/heap/objects?type=%s&limit=256", type);
    look(path);
    json_t *list = client_reply_json(&service.admin), *row;
    size_t i;
    json_array_foreach(json_object_get(list, "items"), i, row)
    {
        const char *oid = json_string_value(json_object_get(row, "oid"));
        for (int c = 0; c < 4; c++) {
            snprintf(path, sizeof path, "/v1/heap/objects/%s%s?values=true", oid, calls[c]);
            look(path);
        }
    }
    assert_true(i > 0);
    json_decref(list);
}

// Without tokens of its own the plane tells everybody everything.
static void
no_token_is_in_what_is_told_of_the_heap(void **state)
{
    START("gc.schedules=[]");
    count = 0;
    client_call(&service.admin, "PATCH", "/v1/memory/tracing", "{\"mode\":\"exact\"}");
    call(&service.data, "", "PUT", "/v1/users/ada", "{\"name\":\"Ada\"}");
    for (int i = 0; i < 5; i++)
        live_a_little(i);
    look_into_heap("user");
    look_into_heap("session");
    look_into_heap("str");
    look("/debug/pprof/heap");
}

static void
the_search_finds_what_is_there(void **state)
{
    count = 0;
    remember("something-else-that-is-as-long-as-a-token");
    remember(DATA);
    assert_int_equal(find_token("x" DATA "x", sizeof DATA + 1), 1);
    assert_int_equal(find_token(&DATA[10], 24), 1); // most of it
    assert_int_equal(find_token(DATA, 30), count);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(no_token_is_in_anything_that_was_written),
        SERVICE_TEST(no_token_is_in_what_is_told_of_the_heap),
        cmocka_unit_test(the_search_finds_what_is_there),
    };
    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
