// SPDX-License-Identifier: MIT
//
// absent: ids that the store was asked for lately and did not know.
#include "domain/absent.h"

#include "base/assert.h"
#include "base/secret.h"

#include <string.h>

_Static_assert((int)ABSENT_KEY_SIZE == (int)SECRET_SIP_KEY_SIZE, "the key of SipHash");

void
absent_init(struct absent *a)
{
    *a = (struct absent){0};
    secret_random(a->key, sizeof a->key);
}

static struct absent_place *
place_of(const struct absent *a, struct span id)
{
    ASSERT(id.len <= ABSENT_ID_SIZE);
    return (struct absent_place *)&a->places[secret_siphash(a->key, id) % ABSENT_PLACES];
}

static bool
is_of(const struct absent_place *p, struct span id)
{
    return span_equal((struct span){p->id, p->len}, id);
}

void
absent_note(struct absent *a, struct span id, uint64_t until_ns)
{
    struct absent_place *p = place_of(a, id);
    p->until_ns = until_ns;
    p->len = (uint8_t)id.len;
    memcpy(p->id, id.data, id.len);
}

bool
absent_knows(const struct absent *a, struct span id, uint64_t now_ns)
{
    const struct absent_place *p = place_of(a, id);
    return now_ns < p->until_ns && is_of(p, id);
}

void
absent_forget(struct absent *a, struct span id)
{
    struct absent_place *p = place_of(a, id);
    if (is_of(p, id))
        p->until_ns = 0;
}
