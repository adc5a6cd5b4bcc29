// SPDX-License-Identifier: MIT
//
// The admin plane of a real server: every field, every refusal, and the lines in the log.
#include "client.h"
#include "server.h"
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static struct server server;
static struct client admin, data;

static int
set_up(void **state)
{
    static const char *const settings[] = {"shards=2", "gc.schedules=[]", NULL};
    server_init(&server);
    server_start(&server, settings);
    client_init(&admin, server.admin_port);
    client_init(&data, server.data_port);
    return 0;
}

static int
tear_down(void **state)
{
    client_fini(&admin);
    client_fini(&data);
    server_fini(&server);
    return 0;
}

// --- Helpers ---------------------------------------------------------------------------------

static json_t * /* new */
call(const char *method, const char *path, const char *body, long status)
{
    if (client_call(&admin, method, path, body) != status)
        fail_msg("%s %s %s gave %ld: %s", method, path, body ? body : "", admin.status,
                 admin.body.data);
    return client_reply_json(&admin);
}

// The number at a path of member names; NULL ends it.
static double
number(json_t *root, ...)
{
    va_list names;
    va_start(names, root);
    for (const char *name; (name = va_arg(names, const char *)) != NULL;)
        root = json_object_get(root, name);
    va_end(names);
    if (!json_is_number(root))
        fail_msg("a number is missing in %s", admin.body.data);
    return json_number_value(root);
}

static void
assert_problem(const char *method, const char *path, const char *body, long status,
               const char *type)
{
    json_t *problem = call(method, path, body, status);
    char expected[80];
    snprintf(expected, sizeof expected, "urn:tenure:problem:%s", type);
    assert_string_equal(json_string_value(json_object_get(problem, "type")), expected);
    assert_int_equal(json_integer_value(json_object_get(problem, "status")), status);
    assert_true(strlen(json_string_value(json_object_get(problem, "detail"))) > 10);
    json_decref(problem);
}

// A user whose only session has ended: resident until a collection.
static void
add_ended_user(const char *id)
{
    char path[160], body[160];
    snprintf(path, sizeof path, "/v1/users/%s", id);
    assert_int_equal(client_call(&data, "PUT", path, "{\"name\":\"x\"}"), 201);
    snprintf(body, sizeof body, "{\"user_id\":\"%s\"}", id);
    assert_int_equal(client_call(&data, "POST", "/v1/sessions", body), 201);
    json_t *session = client_reply_json(&data);
    snprintf(path, sizeof path, "/v1/sessions/%s",
             json_string_value(json_object_get(session, "id")));
    json_decref(session);
    assert_int_equal(client_call(&data, "DELETE", path, NULL), 204);
}

static void
collect_everything(void)
{
    json_decref(call("POST", "/v1/gc/collect", NULL, 200));
}

// --- GET /v1/gc ------------------------------------------------------------------------------

static void
check_generation(json_t *g, int expected)
{
    int generation;
    json_int_t objects, count, threshold, collections, collected, uncollectable, candidates;
    double time, last, max, p50, p99;
    json_t *run, *cause;
    json_error_t error;
    if (json_unpack_ex(
            g, &error, JSON_STRICT,
            "{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:F, s:{s:F, s:F, s:F, s:F !}, s:o, s:o}",
            "generation", &generation, "objects", &objects, "count", &count, "threshold",
            &threshold, "collections", &collections, "collected", &collected, "uncollectable",
            &uncollectable, "candidates", &candidates, "time_seconds", &time, "pause", "last",
            &last, "max", &max, "p50", &p50, "p99", &p99, "last_run", &run, "last_cause",
            &cause) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(generation, expected);
    assert_int_equal(uncollectable, 0);
    assert_int_equal(threshold, expected == 0 ? 700 : 10);
    assert_true(last <= max && max <= time);
    assert_true(p50 <= p99 && p99 <= max && (max > 0) == (p99 > 0));
    assert_int_equal(json_is_null(run), json_is_null(cause));
    assert_int_equal(json_is_null(run), collections == 0);
}

static void
the_collector_is_shown_with_every_field_and_no_other(void **state)
{
    json_t *gc = call("GET", "/v1/gc", NULL, 200), *list, *g;
    json_int_t objects, bytes, suspects;
    json_error_t error;
    size_t i;
    int enabled, thresholds[3], budget;
    const char *changed_by;
    if (json_unpack_ex(gc, &error, JSON_STRICT,
                       "{s:b, s:s, s:[i, i, i !], s:i, s:o, s:{s:I, s:I !}, s:I, s:n}", "enabled",
                       &enabled, "changed_by", &changed_by, "thresholds", &thresholds[0],
                       &thresholds[1], &thresholds[2], "default_budget_ms", &budget, "generations",
                       &list, "frozen", "objects", &objects, "bytes", &bytes, "suspects", &suspects,
                       "in_progress") != 0)
        fail_msg("%s", error.text);
    assert_int_equal(json_array_size(list), 3);
    json_array_foreach(list, i, g) check_generation(g, (int)i);
    json_decref(gc);
}

static void
the_last_run_of_a_generation_has_time_and_cause(void **state)
{
    json_decref(call("POST", "/v1/gc/collect", "{\"generation\":1}", 200));
    json_t *gc = call("GET", "/v1/gc", NULL, 200);
    json_t *list = json_object_get(gc, "generations");
    json_t *one = json_array_get(list, 1), *zero = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(one, "last_cause")), "manual");
    assert_int_equal(strlen(json_string_value(json_object_get(one, "last_run"))), 24);
    assert_true(json_is_null(json_object_get(zero, "last_run")));
    json_decref(gc);
}

