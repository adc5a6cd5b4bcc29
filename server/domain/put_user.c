// SPDX-License-Identifier: MIT
//
// put_user: creates a user, or changes name, email and attributes of one.
//
// What the user will be is built as an object of its own before the row leaves, so that applying it
// needs no memory. A new user is that object.
#include "domain/put_user.h"

#include "base/clock.h"
#include "base/merge.h"
#include "domain/ending.h"
#include "domain/expiry.h"
#include "domain/fresh.h"
#include "domain/kept.h"

// Another instance may have deleted them since, and made them again.
static bool
is_what_became_of(const tn_object *draft, const tn_object *user)
{
    return user_of(user)->version < user_of(draft)->version &&
           user_of(user)->created_at == user_of(draft)->created_at;
}

// A user who finds no place in the map is dropped, as any user to whom nobody refers.
static tn_object * /* borrowed */
apply(struct put_user *p)
{
    tn_object *user =
        p->user ? p->user : tn_weakmap_borrow_str(p->shard->users, p->id.data, p->id.len);
    if (user) {
        if (is_what_became_of(p->draft, user))
            user_take_over(user, p->draft);
        return user;
    }
    absent_forget(&p->shard->absent, p->id);
    tn_weakmap_set(p->shard->users, user_of(p->draft)->id, p->draft);
    kept_use(p->shard, p->draft);
    return p->draft;
}

enum { ATTEMPTS_MOST = 16 };

// Another instance was first: the same again, on what it left.
static void
try_again(struct put_user *p)
{
    if (p->user)
        fresh_spoil(p->user);
    TN_CLEAR(p->user);
    TN_CLEAR(p->draft);
    cache_leave(&p->lookup);
    if (++p->attempts < ATTEMPTS_MOST)
        cache_lookup(&p->lookup);
    else
        shard_answer(p->shard, &p->answer, OUTCOME_BUSY);
}

// On the writer's thread. The user is held until those who waited for the write have seen them.
static void
on_written(struct change *c, bool ok)
{
    struct put_user *p = CONTAINER_OF(c, struct put_user, change);
    struct shard *s = p->shard;
    shard_take(s);
    fresh_note_write(s, p->draft);
    if (ok && c->result == CHANGE_STALE) {
        try_again(p);
        shard_give(s);
        return;
    }
    if (!ok && p->user)
        fresh_spoil(p->user);
    if (ok) {
        tn_object *user = apply(p);
        expiry_sweep_user(s, user, clock_ms());
        user_add_json(&p->document, user);
        ending_retry(s);
    }
    cache_leave(&p->lookup);
    TN_CLEAR(p->user);
    TN_CLEAR(p->draft);
    shard_answer(s, &p->answer, ok ? OUTCOME_DONE : OUTCOME_NO_STORE);
    shard_give(s);
}

// The user as [row], one version further.
static enum outcome
make_draft(struct put_user *p, const tn_object *user, struct user_row *row)
{
    row->updated_at = clock_ms();
    row->created_at = user ? user_of(user)->created_at : row->updated_at;
    row->version = user ? user_of(user)->version + 1 : 1;
    p->draft = user_new(p->shard, row);
    return p->draft ? OUTCOME_DONE : OUTCOME_NO_MEMORY;
}

// Patched attributes must be such as a client could have sent.
static bool
is_within_limits(const struct user_patch *patch, const struct text *attributes)
{
    char detail[160];
    return attributes->len <= patch->size_limit &&
           json_check_limits((struct span){attributes->data, attributes->len}, &patch->limits,
                             detail, sizeof detail) == JSON_FINE;
}

static enum outcome
make_merged_draft(struct put_user *p, const tn_object *user, struct user_row *row)
{
    struct text attributes;
    enum outcome outcome = OUTCOME_LARGE;
    text_init(&attributes);
    merge_patch(&attributes, row->attributes, p->attributes);
    row->attributes = (struct span){attributes.data, attributes.len};
    if (attributes.failed)
        outcome = OUTCOME_NO_MEMORY;
    else if (is_within_limits(&p->patch, &attributes))
        outcome = make_draft(p, user, row);
    text_fini(&attributes);
    return outcome;
}

static enum outcome
make_patched_draft(struct put_user *p, const tn_object *user)
{
    struct user_row row;
    user_fill_row(user, &row);
    if (p->name.data)
        row.name = p->name;
    if (p->email.data || p->patch.removes_email)
        row.email = p->email;
    if (p->patch.removes_attributes)
        row.attributes = SPAN("{}");
    return p->attributes.data ? make_merged_draft(p, user, &row) : make_draft(p, user, &row);
}

static enum outcome
make_any_draft(struct put_user *p, const tn_object *user)
{
    struct user_row row = {
        .id = p->id, .name = p->name, .email = p->email, .attributes = p->attributes};
    return p->patch.is_patch ? make_patched_draft(p, user) : make_draft(p, user, &row);
}

static enum outcome
submit(struct put_user *p, tn_object *user)
{
    if (!user && p->patch.is_patch)
        return OUTCOME_ABSENT;
    if (user && p->must_create)
        return OUTCOME_EXISTS;
    if (p->if_match && !(user && etag_list_has_version(p->if_match, user_of(user)->version)))
        return OUTCOME_MISMATCH;
    enum outcome outcome = make_any_draft(p, user);
    if (outcome != OUTCOME_DONE)
        return outcome;
    p->change = (struct change){.kind = CHANGE_PUT_USER,
                                .expected = user ? user_of(user)->version : CHANGE_EXPECTS_NONE,
                                .done = on_written};
    user_fill_row(p->draft, &p->change.user);
    if (!writer_submit(p->shard->around.writer, &p->change)) {
        TN_CLEAR(p->draft);
        return OUTCOME_BUSY;
    }
    p->is_new = user == NULL;
    p->user = user ? tn_incref(user) : NULL;
    return OUTCOME_DONE;
}

static bool
on_found(struct lookup *l, enum outcome outcome, tn_object *user)
{
    struct put_user *p = CONTAINER_OF(l, struct put_user, lookup);
    if (outcome == OUTCOME_DONE || outcome == OUTCOME_ABSENT)
        outcome = submit(p, user);
    if (outcome == OUTCOME_DONE)
        return true;
    shard_answer(p->shard, &p->answer, outcome);
    return false;
}

void
put_user_start(struct put_user *p)
{
    struct shard *s = p->shard;
    text_init(&p->document);
    p->user = p->draft = NULL;
    p->attempts = 0;
    p->lookup =
        (struct lookup){.op = {.id = p->id}, .shard = s, .is_exclusive = true, .found = on_found};
    shard_take(s);
    cache_lookup(&p->lookup);
    shard_give(s);
}
