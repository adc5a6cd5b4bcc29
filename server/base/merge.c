// SPDX-License-Identifier: MIT
//
// merge: a JSON merge patch (RFC 7396) from text to text, so that numbers stay as they are written.
//
// Names are compared as they are meant, without their escapes, and written as whoever brought them
// wrote them. The recursion is as deep as the patch, whose depth has a limit.
#include "base/merge.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct member {
    struct span name; // without escapes
    struct span key, value;
    bool is_used; // the target has it
};

// The members of a patch in their own order, and a way to find them.
struct patch {
    struct text names; // what the members' names point into
    struct member *members;
    struct member **sorted;
    size_t count;
};

static int
compare_names(const void *a, const void *b)
{
    struct span x = (*(struct member *const *)a)->name, y = (*(struct member *const *)b)->name;
    int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

static size_t
count_members(struct span object)
{
    size_t count = 0;
    struct span key, value;
    for (struct json_walk w = json_walk_members(object); json_next_member(&w, &key, &value);)
        count++;
    return count;
}

// The text of names moves while it grows, so they are pointed to when all are there.
static void
add_members(struct patch *p, struct span object)
{
    struct member *m = p->members;
    struct json_walk w = json_walk_members(object);
    for (; json_next_member(&w, &m->key, &m->value); m++) {
        size_t before = p->names.len;
        json_add_unescaped(&p->names, m->key);
        m->name.len = p->names.len - before;
    }
    const char *name = p->names.data ? p->names.data : "";
    for (size_t i = 0; i < p->count; i++) {
        p->members[i].name.data = name;
        name += p->members[i].name.len;
        p->sorted[i] = &p->members[i];
    }
}

static bool
patch_init(struct patch *p, struct span object)
{
    *p = (struct patch){.count = count_members(object)};
    p->members = calloc(p->count + 1, sizeof *p->members); // the walk's end needs one more
    p->sorted = calloc(p->count + 1, sizeof *p->sorted);
    if (!p->members || !p->sorted)
        return false;
    add_members(p, object);
    if (p->names.failed)
        return false;
    qsort(p->sorted, p->count, sizeof *p->sorted, compare_names);
    return true;
}

static void
patch_fini(struct patch *p)
{
    text_fini(&p->names);
    free(p->members);
    free(p->sorted);
}

static struct member * /* borrowed */
patch_find(const struct patch *p, struct span name)
{
    struct member wanted = {.name = name}, *key = &wanted;
    struct member **found = bsearch(&key, p->sorted, p->count, sizeof *p->sorted, compare_names);
    return found ? *found : NULL;
}

static void
add_key(struct text *t, struct span key, bool *is_first)
{
    text_adds(t, *is_first ? "\"" : ",\"");
    text_add_span(t, key);
    text_adds(t, "\":");
    *is_first = false;
}

static bool
is_object(struct span value)
{
    return value.len > 0 && value.data[0] == '{';
}

static void
add_kept(struct text *t, struct patch *p, struct span target, bool *is_first)
{
    struct span key, value;
    struct text name;
    text_init(&name);
    for (struct json_walk w = json_walk_members(target); json_next_member(&w, &key, &value);) {
        name.len = 0;
        json_add_unescaped(&name, key);
        struct member *m = patch_find(p, (struct span){name.data ? name.data : "", name.len});
        if (m)
            m->is_used = true;
        if (m && span_is(m->value, "null"))
            continue;
        add_key(t, key, is_first);
        if (m)
            merge_patch(t, value, m->value);
        else
            text_add_span(t, value);
    }
    t->failed |= name.failed;
    text_fini(&name);
}

static void
add_new(struct text *t, const struct patch *p, bool *is_first)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct member *m = &p->members[i];
        if (m->is_used || span_is(m->value, "null"))
            continue;
        add_key(t, m->key, is_first);
        merge_patch(t, (struct span){0}, m->value);
    }
}

void
merge_patch(struct text *t, struct span target, struct span patch)
{
    struct patch p;
    bool is_first = true;
    if (!is_object(patch)) {
        text_add_span(t, patch);
        return;
    }
    text_adds(t, "{");
    if (patch_init(&p, patch)) {
        if (is_object(target))
            add_kept(t, &p, target, &is_first);
        add_new(t, &p, &is_first);
    } else {
        t->failed = true;
    }
    patch_fini(&p);
    text_adds(t, "}");
}