static void
one_shard_can_be_asked_and_the_shards_add_up(void **state)
{
    double sum = 0;
    add_ended_user("shard-a");
    add_ended_user("shard-b");
    add_ended_user("shard-c");
    const char *const paths[] = {"/v1/memory?shard=0", "/v1/memory?shard=1"};
    for (int i = 0; i < 2; i++) {
        json_t *memory = call("GET", paths[i], NULL, 200);
        sum += number(memory, "traced", "current", NULL);
        json_decref(memory);
    }
    json_t *memory = call("GET", "/v1/memory", NULL, 200);
    assert_true(number(memory, "traced", "current", NULL) == sum);
    json_decref(memory);
    json_decref(call("GET", "/v1/gc?shard=1", NULL, 200));
    collect_everything();
}

static void
a_shard_that_is_not_there_is_refused(void **state)
{
    static const char *const wrong[] = {"2", "-1", "+1", "x", "1x", "", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "/v1/gc?shard=%s", wrong[i]);
        assert_problem("GET", path, NULL, 422, "invalid-parameter");
        snprintf(path, sizeof path, "/v1/memory?shard=%s", wrong[i]);
        assert_problem("GET", path, NULL, 422, "invalid-parameter");
    }
}

// --- POST /v1/gc/collect ---------------------------------------------------------------------

static void
a_collection_answers_with_every_field_and_no_other(void **state)
{
    int generation, slices, complete;
    json_int_t collected, uncollectable, candidates, freed, before[3], after[3];
    double seconds, pause;
    json_error_t error;
    add_ended_user("fields");
    json_t *reply = call("POST", "/v1/gc/collect", NULL, 200);
    if (json_unpack_ex(reply, &error, JSON_STRICT,
                       "{s:i, s:I, s:I, s:I, s:I, s:F, s:F, s:i, s:b, s:{s:I, s:I, s:I !}, s:{s:I, "
                       "s:I, s:I !}}",
                       "generation", &generation, "collected", &collected, "uncollectable",
                       &uncollectable, "candidates", &candidates, "bytes_freed", &freed, "seconds",
                       &seconds, "pause_max_seconds", &pause, "slices", &slices, "complete",
                       &complete, "before", "objects", &before[0], "bytes", &before[1],
                       "users_resident", &before[2], "after", "objects", &after[0], "bytes",
                       &after[1], "users_resident", &after[2]) != 0)
        fail_msg("%s in %s", error.text, admin.body.data);
    json_decref(reply);
    assert_int_equal(generation, 2);
    assert_true(complete);
    assert_true(slices >= 2); // shards
    assert_true(collected >= 2 && uncollectable == 0 && candidates >= collected);
    assert_int_equal(before[1] - after[1], freed);
    assert_int_equal(before[2], 1);
    assert_int_equal(after[2], 0);
    assert_true(pause > 0 && pause <= seconds);
}

