// SPDX-License-Identifier: MIT
//
// roots: what outside of a heap's objects holds one of them, in words.
#include "domain/roots.h"

#include "domain/session.h"
#include "domain/user.h"

static bool
is_live_session(const struct shard *s, const tn_object *o)
{
    return tn_type_of(o) == s->session_type && index_borrow(&s->sessions, session_of(o)->id) == o;
}

const char *
roots_name(const struct shard *s, const tn_object *o)
{
    if (o == s->users)
        return "the map of users";
    if (is_live_session(s, o))
        return "the table of live sessions";
    if (tn_type_of(o) == s->user_type && user_of(o)->kept)
        return "the users who are kept";
    return "no table of the service: work on its way, or a variable of the program";
}
