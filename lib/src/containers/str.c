// SPDX-License-Identifier: MIT
#include "containers/str.h"

#include "containers/siphash.h"
#include "object/object.h"

#include <string.h>

// The hash stands in the header, in place of a mark; 0: not computed yet.
struct str {
    uint32_t len;
    char inline_[4]; // and on to the end of the slot
    char *spilled;   // instead, when the whole does not fit into an object
};

enum { INLINE_AT = offsetof(struct str, inline_) };

static const size_t max_inline = TNI_MAX_OBJECT - sizeof(tn_object) - INLINE_AT - 1;
static const size_t max_len = UINT32_MAX - 64;

static struct str *
str_of(const tn_object *o)
{
    return tni_payload_as(o, TNI_TYPE_STR);
}

static char *
bytes_of(struct str *s)
{
    return s->len > max_inline ? s->spilled : s->inline_;
}

static size_t
object_size(size_t len)
{
    size_t payload = len > max_inline ? sizeof(struct str) : INLINE_AT + len + 1;
    return sizeof(tn_object) + payload;
}

// The bytes of a long one, before there is an object that would have to be undone.
static char *
spill(struct tni_objects *s, size_t len, const tn_site *site)
{
    s->memory.site = site;
    return tni_buffer_alloc(&s->memory, &s->types[TNI_TYPE_STR]->account, len + 1);
}

tn_object *
tn_str_new_at(tn_heap *heap, const char *data, size_t len, const tn_site *site)
{
    struct tni_objects *s = (struct tni_objects *)heap;
    bool is_long = len > max_inline;
    char *spilled = len <= max_len && is_long ? spill(s, len, site) : NULL;
    if (is_long && spilled == NULL)
        return NULL;
    tn_object *o = tni_object_new_sized(s, s->types[TNI_TYPE_STR], object_size(len), false, site);
    if (o == NULL) {
        tni_buffer_free(&s->memory, &s->types[TNI_TYPE_STR]->account, spilled, len + 1);
        return NULL;
    }
    struct str *str = str_of(o);
    str->len = (uint32_t)len;
    if (is_long)
        str->spilled = spilled;
    if (len > 0)
        memcpy(bytes_of(str), data, len);
    bytes_of(str)[len] = '\0';
    return o;
}

static void
str_clear(tn_object *o)
{
    struct str *str = str_of(o);
    struct tni_objects *s = tni_objects_of(o);
    if (str->len <= max_inline)
        return;
    tni_buffer_free(&s->memory, &s->types[TNI_TYPE_STR]->account, str->spilled, str->len + 1u);
    str->len = 0;
}

static size_t
str_size_of(const tn_object *o)
{
    struct str *str = str_of(o);
    return str->len > max_inline ? tni_buffer_occupies(str->len + 1u) : 0;
}

static bool
str_check(const tn_object *o)
{
    return bytes_of(str_of(o))[str_of(o)->len] == '\0';
}

const struct tni_builtin tni_str_type = {
    .spec = {.name = "str",
             .native = sizeof(struct str),
             .flags = TN_ACYCLIC,
             .clear = str_clear,
             .size_of = str_size_of},
    .leaf = true,
    .check = str_check,
};

// --- Public ----------------------------------------------------------------------------------

const char *
tn_str_data(const tn_object *o)
{
    return bytes_of(str_of(o));
}

size_t
tn_str_len(const tn_object *o)
{
    return str_of(o)->len;
}

bool
tn_is_str(tn_value v)
{
    return tni_value_is(v, TNI_TYPE_STR);
}

// A str keeps 32 bits of its hash. Tables take theirs from the upper half.
static uint64_t
spread(uint32_t hash)
{
    return (uint64_t)hash << 32 | hash;
}

uint64_t
tni_hash_bytes(const struct tni_objects *s, const char *data, size_t len)
{
    uint32_t hash = (uint32_t)tni_siphash(s->hash_key, data, len);
    return spread(hash != 0 ? hash : 1);
}

uint64_t
tn_str_hash(const tn_object *o)
{
    struct str *str = str_of(o);
    uint32_t *hash = &((tn_object *)(uintptr_t)o)->mark;
    if (*hash == 0)
        *hash = (uint32_t)tni_hash_bytes(tni_objects_of(o), bytes_of(str), str->len);
    return spread(*hash);
}

bool
tni_str_is(const tn_object *o, const char *data, size_t len)
{
    struct str *str = str_of(o);
    return str->len == len && memcmp(bytes_of(str), data, len) == 0;
}

bool
tn_str_equal(const tn_object *a, const tn_object *b)
{
    return a == b || tni_str_is(a, tn_str_data(b), tn_str_len(b));
}
