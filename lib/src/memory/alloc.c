// SPDX-License-Identifier: MIT
#include "memory/alloc.h"

#include "memory/map.h"
#include "memory/poison.h"

#include <string.h>

static void
report_to_stderr(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "tenure: %s\n", sentence);
}

// Tests: [name] in the environment.
static unsigned
wish(const char *name)
{
    const char *number = TN_CHECKS > 0 ? getenv(name) : NULL;
    return number != NULL ? (unsigned)strtoul(number, NULL, 10) : 0;
}

// The tracer's tables count as overhead, and once more by themselves.
static void *
resize_traces(struct tni_memory *m, void *table, size_t size, size_t new_size)
{
    void *moved = tni_table_resize(m, table, size, new_size);
    if (moved != NULL || new_size == 0)
        m->tracer.tables += new_size - size;
    return moved;
}

void
tni_memory_init(struct tni_memory *m)
{
    memset(m, 0, sizeof *m);
    tni_pages_init(&m->pages, m);
    m->fail_after = -1;
    m->mutant = wish("TN_MUTANT");
    m->stress = wish("TN_STRESS");
    m->owner = tni_this_thread();
    m->report = report_to_stderr;
    m->tracer.growth = (struct tni_growth){resize_traces, m};
    m->limit = SIZE_MAX;
    tni_trace_arm(m);
    m->magic = TNI_MEMORY_MAGIC;
}

// A buffer from the system stands behind this, so that a heap can free what its owner forgot.
struct tni_large {
    struct tni_large *next, *prev;
    size_t size;  // of both
    size_t trace; // 0: nobody saw it being made
};

// From here on a block is a mapping of its own, which grows without being copied and leaves no hole
// behind in the process; in huge pages if it fills some.
enum { MAPPED = 1 << 20, HUGE = 4 << 20 };

static struct tni_large *
block_alloc(size_t size)
{
    struct tni_large *block = size >= MAPPED ? tni_map(size, size >= HUGE) : malloc(size);
    if (block != NULL) {
        block->size = size;
        block->trace = 0;
    }
    return block;
}

static void
block_free(struct tni_large *block)
{
    if (block->size >= MAPPED)
        tni_unmap(block, block->size);
    else
        free(block);
}

static struct tni_large *
block_move(struct tni_large *block, size_t size)
{
    struct tni_large *moved = block_alloc(size);
    if (moved == NULL)
        return NULL;
    size_t kept = block->size < size ? block->size : size;
    memcpy(moved + 1, block + 1, kept - sizeof *block);
    block_free(block);
    return moved;
}

// On failure NULL, and [block] stays as it is.
static struct tni_large *
block_resize(struct tni_large *block, size_t size)
{
    bool was_mapped = block->size >= MAPPED, is_mapped = size >= MAPPED;
    if (was_mapped != is_mapped)
        return block_move(block, size);
    struct tni_large *moved =
        is_mapped ? tni_remap(block, block->size, size) : realloc(block, size);
    if (moved != NULL)
        moved->size = size;
    return moved;
}

static void *
link_large(struct tni_memory *m, struct tni_large *block)
{
    if (block == NULL)
        return NULL;
    block->next = m->first_large;
    block->prev = NULL;
    if (block->next != NULL)
        block->next->prev = block;
    m->first_large = block;
    return block + 1;
}

static struct tni_large *
block_of(void *buffer)
{
    return (struct tni_large *)buffer - 1;
}

static struct tni_large *
unlink_large(struct tni_memory *m, void *buffer)
{
    struct tni_large *block = block_of(buffer);
    if (block->prev != NULL)
        block->prev->next = block->next;
    else
        m->first_large = block->next;
    if (block->next != NULL)
        block->next->prev = block->prev;
    return block;
}

void
tni_memory_fini(struct tni_memory *m)
{
    TN_ASSERT(m->magic == TNI_MEMORY_MAGIC);
    m->magic = 0;
    tni_tracer_drop(&m->tracer);
    while (m->first_large != NULL)
        block_free(unlink_large(m, m->first_large + 1));
    tni_pages_fini(&m->pages);
}

// --- Objects ---------------------------------------------------------------------------------

const tn_site *
tni_site_of(const void *object)
{
    struct tni_page *page = tni_page_of(object);
    const tn_site **sites = tni_page_sites(page);
    return sites != NULL ? sites[tni_slot_of(page, object)] : NULL;
}

// --- Buffers ---------------------------------------------------------------------------------

