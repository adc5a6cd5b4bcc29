// SPDX-License-Identifier: MIT
//
// server/api/api.c and server/admin/admin.c: what each route asks of its caller.
#include "support.h"

#include "admin/admin.h"
#include "api/api.h"

#include <jansson.h>

static bool
is_open(const struct route *r)
{
    static const char *const open[] = {"/livez", "/readyz", "/", "/assets/{file}"};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        if (strcmp(r->pattern, open[i]) == 0)
            return true;
    return false;
}

static bool
is_look(const struct route *r)
{
    return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

static void
assert_row(const struct route *r, bool fits)
{
    if (!fits)
        fail_msg("%s %s asks for scope %d", r->method, r->pattern, (int)r->needs);
}

static void
every_route_of_the_data_plane_but_health_needs_its_scope(void **state)
{
    for (const struct route *r = api_routes; r->method != NULL; r++)
        assert_row(r, r->needs == (is_open(r) ? ACCESS_OPEN : ACCESS_DATA));
}

static void
an_admin_route_that_looks_needs_read_and_one_that_changes_needs_operate(void **state)
{
    for (const struct route *r = admin_routes; r->method != NULL; r++)
        assert_row(r, r->needs == ACCESS_DUMP || r->needs == (is_open(r)   ? ACCESS_OPEN
                                                              : is_look(r) ? ACCESS_READ
                                                                           : ACCESS_OPERATE));
}

// Parameters have other names there.
static void
assert_described(const struct route *routes, const char *file)
{
    const char *path;
    json_t *doc = json_load_file(file, 0, NULL), *calls;
    size_t count = 0, described = 0;
    assert_non_null(doc);
    json_object_foreach(json_object_get(doc, "paths"), path, calls) described +=
        json_object_size(calls);
    for (const struct route *r = routes; r->method != NULL; r++)
        count++;
    assert_int_equal(described, count);
    json_decref(doc);
}

static void
every_route_of_either_plane_is_described(void **state)
{
    assert_described(api_routes, "../server/api/openapi.json");
    assert_described(admin_routes, "../server/admin/openapi.json");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_of_the_data_plane_but_health_needs_its_scope),
        cmocka_unit_test(an_admin_route_that_looks_needs_read_and_one_that_changes_needs_operate),
        cmocka_unit_test(every_route_of_either_plane_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