static void
only_the_generations_that_were_asked_for_are_collected(void **state)
{
    add_ended_user("young");
    json_t *reply = call("POST", "/v1/gc/collect", "{\"generation\":0}", 200);
    assert_true(number(reply, "after", "users_resident", NULL) == 0);
    assert_true(number(reply, "generation", NULL) == 0);
    json_decref(reply);
    add_ended_user("old");
    assert_int_equal(client_call(&data, "POST", "/v1/sessions", "{\"user_id\":\"old\"}"), 201);
    json_t *session = client_reply_json(&data);
    json_decref(call("POST", "/v1/gc/collect", "{\"generation\":1}", 200));
    char path[80];
    snprintf(path, sizeof path, "/v1/sessions/%s",
             json_string_value(json_object_get(session, "id")));
    json_decref(session);
    assert_int_equal(client_call(&data, "DELETE", path, NULL), 204);
    reply = call("POST", "/v1/gc/collect", "{\"generation\":1}", 200);
    assert_true(number(reply, "after", "users_resident", NULL) == 1);
    json_decref(reply);
    reply = call("POST", "/v1/gc/collect", "{\"generation\":2}", 200);
    assert_true(number(reply, "after", "users_resident", NULL) == 0);
    json_decref(reply);
}

static void
defaults_may_be_spelled_out(void **state)
{
    static const char *const bodies[] = {"{}", "{\"generation\":2,\"budget_ms\":2,\"wait\":true}",
                                         "{\"generation\":null}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        json_t *reply = call("POST", "/v1/gc/collect", bodies[i], 200);
        assert_true(number(reply, "generation", NULL) == 2);
        json_decref(reply);
    }
}

static void
a_collection_that_makes_no_sense_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"generation\":3}",   "{\"generation\":-1}",   "{\"generation\":\"2\"}",
        "{\"generation\":1.5}", "{\"generation\":true}", "{\"budget_ms\":60001}",
        "{\"budget_ms\":-1}",   "{\"wait\":0}",          "{\"wait\":1}",
        "{\"dry_run\":1}",      "{\"Generation\":2}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_problem("POST", "/v1/gc/collect", bodies[i], 422, "invalid-body");
    assert_problem("POST", "/v1/gc/collect", "{\"generation\":1,\"budget_ms\":0}", 422,
                   "budget-needs-full");
    assert_problem("POST", "/v1/gc/collect", "[2]", 400, "malformed-json");
    assert_problem("POST", "/v1/gc/collect", "{\"generation\":2", 400, "malformed-json");
}

// --- Two at once -----------------------------------------------------------------------------

static atomic_uint done, refused;
static atomic_bool enough;

// Orders one collection after the other until somebody was refused.
static void *
insist(void *arg)
{
    struct client c;
    client_init(&c, server.admin_port);
    while (!enough) {
        long status = client_call(&c, "POST", "/v1/gc/collect", NULL);
        atomic_fetch_add(status == 409 ? &refused : &done, 1);
        if (status == 409)
            assert_non_null(strstr(c.body.data, "A manual collect of generation 2 is running."));
        else
            assert_int_equal(status, 200);
        enough = refused > 0 && done > 0;
    }
    client_fini(&c);
    return NULL;
}

static void
of_two_collections_at_once_the_second_is_refused(void **state)
{
    enum { CLIENTS = 8 };
    pthread_t threads[CLIENTS];
    for (int i = 0; i < 200; i++) {
        char id[40];
        snprintf(id, sizeof id, "crowd-%d", i);
        add_ended_user(id);
    }
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, insist, NULL), 0);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_true(done > 0 && refused > 0);
    assert_problem("GET", "/nowhere", NULL, 404, "path-not-found"); // the plane lives on
}

// --- Freeze ----------------------------------------------------------------------------------

static void
check_frozen(json_t *reply, double *objects, double *delta)
{
    json_int_t bytes, delta_bytes;
    int complete;
    json_error_t error;
    json_int_t frozen, more;
    if (json_unpack_ex(reply, &error, JSON_STRICT, "{s:{s:I, s:I !}, s:{s:I, s:I !}, s:b}",
                       "frozen", "objects", &frozen, "bytes", &bytes, "delta", "objects", &more,
                       "bytes", &delta_bytes, "complete", &complete) != 0)
        fail_msg("%s in %s", error.text, admin.body.data);
    assert_true(complete);
    *objects = (double)frozen;
    *delta = (double)more;
    json_decref(reply);
}

static void
freezing_sets_everything_aside_and_unfreezing_brings_it_back(void **state)
{
    double frozen, delta, again, none;
    collect_everything();
    assert_int_equal(client_call(&data, "PUT", "/v1/users/ice", "{\"name\":\"x\"}"), 201);
    assert_int_equal(client_call(&data, "POST", "/v1/sessions", "{\"user_id\":\"ice\"}"), 201);
    check_frozen(call("POST", "/v1/gc/freeze", NULL, 200), &frozen, &delta);
    assert_true(frozen > 0 && frozen == delta);
    check_frozen(call("POST", "/v1/gc/freeze", "{\"collect_first\":false}", 200), &again, &delta);
    assert_true(again == frozen && delta == 0);
    json_t *gc = call("GET", "/v1/gc", NULL, 200);
    assert_true(number(gc, "frozen", "objects", NULL) == frozen);
    json_decref(gc);
    check_frozen(call("POST", "/v1/gc/unfreeze", NULL, 200), &none, &delta);
    assert_true(none == 0 && delta == -frozen);
}

