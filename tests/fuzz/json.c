// SPDX-License-Identifier: MIT
//
// JSON of strangers: the limits hold before anything is built, and what is accepted is kept so that
// it is accepted again.
#include "fuzz.h"

#include "base/json.h"
#include "base/plain.h"

static const struct json_limits limits = {.depth = 8, .members = 40, .string = 64, .as_text = true};

static void
walk(struct span object)
{
    struct json_walk w = json_walk_members(object);
    struct span key, value;
    struct text t;
    text_init(&t);
    while (json_next_member(&w, &key, &value)) {
        MUST(key.data >= object.data && value.data + value.len <= object.data + object.len);
        json_add_unescaped(&t, key);
    }
    text_fini(&t);
}

static void
read_again(struct span text)
{
    struct text once, twice;
    char detail[160];
    json_t *root;
    text_init(&once);
    text_init(&twice);
    json_add_compact(&once, text);
    struct span compact = {once.data, once.len};
    MUST(json_read(compact, &limits, &root, detail, sizeof detail) == JSON_FINE);
    json_decref(root);
    json_add_compact(&twice, compact);
    MUST(span_equal(compact, (struct span){twice.data, twice.len}));
    text_fini(&once);
    text_fini(&twice);
}

// Whatever is read without jansson, jansson reads alike.
static void
read_plain(struct span text)
{
    static const struct json_limits least = {.depth = 2, .members = 16, .string = 128};
    char detail[160];
    struct span value;
    json_t *root;
    if (!plain_read_member(text, "a", &value))
        return;
    MUST(json_read(text, &least, &root, detail, sizeof detail) == JSON_FINE);
    const json_t *member = json_object_get(root, "a");
    MUST(json_object_size(root) == 1 && json_is_string(member));
    MUST(span_equal(value, (struct span){json_string_value(member), json_string_length(member)}));
    json_decref(root);
}

// What is known to be right without jansson, jansson takes as well.
static void
check_plain(struct span text)
{
    static const struct json_limits wide = {64, 1 << 20, 1 << 20, .as_text = true};
    char detail[160];
    json_t *root = NULL;
    if (plain_is_object(text))
        MUST(json_read(text, &wide, &root, detail, sizeof detail) == JSON_FINE);
    json_decref(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    char detail[160] = "";
    json_t *root = NULL;
    enum json_fault fault = json_read(text, &limits, &root, detail, sizeof detail);
    read_plain(text);
    check_plain(text);
    MUST((fault == JSON_FINE) == (root != NULL));
    if (fault == JSON_FINE) {
        MUST(json_check_limits(text, &limits, detail, sizeof detail) == JSON_FINE);
        walk(text);
        read_again(text);
        json_decref(root);
    } else {
        MUST(detail[0] != '\0');
    }
    return 0;
}
