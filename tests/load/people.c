// SPDX-License-Identifier: MIT
//
// people: an array of places.
#include "people.h"

#include "must.h"

#include <string.h>

void
people_init(struct people *p, size_t users, unsigned per_user)
{
    *p = (struct people){.users = users, .places = users * per_user, .per_user = per_user};
    p->place = must_calloc(p->places, sizeof *p->place);
}

void
people_fini(struct people *p)
{
    free(p->place);
}

void
people_write(const struct people *p, FILE *f)
{
    for (size_t i = 0; i < p->places; i++)
        if (p->place[i].state == PLACE_IN)
            fprintf(f, "%zu %s %s\n", i, p->place[i].id, p->place[i].token);
}

bool
people_read(struct people *p, FILE *f)
{
    struct place read = {.state = PLACE_IN};
    size_t at;
    int n;
    while ((n = fscanf(f, "%zu %28s %51s", &at, read.id, read.token)) == 3) {
        if (at >= p->places)
            return false;
        p->place[at] = read;
    }
    return n == EOF;
}

static bool
copy_member(const char *reply, const char *start, char *to, size_t size)
{
    const char *found = strstr(reply, start);
    if (!found)
        return false;
    found += strlen(start);
    size_t len = strcspn(found, "\"");
    if (len == 0 || len >= size)
        return false;
    memcpy(to, found, len);
    to[len] = '\0';
    return true;
}

bool
people_login(struct place *place, const char *reply)
{
    return copy_member(reply, "{\"id\":\"", place->id, sizeof place->id) &&
           copy_member(reply, ",\"token\":\"", place->token, sizeof place->token);
}
