// SPDX-License-Identifier: MIT
//
// server/base/keys.c: the table, config/tenured.json, its schema and its README say the same of
// each key.
#include "support.h"

#include "base/clock.h"
#include "base/keys.h"

static json_t *shipped, *schema;
static char readme[65536];

static int
read_files(void **state)
{
    FILE *file = fopen("../config/README.md", "re");
    assert_non_null(file);
    readme[fread(readme, 1, sizeof readme - 1, file)] = '\0';
    fclose(file);
    shipped = json_load_file("../config/tenured.json", JSON_REJECT_DUPLICATES, NULL);
    schema = json_load_file("../config/tenured.schema.json", JSON_REJECT_DUPLICATES, NULL);
    return shipped == NULL || schema == NULL;
}

static int
forget_files(void **state)
{
    json_decref(shipped);
    json_decref(schema);
    return 0;
}

// The part of [object] at [path]; in a schema, what stands between two names is "properties".
static json_t * /* borrowed */
part_at(json_t *object, const char *path, const char *between)
{
    char name[64];
    const char *dot = strchrnul(path, '.');
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    if (between != NULL)
        object = json_object_get(object, between);
    object = json_object_get(object, name);
    return *dot != '\0' ? part_at(object, dot + 1, between) : object;
}

static const char *
word(const json_t *part, const char *name)
{
    const char *value = json_string_value(json_object_get(part, name));
    return value != NULL ? value : "";
}

// How many values stand at the ends of the paths of a document.
static size_t
count_values(json_t *object)
{
    const char *name;
    json_t *part;
    size_t count = 0;
    json_object_foreach(object, name, part) count += json_is_object(part) ? count_values(part) : 1;
    return count;
}

static size_t
count_properties(json_t *object)
{
    const char *name;
    json_t *part;
    size_t count = 0;
    json_object_foreach(json_object_get(object, "properties"), name, part)
    {
        bool section = json_object_get(part, "properties") != NULL;
        count += section ? count_properties(part) : 1;
        if (section)
            assert_true(json_is_false(json_object_get(part, "additionalProperties")));
    }
    return count;
}

static void
every_key_is_in_all_four_and_nothing_else_is(void **state)
{
    size_t count = 0;
    for (const struct key *key; (key = keys_at(count)) != NULL; count++) {
        char row[128];
        snprintf(row, sizeof row, "\n| `%s` | ", key->path);
        if (part_at(shipped, key->path, NULL) == NULL || strstr(readme, row) == NULL ||
            part_at(schema, key->path, "properties") == NULL)
            fail_msg("%s is missing in config/", key->path);
        assert_ptr_equal(keys_find(key->path), key);
    }
    assert_int_equal(count_values(shipped), count);
    assert_int_equal(count_properties(schema), count);
    assert_null(keys_find("no.such.key"));
    size_t rows = 0;
    for (const char *p = strstr(readme, "\n| key |"); p != NULL && p[1] == '|';
         p = strchr(p + 1, '\n'))
        rows++;
    assert_int_equal(rows, count + 2); // the head, and the line below it
}

static void
every_default_is_the_same(void **state)
{
    const struct key *key;
    for (size_t i = 0; (key = keys_at(i)) != NULL; i++) {
        json_t *value = part_at(shipped, key->path, NULL);
        json_t *in_schema = json_object_get(part_at(schema, key->path, "properties"), "default");
        json_t *in_table = json_loads(key->fallback, JSON_DECODE_ANY, NULL);
        if (json_is_string(value)) {
            json_decref(in_table);
            in_table = json_string(key->fallback);
        }
        if (!json_equal(in_table, value) || !json_equal(in_schema, value))
            fail_msg("%s: another default", key->path);
        json_decref(in_table);
        char row[256];
        snprintf(row, sizeof row, "\n| `%s` | `%s` |", key->path, key->fallback);
        if (key->kind != KEY_RULES && strstr(readme, row) == NULL)
            fail_msg("%s: the README has another default", key->path);
    }
}

