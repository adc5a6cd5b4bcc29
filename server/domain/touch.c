// SPDX-License-Identifier: MIT
//
// touch: a session is used: memory knows it at once, the store a little later.
//
// The touched sessions of a shard are linked through the sessions themselves, so that a touch needs
// no memory. The list holds no references: a session leaves it when it ends. Nor do rows on their
// way: a reference given back would make each session a suspect of the collector.
#include "domain/touch.h"

#include "base/assert.h"

#include <string.h>

_Static_assert((int)TOUCH_KEY_SIZE == (int)SESSION_ID_LEN, "the id of a session");

static void
enlist(struct shard *s, tn_object *session)
{
    struct touches *t = &s->touches;
    struct session *x = session_of(session);
    if (x->is_touched)
        return;
    x->is_touched = true;
    x->touched_before = t->last;
    *(t->last ? &session_of(t->last)->touched_behind : &t->first) = session;
    t->last = session;
    t->count++;
}

void
touch_session(struct shard *s, tn_object *session, int64_t now)
{
    if (session_touch(session, now))
        enlist(s, session);
}

void
touch_forget(struct shard *s, tn_object *session)
{
    struct touches *t = &s->touches;
    struct session *x = session_of(session);
    tn_object *before = x->touched_before, *behind = x->touched_behind;
    if (!x->is_touched)
        return;
    *(before ? &session_of(before)->touched_behind : &t->first) = behind;
    *(behind ? &session_of(behind)->touched_before : &t->last) = before;
    t->count--;
    x->is_touched = false;
    x->touched_before = x->touched_behind = NULL;
}

// Whoever is still live is touched again.
static void
enlist_again(struct shard *s)
{
    for (size_t i = 0; i < s->touches.change.count; i++) {
        tn_object *session = index_borrow(&s->sessions, s->touches.ids[i]);
        if (session)
            enlist(s, session);
    }
}

static void
take_row(struct shard *s, size_t i)
{
    tn_object *session = s->touches.first;
    const struct session *x = session_of(session);
    memcpy(s->touches.ids[i], x->id, SESSION_ID_LEN);
    s->touches.rows[i] = (struct touch){
        x->k, x->last_seen_at, x->idle_expires_at, {s->touches.ids[i], SESSION_ID_LEN}};
    touch_forget(s, session);
}

static void on_written(struct change *c, bool ok);

static void
send_due(struct shard *s)
{
    struct touches *t = &s->touches;
    size_t count = 0;
    for (; t->due > 0 && t->first && count < TOUCH_ROWS; t->due--)
        take_row(s, count++);
    t->is_flushing = count > 0;
    if (!t->is_flushing)
        return;
    t->change = (struct change){
        .kind = CHANGE_TOUCH_SESSIONS, .touches = t->rows, .count = count, .done = on_written};
    writer_submit_always(s->around.writer, &t->change);
}

// On the writer's thread. A store that failed is not asked again before the next flush.
static void
on_written(struct change *c, bool ok)
{
    struct shard *s = CONTAINER_OF(c, struct shard, touches.change);
    shard_take(s);
    s->touches.is_flushing = false;
    if (ok)
        send_due(s);
    else
        enlist_again(s);
    shard_give(s);
}

// What is touched from here on waits for the next flush, so that a session that is touched all the
// time costs one row a flush.
void
touch_flush(struct shard *s)
{
    assert_held(&s->lock);
    s->touches.due = s->touches.count;
    if (!s->touches.is_flushing)
        send_due(s);
}
