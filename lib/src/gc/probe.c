// SPDX-License-Identifier: MIT
#include "gc/probe.h"

#include "gc/marks.h"
#include "gc/suspects.h"
#include "object/traverse.h"

enum { MOST_NODES = 64, IN_VAIN_SHARE = 32 };

struct probe {
    struct tni_gc *gc;
    int generation;
    uint32_t settled;  // the epoch that marks who need not be probed any more
    size_t most_roots; // more of them are of no use
    size_t suspects, visited, in_vain, most_in_vain;
    bool failed; // no memory
    bool cut_off;
    unsigned count;
    tn_object *nodes[MOST_NODES];
};

// --- Counting ------------------------------------------------------------------------------------

static bool
is_candidate(const struct probe *p, const tn_object *o)
{
    bool breaks = tni_breaks(&p->gc->objects.memory, TNI_RULE_FROZEN);
    bool is_wall = !tni_is_candidate(o, p->generation);
    return !is_wall || (breaks && tni_is_tracked(o) && tn_gc_is_frozen(o));
}

static void
reach(tn_object *child, void *arg)
{
    struct probe *p = arg;
    p->visited++;
    if (!tni_is_trackable(child))
        return;
    if (tni_is_stamped(p->gc, child)) {
        // What was found before cannot be reached from outside of it.
        TN_DEBUG(!tni_is_found(child));
        tni_count_reference(child);
    } else if (!is_candidate(p, child)) {
        return;
    } else if (p->count == MOST_NODES) {
        p->cut_off = true;
    } else {
        tni_stamp(p->gc, child, 1);
        p->nodes[p->count++] = child;
    }
}

// An object may refer to millions; the first ones that do not fit end it.
static void
reach_children(struct probe *p, tn_object *o)
{
    const tn_type *type = p->gc->objects.types[o->type];
    struct tni_span span = tni_span_of(type, o);
    for (size_t i = 0; i < span.count && !p->cut_off; i++)
        if (tn_is_object(span.values[i]))
            reach(tn_as_object(span.values[i]), p);
    if (!p->cut_off)
        tni_traverse_native(type, o, reach, p);
}

static void
close_over(struct probe *p, tn_object *root)
{
    p->count = 1;
    p->cut_off = false;
    p->nodes[0] = root;
    tni_stamp(p->gc, root, 0);
    for (unsigned i = 0; i < p->count && !p->cut_off; i++)
        reach_children(p, p->nodes[i]);
}

// --- Judging -------------------------------------------------------------------------------------

struct rescue {
    struct tni_gc *gc;
    unsigned count;
    tn_object *stack[MOST_NODES];
};

static void
rescue(tn_object *o, void *arg)
{
    struct rescue *r = arg;
    if (!tni_is_trackable(o) || !tni_is_stamped(r->gc, o) || tni_is_live(o))
        return;
    tni_make_live(o);
    r->stack[r->count++] = o;
}

static void
rescue_held(struct probe *p)
{
    struct rescue r; // the stack stays as it is: clearing it would cost as much as the probe
    r.gc = p->gc;
    r.count = 0;
    for (unsigned i = 0; TN_CHECKS > 0 && i < p->count; i++)
        tni_check_count(p->nodes[i], 0);
    for (unsigned i = 0; i < p->count; i++)
        if (tni_is_held_outside(p->nodes[i], 0))
            rescue(p->nodes[i], &r);
    while (r.count > 0) {
        tn_object *o = r.stack[--r.count];
        tni_traverse(p->gc->objects.types[o->type], o, rescue, &r);
    }
}

static bool
all_captured(const struct probe *p)
{
    for (unsigned i = 0; i < p->count; i++)
        if (tni_is_live(p->nodes[i]))
            return false;
    return true;
}

// The marks of this probe mean nothing to the next one, except that what is live here would be
// found live by a probe of its own, since everything that it reaches was looked at.
static void
forget(struct probe *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        bool settled = !p->cut_off && tni_is_live(p->nodes[i]);
        p->nodes[i]->mark = settled ? p->settled << TNI_EPOCH_SHIFT : 0;
    }
}

static bool
keep_as_garbage(struct probe *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        tni_stamp(p->gc, p->nodes[i], TNI_MARK_FOUND);
        if (!tni_stack_push(p->gc, &p->gc->garbage, p->nodes[i]))
            return false;
    }
    return true;
}

static bool
is_resolved(const struct probe *p, const tn_object *root, bool captured)
{
    const struct tni_memory *m = &p->gc->objects.memory;
    if (p->cut_off)
        return tni_breaks(m, TNI_RULE_CUT_OFF);
    return captured || tni_is_live(root) || tni_breaks(m, TNI_RULE_PART);
}

// True: resolved.
static bool
resolve(struct probe *p, tn_object *root)
{
    close_over(p, root);
    if (!p->cut_off)
        rescue_held(p);
    bool captured = !p->cut_off && all_captured(p);
    bool resolved = is_resolved(p, root, captured);
    if (captured)
        p->failed |= !keep_as_garbage(p);
    else
        forget(p);
    return resolved;
}

// Found or settled together with another one, or pinned.
static bool
is_known(const struct probe *p, const tn_object *root)
{
    return tni_is_stamped(p->gc, root) || root->mark >> TNI_EPOCH_SHIFT == p->settled ||
           !tni_is_candidate(root, p->generation);
}

static bool
has_given_up(const struct probe *p)
{
    return p->in_vain > p->most_in_vain;
}

static bool
probe_suspect(tn_object *root, void *arg)
{
    struct probe *p = arg;
    size_t before = p->visited;
    p->suspects++;
    if (is_known(p, root) || (!has_given_up(p) && resolve(p, root)))
        return !p->failed;
    p->in_vain += p->visited - before;
    if (p->gc->roots.len <= p->most_roots)
        p->failed |= !tni_stack_push(p->gc, &p->gc->roots, root);
    return !p->failed;
}

bool
tni_gc_probe(struct tni_gc *gc, int generation, size_t most_roots, tn_gc_result *result)
{
    struct probe p = {.gc = gc, .generation = generation, .most_roots = most_roots};
    p.most_in_vain = result->candidates / IN_VAIN_SHARE;
    tni_gc_claim_epochs(gc, 2);
    p.settled = tni_gc_next_epoch(gc);
    tni_gc_next_epoch(gc);
    bool done = tni_gc_each_suspect(gc, generation, probe_suspect, &p);
    result->suspects = p.suspects;
    result->visited += p.visited;
    return done;
}
