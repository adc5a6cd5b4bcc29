// SPDX-License-Identifier: MIT
#include "inspect/filter.h"

#include <fnmatch.h>
#include <string.h>

static bool
matches_frame(const tn_filter *f, const tn_site *frame)
{
    return (f->file == NULL || fnmatch(f->file, frame->file, 0) == 0) &&
           (f->line == 0 || f->line == frame->line);
}

static bool
matches(const tn_filter *f, const tn_snapshot_trace *t)
{
    if (f->domain != NULL && strcmp(f->domain, t->domain) != 0)
        return false;
    size_t count = f->all_frames ? t->frame_count : 1;
    for (size_t i = 0; i < count; i++)
        if (matches_frame(f, &t->frames[i]))
            return true;
    return false;
}

// Inclusive ones are alternatives, exclusive ones all hold.
static bool
is_wanted(const tn_filter *filters, size_t count, const tn_snapshot_trace *t)
{
    bool has_inclusive = false, is_included = false;
    for (size_t i = 0; i < count; i++) {
        bool match = matches(&filters[i], t);
        if (!filters[i].inclusive && match)
            return false;
        has_inclusive |= filters[i].inclusive;
        is_included |= filters[i].inclusive && match;
    }
    return !has_inclusive || is_included;
}

tn_err
tn_snapshot_filter(const tn_snapshot *s, const tn_filter *filters, size_t count,
                   tn_snapshot **result)
{
    tn_snapshot *kept = tni_snapshot_new();
    tn_snapshot_trace t;
    bool done = kept != NULL;
    for (size_t i = 0; done && tn_snapshot_get(s, i, &t); i++)
        done = !is_wanted(filters, count, &t) || tni_snapshot_append(kept, &t);
    for (const struct tni_note *n = s->notes; done && n != NULL; n = n->next)
        done = tn_snapshot_note(kept, n->name) != NULL ||
               tn_snapshot_set_note(kept, n->name, n->text) == TN_OK;
    if (!done) {
        tn_snapshot_free(kept);
        return TN_ENOMEM;
    }
    *result = kept;
    return TN_OK;
}