static void
garbage_is_not_frozen_unless_asked_for(void **state)
{
    double frozen, delta;
    add_ended_user("frost");
    json_decref(call("POST", "/v1/gc/freeze", "{\"collect_first\":false}", 200));
    json_t *reply = call("POST", "/v1/gc/collect", NULL, 200);
    assert_true(number(reply, "after", "users_resident", NULL) >= 1); // frozen with the rest
    json_decref(reply);
    check_frozen(call("POST", "/v1/gc/unfreeze", "{}", 200), &frozen, &delta);
    json_decref(call("POST", "/v1/gc/freeze", "{\"collect_first\":true}", 200));
    assert_int_equal(client_call(&data, "GET", "/v1/users/frost", NULL), 200);
    char *cache = client_reply_header(&data, "X-Cache");
    assert_string_equal(cache, "miss");
    free(cache);
    json_decref(call("POST", "/v1/gc/unfreeze", NULL, 200));
}

static void
a_freeze_that_makes_no_sense_is_refused(void **state)
{
    assert_problem("POST", "/v1/gc/freeze", "{\"collect_first\":1}", 422, "invalid-body");
    assert_problem("POST", "/v1/gc/freeze", "{\"generation\":1}", 422, "invalid-body");
    assert_problem("POST", "/v1/gc/unfreeze", "{\"collect_first\":true}", 422, "invalid-body");
}

// --- Memory ----------------------------------------------------------------------------------

static void
memory_is_shown_with_every_field_and_its_types_add_up(void **state)
{
    json_int_t current, peak, overhead, rss;
    const char *mode;
    json_t *group_current, *group_max, *domains, *types, *type;
    json_error_t error;
    size_t i;
    double sum = 0, former = 1e18;
    add_ended_user("bytes");
    json_t *memory = call("GET", "/v1/memory", NULL, 200);
    if (json_unpack_ex(memory, &error, JSON_STRICT,
                       "{s:{s:I, s:I, s:I, s:s !}, s:I, s:{s:o, s:o !}, s:o, s:o}", "traced",
                       "current", &current, "peak", &peak, "overhead", &overhead, "mode", &mode,
                       "rss", &rss, "cgroup", "current", &group_current, "max", &group_max,
                       "domains", &domains, "types", &types) != 0)
        fail_msg("%s in %s", error.text, admin.body.data);
    assert_true(current > 0 && current <= peak && overhead > 0 && rss > current);
    assert_string_equal(mode, "off");
    assert_int_equal(json_array_size(domains), 6); // tests/server/domains.c looks into them
    assert_true(json_array_size(types) <= 20);
    json_array_foreach(types, i, type)
    {
        double bytes = number(type, "bytes", NULL);
        assert_true(bytes <= former && number(type, "objects", NULL) >= 0);
        assert_true(json_string_length(json_object_get(type, "name")) > 0);
        sum += former = bytes;
    }
    assert_true(sum == (double)current);
    json_decref(memory);
    collect_everything();
}

static void
the_peak_stays_until_it_is_reset(void **state)
{
    json_decref(call("POST", "/v1/memory/peak/reset", NULL, 200));
    add_ended_user("peak");
    collect_everything();
    json_t *memory = call("GET", "/v1/memory", NULL, 200);
    double current = number(memory, "traced", "current", NULL);
    double peak = number(memory, "traced", "peak", NULL);
    assert_true(peak > current);
    json_decref(memory);
    json_t *reply = call("POST", "/v1/memory/peak/reset", NULL, 200);
    assert_true(number(reply, "before", "peak", NULL) == peak);
    assert_true(number(reply, "after", "peak", NULL) == current);
    json_decref(reply);
}

// --- The rest --------------------------------------------------------------------------------

static void
the_plane_says_that_it_lives_and_is_ready(void **state)
{
    json_t *live = call("GET", "/livez", NULL, 200), *ready = call("GET", "/readyz", NULL, 200);
    assert_string_equal(json_string_value(json_object_get(live, "status")), "live");
    assert_string_equal(json_string_value(json_object_get(ready, "status")), "ready");
    json_decref(live);
    json_decref(ready);
}