// The cells behind the default in the README's row of [key].
static void
read_range(const struct key *key, char *cells, size_t size)
{
    char row[256];
    snprintf(row, sizeof row, "\n| `%s` | `%s` |", key->path, key->fallback);
    const char *p = strstr(readme, row);
    assert_non_null(p);
    p += strlen(row);
    snprintf(cells, size, "%.*s", (int)strcspn(p, "|"), p);
}

// "A to B", then a comma or nothing.
static void
assert_range(const struct key *key, const char *text, bool duration)
{
    char least[32], most[32];
    int64_t low, high;
    assert_int_equal(sscanf(text, "%31s to %31[a-z0-9]", least, most), 2);
    if (duration) {
        assert_true(duration_parse(least, &low) && duration_parse(most, &high));
    } else {
        low = atoll(least);
        high = atoll(most);
    }
    if (low != key->least || high != key->most)
        fail_msg("%s: another range: %s", key->path, text);
}

static void
assert_choices(const struct key *key, const json_t *words, const char *range)
{
    char all[256] = "", shown[256] = " ";
    size_t i;
    json_t *choice;
    json_array_foreach(words, i, choice)
    {
        const char *name = json_string_value(choice);
        size_t len = strlen(all), end = strlen(shown);
        snprintf(all + len, sizeof all - len, "%s%s", i > 0 ? " " : "", name);
        snprintf(shown + end, sizeof shown - end, "%s`%s`", i > 0 ? ", " : "", name);
    }
    assert_string_equal(all, key->choices);
    assert_memory_equal(range, shown, strlen(shown));
}

static void
assert_bounds(const struct key *key, const json_t *part)
{
    char range[256], shares[64];
    read_range(key, range, sizeof range);
    switch (key->kind) {
    case KEY_INTEGER:
        assert_string_equal(word(part, "type"), "integer");
        assert_int_equal(json_integer_value(json_object_get(part, "minimum")), key->least);
        assert_int_equal(json_integer_value(json_object_get(part, "maximum")), key->most);
        assert_range(key, range, false);
        break;
    case KEY_DURATION:
        assert_string_equal(word(part, "$ref"), "#/$defs/duration");
        assert_range(key, strstr(word(part, "description"), "From ") + 5, true);
        assert_range(key, range, true);
        break;
    case KEY_CHOICE:
        assert_string_equal(word(part, "type"), "string");
        assert_choices(key, json_object_get(part, "enum"), range);
        break;
    case KEY_BOOLEAN:
        assert_string_equal(word(part, "type"), "boolean");
        break;
    case KEY_SHARE:
        assert_string_equal(word(part, "type"), "number");
        assert_true(json_number_value(json_object_get(part, "minimum")) * 100 == key->least);
        assert_true(json_number_value(json_object_get(part, "maximum")) * 100 == key->most);
        snprintf(shares, sizeof shares, " %g to %g ", key->least / 1e2, key->most / 1e2);
        assert_string_equal(range, shares);
        break;
    case KEY_THRESHOLDS:
        assert_string_equal(word(part, "type"), "array");
        part = json_object_get(part, "items");
        assert_int_equal(json_integer_value(json_object_get(part, "minimum")), key->least);
        assert_int_equal(json_integer_value(json_object_get(part, "maximum")), key->most);
        assert_range(key, range, false);
        break;
    case KEY_HOSTS:
        assert_int_equal(json_integer_value(json_object_get(part, "maxItems")), key->most);
        break;
    case KEY_TOKENS:
        assert_string_equal(word(part, "$ref"), "#/$defs/tokens");
        break;
    default:
        assert_string_equal(word(part, "type"), "string");
    }
}

static void
every_type_and_range_is_the_same(void **state)
{
    const struct key *key;
    for (size_t i = 0; (key = keys_at(i)) != NULL; i++) {
        const json_t *part = part_at(schema, key->path, "properties");
        assert_true(strlen(word(part, "description")) > 0);
        if (key->kind != KEY_RULES)
            assert_bounds(key, part);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_in_all_four_and_nothing_else_is),
        cmocka_unit_test(every_default_is_the_same),
        cmocka_unit_test(every_type_and_range_is_the_same),
    };
    return cmocka_run_group_tests(tests, read_files, forget_files);
}