// [until] has passed.
static void
look_at_buffer(struct tni_memory *m, struct tni_account *account, void *buffer, size_t size)
{
    if (!tni_trace_is_due(m))
        tni_memory_watch(m);
    else if (size > TNI_MAX_SLOT)
        block_of(buffer)->trace = tni_trace_large(m, account, size);
    else
        tni_trace_slot(m, TNI_TRACE_BUFFER, account, tni_page_of(buffer), buffer, m->site);
}

static void
untrace_buffer(struct tni_memory *m, void *buffer, size_t size)
{
    if (size > TNI_MAX_SLOT)
        tni_untrace_large(m, (uint32_t)block_of(buffer)->trace, size);
    else if (tni_page_of(buffer)->noted)
        tni_forget_slot(m, tni_page_of(buffer), buffer);
}

void
tni_large_forget_traces(struct tni_memory *m)
{
    for (struct tni_large *block = m->first_large; block != NULL; block = block->next)
        block->trace = 0;
}

static void *
large_alloc(struct tni_memory *m, size_t size)
{
    void *buffer = link_large(m, block_alloc(sizeof(struct tni_large) + size));
    m->large += buffer != NULL ? size : 0;
    return buffer;
}

void *
tni_buffer_alloc(struct tni_memory *m, struct tni_account *account, size_t size)
{
    if (size > TNI_MAX_BUFFER || tni_must_fail(m))
        return NULL;
    void *buffer = size > TNI_MAX_SLOT ? large_alloc(m, size)
                                       : tni_pages_alloc(&m->pages, tni_bin_of(TNI_BUFFERS, size));
    if (buffer != NULL)
        tni_charge(m, account, tni_buffer_occupies(size));
    if (buffer != NULL && __builtin_expect(m->until < 0, 0))
        look_at_buffer(m, account, buffer, size);
    m->site = NULL;
    return buffer;
}

void
tni_buffer_free(struct tni_memory *m, struct tni_account *account, void *buffer, size_t size)
{
    if (buffer == NULL)
        return;
    untrace_buffer(m, buffer, size);
    tni_discharge(m, account, tni_buffer_occupies(size));
    if (size <= TNI_MAX_SLOT) {
        TN_DEBUG(tni_page_of(buffer)->size == tni_buffer_occupies(size));
        tni_pages_free(&m->pages, buffer);
    } else {
        m->large -= size;
        block_free(unlink_large(m, buffer));
    }
}

static void *
large_resize(struct tni_memory *m, struct tni_account *account, void *buffer, size_t size,
             size_t new_size)
{
    if (tni_must_fail(m))
        return NULL;
    uint32_t trace = (uint32_t)block_of(buffer)->trace;
    struct tni_large *block = unlink_large(m, buffer);
    struct tni_large *moved = block_resize(block, sizeof *block + new_size);
    buffer = link_large(m, moved != NULL ? moved : block);
    if (moved == NULL)
        return NULL;
    tni_untrace_large(m, trace, size);
    tni_discharge(m, account, size);
    tni_charge(m, account, new_size);
    m->large = m->large - size + new_size;
    block_of(buffer)->trace = 0;
    if (__builtin_expect(m->until < 0, 0))
        look_at_buffer(m, account, buffer, new_size);
    m->site = NULL;
    return buffer;
}

void *
tni_buffer_resize(struct tni_memory *m, struct tni_account *account, void *buffer, size_t size,
                  size_t new_size)
{
    if (buffer == NULL)
        return tni_buffer_alloc(m, account, new_size);
    if (new_size > TNI_MAX_BUFFER)
        return NULL;
    if (tni_buffer_occupies(size) == tni_buffer_occupies(new_size))
        return buffer;
    if (size > TNI_MAX_SLOT && new_size > TNI_MAX_SLOT)
        return large_resize(m, account, buffer, size, new_size);
    void *moved = tni_buffer_alloc(m, account, new_size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, buffer, size < new_size ? size : new_size);
    tni_buffer_free(m, account, buffer, size);
    return moved;
}

// --- Under the door --------------------------------------------------------------------------

void *
tni_table_resize(struct tni_memory *m, void *table, size_t size, size_t new_size)
{
    if (new_size == 0) {
        free(table);
        m->tables -= size;
        return NULL;
    }
    void *moved = tni_must_fail(m) ? NULL : realloc(table, new_size);
    if (moved != NULL)
        m->tables = m->tables - size + new_size;
    return moved;
}
