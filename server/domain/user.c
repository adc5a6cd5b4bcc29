// SPDX-License-Identifier: MIT
//
// user: the object of a user in the heap.
//
// Texts are kept as they will be shown: the attributes as JSON, the last session by its own object.
#include "domain/user.h"

#include "base/secret.h"
#include "domain/session.h"

#include <endian.h>
#include <string.h>

enum { USER_ID_MAX = 128 };

static bool
is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_.@-", c));
}

bool
user_id_is_valid(struct span id)
{
    if (id.len < 1 || id.len > USER_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (!is_id_char(id.data[i]))
            return false;
    return true;
}

tn_err
user_type_register(tn_heap *heap, tn_type **type)
{
    static const char *const slots[] = {"id",       "name",         "email", "attributes",
                                        "sessions", "last_session", NULL};
    return tn_type_register(
        heap,
        &(tn_type_spec){.name = "user",
                        .slots = slots,
                        .native = sizeof(struct user) - offsetof(struct user, version),
                        .flags = TN_WEAK},
        type);
}

// An absent span leaves the slot absent. False: out of memory.
static bool
set_text(struct shard *s, tn_object *user, enum user_slot slot, struct span text)
{
    if (!text.data)
        return true;
    tn_object *str = tn_str_new(s->heap, text.data, text.len);
    tn_slot_set_steal(user, slot, tn_ref(str));
    return str != NULL;
}

static bool
set_list(struct shard *s, tn_object *user)
{
    tn_object *list = tn_list_new(s->heap);
    tn_slot_set_steal(user, USER_SESSIONS, tn_ref(list));
    return list != NULL;
}

tn_object *
user_new(struct shard *s, const struct user_row *row)
{
    tn_object *user = tn_new(s->heap, s->user_type);
    if (!user)
        return NULL;
    struct user *u = user_of(user);
    u->version = row->version;
    u->created_at = row->created_at;
    u->updated_at = row->updated_at;
    u->next_expiry = INT64_MAX;
    if (set_text(s, user, USER_ID, row->id) && set_text(s, user, USER_NAME, row->name) &&
        set_text(s, user, USER_EMAIL, row->email) &&
        set_text(s, user, USER_ATTRIBUTES, row->attributes) && set_list(s, user))
        return user;
    tn_decref(user);
    return NULL;
}

void
user_take_over(tn_object *user, const tn_object *from)
{
    struct user *u = user_of(user);
    const struct user *f = user_of(from);
    tn_slot_set(user, USER_NAME, f->name);
    tn_slot_set(user, USER_EMAIL, f->email);
    tn_slot_set(user, USER_ATTRIBUTES, f->attributes);
    u->version = f->version;
    u->created_at = f->created_at;
    u->updated_at = f->updated_at;
}

// Absent for an absent value.
static struct span
span_of_str(tn_value v)
{
    const tn_object *str = tn_as_object(v);
    return str ? (struct span){tn_str_data(str), tn_str_len(str)} : (struct span){0};
}

struct span
user_id(const tn_object *user)
{
    return span_of_str(user_of(user)->id);
}

void
user_fill_row(const tn_object *user, struct user_row *row)
{
    const struct user *u = user_of(user);
    *row = (struct user_row){.id = span_of_str(u->id),
                             .name = span_of_str(u->name),
                             .email = span_of_str(u->email),
                             .attributes = span_of_str(u->attributes),
                             .version = u->version,
                             .created_at = u->created_at,
                             .updated_at = u->updated_at};
}

// The hash of a hash, because the two parts do not lie beside each other.
struct etag
user_etag(const struct shard *s, const tn_object *user)
{
    const struct user *u = user_of(user);
    const uint8_t *key = s->around.hash_key;
    const tn_object *last = tn_as_object(u->last_session);
    uint64_t parts[] = {htole64(u->live),
                        htole64(secret_siphash(key, last ? session_text(last) : SPAN("")))};
    struct span bytes = {(const char *)parts, sizeof parts};
    return (struct etag){u->version, secret_siphash(key, bytes)};
}

static void
add_row(struct text *t, const struct user_row *row, size_t live)
{
    text_adds(t, "{\"id\":");
    text_add_json(t, row->id);
    text_adds(t, ",\"name\":");
    text_add_json(t, row->name);
    text_adds(t, ",\"email\":");
    text_add_json(t, row->email);
    text_adds(t, ",\"attributes\":");
    text_add_span(t, row->attributes);
    text_adds(t, ",\"version\":");
    text_add_int(t, row->version);
    text_adds(t, ",\"created_at\":");
    text_add_time(t, row->created_at);
    text_adds(t, ",\"updated_at\":");
    text_add_time(t, row->updated_at);
    text_adds(t, ",\"sessions\":");
    text_add_int(t, (int64_t)live);
    text_adds(t, ",\"last_session\":");
    text_add_span(t, row->last_session.data ? row->last_session : SPAN("null"));
    text_adds(t, "}");
}

void
user_add_json(struct text *t, const tn_object *user)
{
    const tn_object *last = tn_as_object(user_of(user)->last_session);
    struct user_row row;
    user_fill_row(user, &row);
    if (last)
        row.last_session = session_text(last);
    add_row(t, &row, user_of(user)->live);
}

void
user_add_row_json(struct text *t, const struct user_row *row)
{
    add_row(t, row, (size_t)row->sessions);
}
