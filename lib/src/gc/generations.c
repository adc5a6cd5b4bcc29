// SPDX-License-Identifier: MIT
#include "gc/generations.h"

#include "memory/poison.h"

#include <string.h>

static void
drop_stack(struct tni_gc *gc, struct tni_stack *stack)
{
    tni_table_resize(&gc->objects.memory, stack->items, stack->room * sizeof *stack->items, 0);
    *stack = (struct tni_stack){0};
}

void
tni_gc_fini(struct tni_gc *gc)
{
    drop_stack(gc, &gc->roots);
    drop_stack(gc, &gc->visited);
    drop_stack(gc, &gc->stack);
    drop_stack(gc, &gc->garbage);
    drop_stack(gc, &gc->saved);
    struct tni_disturbed *d = &gc->objects.disturbed;
    tni_table_resize(&gc->objects.memory, d->items, d->room * sizeof *d->items, 0);
}

bool
tni_stack_reserve(struct tni_gc *gc, struct tni_stack *stack, size_t room)
{
    if (room <= stack->room)
        return true;
    size_t size = stack->room * sizeof *stack->items, new_size = room * sizeof *stack->items;
    void *items = tni_table_resize(&gc->objects.memory, stack->items, size, new_size);
    if (items == NULL)
        return false;
    stack->items = items;
    stack->room = room;
    return true;
}

bool
tni_stack_push(struct tni_gc *gc, struct tni_stack *stack, tn_object *o)
{
    if (stack->len == stack->room && !tni_stack_reserve(gc, stack, stack->room * 2 + 256))
        return false;
    stack->items[stack->len++] = o;
    return true;
}

void
tni_gc_clear_marks(struct tni_page *page)
{
    for (unsigned i = 0; tni_page_kind(page) == TNI_OBJECTS && i < page->slots; i++) {
        tn_object *o = tni_slot_at(page, i);
        bool taken = page->words[i / TNI_ROW_SLOTS * page->stride] >> i % TNI_ROW_SLOTS & 1;
        if (taken && !TNI_IS_POISONED(o) && !(o->flags & TNI_DEAD)) // that one's is a link
            o->mark = 0;
    }
}

static void
clear_all_marks(struct tni_gc *gc)
{
    const struct tni_pages *pages = &gc->objects.memory.pages;
    for (struct tni_page *p = NULL; (p = tni_pages_next(pages, p)) != NULL;)
        tni_gc_clear_marks(p);
}

// Wraps only here, before marks are given out, so that no stale mark can pass for a new one.
void
tni_gc_claim_epochs(struct tni_gc *gc, unsigned count)
{
    if (gc->epoch + count <= TNI_LAST_EPOCH)
        return;
    clear_all_marks(gc);
    gc->epoch = 0;
}

uint32_t
tni_gc_next_epoch(struct tni_gc *gc)
{
    tni_gc_claim_epochs(gc, 1);
    return ++gc->epoch;
}

static void
promote_page(struct tni_page *page, int generation)
{
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        struct tni_row *row = tni_page_row(page, i);
        row->gen1 = generation == 0 ? row->gen0 | row->gen1 : 0;
        row->gen0 = 0;
    }
    page->young = generation == 0;
}

void
tni_gc_promote_page(struct tni_gc *gc, struct tni_page *page)
{
    size_t *population = gc->objects.population.generation;
    for (unsigned i = 0; i < tni_page_word_count(page); i++) {
        size_t new = (size_t)__builtin_popcountll(tni_page_row(page, i)->gen0);
        size_t middle = (size_t)__builtin_popcountll(tni_page_row(page, i)->gen1);
        population[0] -= new;
        population[1] -= middle;
        population[2] += new + middle;
    }
    promote_page(page, 2);
}

static void
promote_pages(struct tni_gc *gc, int generation)
{
    const struct tni_pages *pages = &gc->objects.memory.pages;
    for (struct tni_page *p = NULL; (p = tni_pages_next_objects(pages, p)) != NULL;)
        if (p->young)
            promote_page(p, generation);
}

void
tni_gc_promote(struct tni_gc *gc, int generation)
{
    size_t *population = gc->objects.population.generation;
    int older = generation == 0 ? 1 : 2;
    size_t moving = 0;
    for (int g = 0; g < older; g++) {
        moving += population[g];
        population[g] = 0;
    }
    if (moving > 0)
        promote_pages(gc, generation);
    population[older] += moving;
}

void
tni_gc_reset_counts(struct tni_gc *gc, int generation)
{
    gc->objects.young_net = 0;
    for (int g = 0; g < generation; g++)
        gc->collections[g] = 0;
}

void
tni_gc_record(struct tni_gc *gc, int generation, const tn_gc_result *result)
{
    tn_gc_stats *stats = &gc->stats[generation];
    stats->collections++;
    stats->collected += result->collected;
    stats->uncollectable += result->uncollectable;
    stats->candidates += result->candidates;
    stats->ns += result->ns;
    stats->last_ns = result->ns;
    if (result->ns > stats->longest_ns)
        stats->longest_ns = result->ns;
    if (generation < 2)
        gc->collections[generation]++;
}
