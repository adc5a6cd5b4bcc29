// SPDX-License-Identifier: MIT
//
// The dashboard's files, as the admin plane hands them out. What the page does is tests/browser.
#include "service_fixture.h"

#include <dirent.h>
#include <stdio.h>

#define PAGE "../server/admin/page/"

// Of the file [name] of the source tree. To be freed.
static char * /* new */
read_source(const char *name, size_t *size)
{
    char path[512];
    snprintf(path, sizeof path, PAGE "%s", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *bytes = calloc(1, 1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void
expect_admin_header(const char *name, const char *value)
{
    char *got = client_reply_header(&service.admin, name);
    assert_string_equal(got ? got : "(absent)", value);
    free(got);
}

static void
expect_file(const char *path, const char *source)
{
    size_t size;
    char *bytes = read_source(source, &size);
    assert_int_equal(client_call(&service.admin, "GET", path, NULL), 200);
    assert_int_equal(service.admin.body.len, size);
    assert_memory_equal(service.admin.body.data, bytes, size);
    free(bytes);
}

static void
the_admin_plane_has_a_page_and_the_data_plane_has_none(void **state)
{
    START("shards=1");
    expect_file("/", "index.html");
    expect_admin_header("Content-Type", "text/html; charset=utf-8");
    expect_admin_header("Cache-Control", "no-store");
    expect_refused(404, "path-not-found", "GET", "/", NULL);
}

static bool
is_asset(const char *name)
{
    return name[0] != '.' && strcmp(name, "index.html") != 0 && strcmp(name, "README.md") != 0;
}

static void
every_file_of_the_folder_is_served_as_it_stands_there(void **state)
{
    START("shards=1");
    DIR *folder = opendir(PAGE);
    const struct dirent *entry;
    size_t served = 0;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[512];
        snprintf(path, sizeof path, "/assets/%s", entry->d_name);
        if (is_asset(entry->d_name)) {
            expect_file(path, entry->d_name);
            served++;
        }
    }
    closedir(folder);
    assert_true(served >= 9);
}

static void
scripts_styles_and_pictures_have_their_types(void **state)
{
    static const char *const types[][2] = {
        {"/assets/chart.js", "text/javascript; charset=utf-8"},
        {"/assets/main.js", "text/javascript; charset=utf-8"},
        {"/assets/style.css", "text/css; charset=utf-8"},
        {"/assets/icon.svg", "image/svg+xml"},
    };
    START("shards=1");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        assert_int_equal(client_call(&service.admin, "GET", types[i][0], NULL), 200);
        expect_admin_header("Content-Type", types[i][1]);
        expect_admin_header("X-Content-Type-Options", "nosniff");
    }
}

static void
what_is_not_an_asset_is_not_found(void **state)
{
    static const char *const paths[] = {"/assets/none.js", "/assets/", "/assets/..%2Fmain.js",
                                        "/assets/index.html", "/index.html"};
    START("shards=1");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(client_call(&service.admin, "GET", paths[i], NULL), 404);
}

static void
the_page_lets_no_script_run_but_its_own_and_nobody_frame_it(void **state)
{
    START("shards=1");
    assert_int_equal(client_call(&service.admin, "GET", "/", NULL), 200);
    char *policy = client_reply_header(&service.admin, "Content-Security-Policy");
    assert_non_null(policy);
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_non_null(strstr(policy, "script-src 'self';"));
    assert_non_null(strstr(policy, "frame-ancestors 'none'"));
    assert_null(strstr(policy, "unsafe"));
    free(policy);
    expect_admin_header("Referrer-Policy", "no-referrer");
}

static void
the_page_is_open_where_its_figures_need_a_token(void **state)
{
    START("auth.read=read-read-read-read-read-read-32");
    assert_int_equal(client_call(&service.admin, "GET", "/", NULL), 200);
    assert_int_equal(client_call(&service.admin, "GET", "/assets/main.js", NULL), 200);
    assert_int_equal(client_call(&service.admin, "GET", "/v1/gc", NULL), 401);
}

// A link in a wiki or on another dashboard leads to the page. What is behind it stays closed to it.
static void
another_site_may_link_to_the_page_and_to_nothing_else(void **state)
{
    static const char *const cross = "Sec-Fetch-Site: cross-site";
    START("shards=1");
    client_add_header(&service.admin, cross);
    assert_int_equal(client_call(&service.admin, "GET", "/", NULL), 200);
    client_add_header(&service.admin, cross);
    assert_int_equal(client_call(&service.admin, "GET", "/assets/main.js", NULL), 200);
    client_add_header(&service.admin, cross);
    assert_int_equal(client_call(&service.admin, "GET", "/v1/gc", NULL), 403);
    client_add_header(&service.admin, cross);
    assert_int_equal(client_call(&service.admin, "POST", "/", NULL), 403);
    client_add_header(&service.admin, "Origin: http://example.com");
    assert_int_equal(client_call(&service.admin, "GET", "/", NULL), 403);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(the_admin_plane_has_a_page_and_the_data_plane_has_none),
        SERVICE_TEST(every_file_of_the_folder_is_served_as_it_stands_there),
        SERVICE_TEST(scripts_styles_and_pictures_have_their_types),
        SERVICE_TEST(what_is_not_an_asset_is_not_found),
        SERVICE_TEST(the_page_lets_no_script_run_but_its_own_and_nobody_frame_it),
        SERVICE_TEST(the_page_is_open_where_its_figures_need_a_token),
        SERVICE_TEST(another_site_may_link_to_the_page_and_to_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
