// SPDX-License-Identifier: MIT
//
// The writes of what is there as calls that wait: of a session's data and token, and a user's end.
#ifndef TESTS_WRITES_FIXTURE_H
#define TESTS_WRITES_FIXTURE_H

#include "domain_fixture.h"

#include "domain/delete_user.h"
#include "domain/touch.h"
#include "domain/write_session.h"

struct writing {
    struct write_session write;
    sem_t told;
};

static inline void
writing_tell(struct answer *a)
{
    sem_post(&CONTAINER_OF(a, struct writing, write.answer)->told);
}

static inline void
start_writing(struct writing *w, const char *user, const char *id, enum session_write what,
              const char *if_match, const char *data)
{
    *w = (struct writing){.write = {.answer = {.tell = writing_tell},
                                    .shard = shard_of(user),
                                    .slot = domain_slot_of_user(fixture->domain, span_of(user)),
                                    .id = {id, SESSION_ID_LEN},
                                    .what = what,
                                    .if_match = if_match,
                                    .data = span_of(data),
                                    .limits = {.depth = 8, .members = 100, .string = 1000},
                                    .size_limit = 1000}};
    sem_init(&w->told, 0, 0);
    write_session_start(&w->write);
}

static inline enum outcome
finish_writing(struct writing *w)
{
    while (sem_wait(&w->told) != 0)
        continue;
    sem_destroy(&w->told);
    return w->write.answer.outcome;
}

static inline enum outcome
patch(struct writing *w, const char *user, const char *id, const char *if_match, const char *data)
{
    start_writing(w, user, id, WRITE_PATCH, if_match, data);
    return finish_writing(w);
}

static inline enum outcome
rotate(struct writing *w, const char *user, const char *id)
{
    start_writing(w, user, id, WRITE_TOKEN, NULL, NULL);
    return finish_writing(w);
}

struct deleting {
    struct delete_user deletion;
    sem_t told;
};

static inline void
deleting_tell(struct answer *a)
{
    sem_post(&CONTAINER_OF(a, struct deleting, deletion.answer)->told);
}

static inline void
start_deleting(struct deleting *d, const char *id)
{
    *d = (struct deleting){
        .deletion = {.answer = {.tell = deleting_tell}, .shard = shard_of(id), .id = span_of(id)}};
    sem_init(&d->told, 0, 0);
    delete_user_start(&d->deletion);
}

static inline enum outcome
finish_deleting(struct deleting *d)
{
    while (sem_wait(&d->told) != 0)
        continue;
    sem_destroy(&d->told);
    return d->deletion.answer.outcome;
}

static inline enum outcome delete (const char *id) {
    struct deleting d; start_deleting(&d, id); return finish_deleting(&d);
}

// The document of a live session.
static inline void
expect_shown(const char *user, const char *id, const char *words)
{
    struct shard *s = shard_of(user);
    shard_take(s);
    tn_object *session = index_borrow(&s->sessions, id);
    assert_non_null(session);
    struct span text = session_text(session);
    if (!memmem(text.data, text.len, words, strlen(words)))
        fail_msg("there is no %s in %.*s", words, (int)text.len, text.data);
    shard_give(s);
}

#endif
