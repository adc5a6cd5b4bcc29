// SPDX-License-Identifier: MIT
#include "inspect/arena.h"

#include "trace/growth.h"

struct tni_chunk {
    struct tni_chunk *next;
};

enum { CHUNK = 16384, ALIGN = 16 };

static _Thread_local long fail_after = -1;

void
tni_scratch_fail_after(long after)
{
    fail_after = after;
}

void *
tni_scratch_resize(void *p, size_t size)
{
    if (TN_CHECKS > 0 && fail_after >= 0 && fail_after-- == 0)
        return NULL;
    return realloc(p, size);
}

static bool
add_chunk(struct tni_arena *a, size_t size)
{
    size_t room = size > CHUNK ? size : CHUNK;
    struct tni_chunk *chunk = tni_scratch_resize(NULL, room + ALIGN);
    if (chunk == NULL)
        return false;
    chunk->next = a->chunks;
    a->chunks = chunk;
    a->free = (char *)chunk + ALIGN;
    a->left = room;
    return true;
}

void *
tni_arena_take(struct tni_arena *a, size_t size)
{
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (size > a->left && !add_chunk(a, size))
        return NULL;
    void *taken = a->free;
    a->free += size;
    a->left -= size;
    return memset(taken, 0, size);
}

// --- Names ---------------------------------------------------------------------------------------

static size_t
hash_of(const char *text)
{
    uint64_t hash = 1;
    for (; *text != '\0'; text++)
        hash = tni_mix(hash, (unsigned char)*text);
    return hash;
}

// Where [text] stands, or the empty place where it would.
static const char **
find(const struct tni_arena *a, const char *text)
{
    size_t at = hash_of(text) & (a->room - 1);
    while (a->names[at] != NULL && strcmp(a->names[at], text) != 0)
        at = (at + 1) & (a->room - 1);
    return &a->names[at];
}

static bool
reserve_name(struct tni_arena *a)
{
    if (a->count * 2 < a->room)
        return true;
    struct tni_arena larger = {.room = a->room == 0 ? 64 : a->room * 2};
    larger.names = tni_scratch_resize(NULL, larger.room * sizeof *larger.names);
    if (larger.names == NULL)
        return false;
    memset(larger.names, 0, larger.room * sizeof *larger.names);
    for (size_t i = 0; i < a->room; i++)
        if (a->names[i] != NULL)
            *find(&larger, a->names[i]) = a->names[i];
    free(a->names);
    a->names = larger.names;
    a->room = larger.room;
    return true;
}

const char *
tni_arena_name(struct tni_arena *a, const char *text)
{
    if (!reserve_name(a))
        return NULL;
    const char **place = find(a, text);
    if (*place != NULL)
        return *place;
    size_t size = strlen(text) + 1;
    char *copy = tni_arena_take(a, size);
    if (copy == NULL)
        return NULL;
    a->count++;
    return *place = memcpy(copy, text, size);
}

void
tni_arena_drop(struct tni_arena *a)
{
    while (a->chunks != NULL) {
        struct tni_chunk *chunk = a->chunks;
        a->chunks = chunk->next;
        free(chunk);
    }
    free(a->names);
    *a = (struct tni_arena){0};
}