static void
paths_and_methods_that_are_not_there_are_refused(void **state)
{
    assert_problem("GET", "/v1/users/x", NULL, 404, "path-not-found"); // of the other plane
    assert_problem("GET", "/v1/gc/collect", NULL, 405, "method-not-allowed");
    assert_problem("POST", "/v1/gc", "{}", 405, "method-not-allowed");
    char *allow = client_reply_header(&admin, "Allow");
    assert_non_null(strstr(allow, "GET"));
    free(allow);
}

// The lines of the log with [event] and, in it, [member]: [value].
static unsigned
count_lines(const char *event, const char *member, const char *value)
{
    unsigned count = 0;
    char *log = server_log(&server), *rest = log;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line;) {
        json_t *entry = json_loads(line, 0, NULL);
        assert_non_null(entry);
        const char *e = json_string_value(json_object_get(entry, "event"));
        const char *v = json_string_value(json_object_get(entry, member));
        count += strcmp(e, event) == 0 && v && strcmp(v, value) == 0;
        json_decref(entry);
    }
    free(log);
    return count;
}

static void
each_collection_is_one_line_in_the_log(void **state)
{
    unsigned before = count_lines("collection", "cause", "manual");
    add_ended_user("line");
    collect_everything();
    assert_int_equal(count_lines("collection", "cause", "manual"), before + 1);
    assert_int_equal(count_lines("collection", "cause", "startup"), 1);
    char *log = server_log(&server), *last = NULL;
    for (char *p = log; (p = strstr(p, "{\"time\"")) != NULL; p++)
        if (strncmp(strstr(p, "\"event\":"), "\"event\":\"collection\"", 20) == 0)
            last = p;
    json_t *entry = json_loads(last, JSON_DISABLE_EOF_CHECK, NULL);
    static const char *const members[] = {"generation",       "found",
                                          "freed_bytes",      "pause_max_seconds",
                                          "residents_before", "residents_after"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_true(json_is_number(json_object_get(entry, members[i])));
    assert_int_equal(json_integer_value(json_object_get(entry, "residents_before")),
                     json_integer_value(json_object_get(entry, "residents_after")) + 1);
    json_decref(entry);
    free(log);
}

static void
a_rule_of_the_configuration_collects_by_itself(void **state)
{
    struct server timed;
    struct client c;
    server_init(&timed);
    server_start(&timed,
                 (const char *const[]){"gc.schedules=[{\"name\":\"often\",\"when\":{\"every\":"
                                       "\"20ms\"},\"action\":\"collect\",\"generation\":0}]",
                                       NULL});
    client_init(&c, timed.admin_port);
    for (bool seen = false; !seen; usleep(5000)) {
        assert_int_equal(client_call(&c, "GET", "/v1/gc", NULL), 200);
        seen = strstr(c.body.data, "\"last_cause\":\"timer\"") != NULL;
    }
    client_fini(&c);
    char *log = server_log(&timed);
    assert_non_null(strstr(log, "\"cause\":\"timer\",\"rule\":\"often\",\"generation\":0"));
    free(log);
    server_fini(&timed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_collector_is_shown_with_every_field_and_no_other),
        cmocka_unit_test(the_last_run_of_a_generation_has_time_and_cause),
        cmocka_unit_test(one_shard_can_be_asked_and_the_shards_add_up),
        cmocka_unit_test(a_shard_that_is_not_there_is_refused),
        cmocka_unit_test(a_collection_answers_with_every_field_and_no_other),
        cmocka_unit_test(only_the_generations_that_were_asked_for_are_collected),
        cmocka_unit_test(defaults_may_be_spelled_out),
        cmocka_unit_test(a_collection_that_makes_no_sense_is_refused),
        cmocka_unit_test(of_two_collections_at_once_the_second_is_refused),
        cmocka_unit_test(freezing_sets_everything_aside_and_unfreezing_brings_it_back),
        cmocka_unit_test(garbage_is_not_frozen_unless_asked_for),
        cmocka_unit_test(a_freeze_that_makes_no_sense_is_refused),
        cmocka_unit_test(memory_is_shown_with_every_field_and_its_types_add_up),
        cmocka_unit_test(the_peak_stays_until_it_is_reset),
        cmocka_unit_test(the_plane_says_that_it_lives_and_is_ready),
        cmocka_unit_test(paths_and_methods_that_are_not_there_are_refused),
        cmocka_unit_test(each_collection_is_one_line_in_the_log),
        cmocka_unit_test(a_rule_of_the_configuration_collects_by_itself),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
