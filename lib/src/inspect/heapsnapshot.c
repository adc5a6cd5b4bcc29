// SPDX-License-Identifier: MIT
//
// The readers of this format scan tokens in a fixed order and take every number for 32 bits; a node
// is named by where its first field stands. So nodes come in an order that is known beforehand: the
// root, the roots of the collector, the heaps, the domains, the objects; the references of all of
// them follow in the same order, and the strings in the end.
#include "inspect/heapsnapshot.h"

#include "inspect/jsontext.h"
#include "inspect/tracetree.h"

#include <string.h>

// The places of these in the lists of types below.
enum { NODE_STRING = 2, NODE_OBJECT, NODE_NATIVE = 8, NODE_SYNTHETIC };
enum { EDGE_ELEMENT = 1, EDGE_PROPERTY, EDGE_INTERNAL, EDGE_SHORTCUT = 5, EDGE_WEAK };
enum { NODE_FIELDS = 7, ROOT = 0, GC_ROOTS, FIRST_HEAP };

struct writer {
    struct tni_recording r;
    struct tni_tracetree tree;
    struct tni_numbering strings; // names, each from the recording's arena, where it stands once
    FILE *out;
    size_t domains, values; // in all; met so far
    size_t nodes, edges;    // written so far
    size_t ordinal;         // of the next object or domain that is met
    size_t degree;          // of the object that is read
    size_t element;         // the next index of the heap's references
    size_t heap;            // whose they are
    bool lacks_memory;
};

static const char head[] =
    "{\"snapshot\":{\"meta\":{"
    "\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\"trace_node_id\","
    "\"detachedness\"],"
    "\"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\"code\",\"closure\",\"regexp\","
    "\"number\",\"native\",\"synthetic\",\"concatenated string\",\"sliced string\",\"symbol\","
    "\"bigint\",\"object shape\"],\"string\",\"number\",\"number\",\"number\",\"number\","
    "\"number\"],"
    "\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],"
    "\"edge_types\":[[\"context\",\"element\",\"property\",\"internal\",\"hidden\",\"shortcut\","
    "\"weak\"],\"string_or_number\",\"node\"]";
static const char trace_head[] =
    ",\"trace_function_info_fields\":[\"function_id\",\"name\",\"script_name\",\"script_id\","
    "\"line\",\"column\"],"
    "\"trace_node_fields\":[\"id\",\"function_info_index\",\"count\",\"size\",\"children\"]";

// --- Parts ---------------------------------------------------------------------------------------

// The number of a name of the recording's.
static size_t
string(struct writer *w, const char *name)
{
    size_t number = tni_numbering_of(&w->strings, (uintptr_t)name, 0, 0);
    w->lacks_memory |= number == SIZE_MAX;
    return number;
}

// The number of any other text.
static size_t
constant(struct writer *w, const char *text)
{
    const char *name = tni_arena_name(&w->r.arena, text);
    w->lacks_memory |= name == NULL;
    return name != NULL ? string(w, name) : 0;
}

static void
write_numbers(struct writer *w, const uint64_t *numbers, size_t count, bool first)
{
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : first ? "\n" : ",\n", w->out);
        tni_json_number(w->out, numbers[i] < UINT32_MAX ? numbers[i] : UINT32_MAX);
    }
}

static void
write_node(struct writer *w, unsigned type, size_t name, uint64_t id, uint64_t size, size_t degree,
           size_t trace)
{
    const uint64_t fields[NODE_FIELDS] = {type, name, (uint32_t)id, size, degree, trace, 0};
    write_numbers(w, fields, NODE_FIELDS, w->nodes++ == 0);
}

static void
write_edge(struct writer *w, unsigned type, uint64_t name, size_t to)
{
    const uint64_t fields[] = {type, name, to * NODE_FIELDS};
    write_numbers(w, fields, 3, w->edges++ == 0);
}

static size_t
heap_count(const struct writer *w)
{
    return w->r.heaps.count;
}

static size_t
first_object(const struct writer *w)
{
    return FIRST_HEAP + heap_count(w) + w->domains;
}

// What is no object has the numbers below the first serial, in the order of the nodes.
static uint64_t
id_of(size_t node)
{
    return node * 2 + 1;
}

// --- Nodes ---------------------------------------------------------------------------------------

static void
write_heap_nodes(struct writer *w)
{
    write_node(w, NODE_SYNTHETIC, constant(w, ""), id_of(ROOT), 0, 1 + heap_count(w), 0);
    write_node(w, NODE_SYNTHETIC, constant(w, "(GC roots)"), id_of(GC_ROOTS), 0, 0, 0);
    for (size_t i = 0; i < heap_count(w); i++) {
        const struct tni_recorded_heap *h = &tni_recorded_heaps(&w->r)[i];
        write_node(w, NODE_OBJECT, string(w, h->name), id_of(FIRST_HEAP + i), 0,
                   h->roots + h->domains, 0);
    }
}

static bool
write_domain_node(void *arg, size_t heap, const struct tni_recorded_type *t, uint64_t bytes)
{
    struct writer *w = arg;
    write_node(w, NODE_NATIVE, string(w, t->name), id_of(w->nodes), bytes, 0, 0);
    return true;
}

static bool
begin_node(void *arg, const struct tni_recorded_object *o)
{
    ((struct writer *)arg)->degree = 0;
    return true;
}

static bool
count_edge(void *arg, const struct tni_recorded_object *o, const struct tni_recorded_edge *e)
{
    ((struct writer *)arg)->degree += e->to != NULL;
    return true;
}

// A value's string comes behind the names, in the order of the objects.
static size_t
name_of(struct writer *w, const struct tni_recorded_object *o)
{
    return o->is_text ? w->strings.count + w->values++ : string(w, o->type->name);
}

static bool
end_node(void *arg, const struct tni_recorded_object *o)
{
    struct writer *w = arg;
    bool is_string = o->is_text || strcmp(o->type->name, "str") == 0;
    size_t call = tni_tracetree_of(&w->tree, &w->r, o);
    write_node(w, is_string ? NODE_STRING : NODE_OBJECT, name_of(w, o), o->serial, o->bytes,
               w->degree, call > 0 ? call + 1 : 0);
    return !ferror(w->out);
}

static tn_err
write_nodes(struct writer *w)
{
    static const struct tni_pass domains = {.domain = write_domain_node};
    static const struct tni_pass objects = {
        .begin = begin_node, .edge = count_edge, .end = end_node};
    fputs("},\n\"nodes\":[", w->out);
    write_heap_nodes(w);
    tn_err err = tni_recording_read(&w->r, &domains, w);
    return err == TN_OK ? tni_recording_read(&w->r, &objects, w) : err;
}

// --- Edges ---------------------------------------------------------------------------------------

static void
enter_heap(struct writer *w, size_t heap)
{
    if (w->heap != heap)
        w->element = 0;
    w->heap = heap;
}

static bool
write_root_edge(void *arg, const struct tni_recorded_object *o)
{
    struct writer *w = arg;
    enter_heap(w, o->heap);
    if (tni_is_recorded_root(&w->r, o))
        write_edge(w, EDGE_ELEMENT, w->element++, first_object(w) + o->ordinal);
    return !ferror(w->out);
}

static bool
write_domain_edge(void *arg, size_t heap, const struct tni_recorded_type *t, uint64_t bytes)
{
    struct writer *w = arg;
    write_edge(w, EDGE_PROPERTY, string(w, t->name), FIRST_HEAP + heap_count(w) + w->ordinal++);
    return true;
}

static bool
write_object_edge(void *arg, const struct tni_recorded_object *o, const struct tni_recorded_edge *e)
{
    static const unsigned types[] = {
        [TNI_EDGE_SLOT] = EDGE_PROPERTY,   [TNI_EDGE_ITEM] = EDGE_ELEMENT,
        [TNI_EDGE_KEY] = EDGE_INTERNAL,    [TNI_EDGE_ATTRIBUTE] = EDGE_PROPERTY,
        [TNI_EDGE_NATIVE] = EDGE_INTERNAL, [TNI_EDGE_WEAK] = EDGE_WEAK,
    };
    struct writer *w = arg;
    if (e->to == NULL)
        return true;
    const char *name = tni_recorded_name(o, e);
    write_edge(w, types[e->kind], name == NULL ? e->place : constant(w, name),
               first_object(w) + e->to->ordinal);
    return !ferror(w->out);
}

static tn_err
write_edges(struct writer *w)
{
    static const struct tni_pass heaps = {.begin = write_root_edge, .domain = write_domain_edge};
    static const struct tni_pass objects = {.edge = write_object_edge};
    fputs("],\n\"edges\":[", w->out);
    write_edge(w, EDGE_ELEMENT, 1, GC_ROOTS);
    for (size_t i = 0; i < heap_count(w); i++)
        write_edge(w, EDGE_SHORTCUT, string(w, tni_recorded_heaps(&w->r)[i].name), FIRST_HEAP + i);
    tn_err err = tni_recording_read(&w->r, &heaps, w);
    return err == TN_OK ? tni_recording_read(&w->r, &objects, w) : err;
}

// --- Traces --------------------------------------------------------------------------------------

static void
write_functions(struct writer *w)
{
    fputs("],\n\"trace_function_infos\":[", w->out);
    const uint64_t root[] = {0, constant(w, "(root)"), constant(w, ""), 0, 0, 0};
    if (w->tree.functions.count > 0)
        write_numbers(w, root, 6, true);
    for (size_t i = 0; i < w->tree.functions.count; i++) {
        const struct tni_key3 *f = &w->tree.functions.keys[i];
        const uint64_t fields[] = {
            i + 1, string(w, (const char *)f->a), string(w, (const char *)f->b), i + 1, f->c, 0};
        write_numbers(w, fields, 6, false);
    }
}

static void
open_call(struct writer *w, size_t number, bool first)
{
    const struct tni_call *call = &tni_tracetree_calls(&w->tree)[number];
    const uint64_t fields[] = {number + 1, call->function, call->count, call->bytes};
    write_numbers(w, fields, 4, first);
    fputs(",[", w->out);
}

// Down to the first below, else beside, else up until somebody stands beside.
static void
write_calls(struct writer *w)
{
    const struct tni_call *calls = tni_tracetree_calls(&w->tree);
    size_t at = 0;
    open_call(w, 0, true);
    for (;;) {
        if (calls[at].first != 0) {
            at = calls[at].first;
            open_call(w, at, true);
            continue;
        }
        for (; at != 0 && calls[at].next == 0; at = calls[at].above)
            fputs("]", w->out);
        fputs("]", w->out);
        if (at == 0)
            return;
        at = calls[at].next;
        open_call(w, at, false);
    }
}

static void
write_traces(struct writer *w)
{
    write_functions(w);
    fputs("],\n\"trace_tree\":[", w->out);
    if (w->tree.functions.count > 0)
        write_calls(w);
    fputs("],\n\"samples\":[],\"locations\":[],\n\"strings\":[", w->out);
}

static bool
add_to_call(void *arg, const struct tni_recorded_object *o)
{
    struct writer *w = arg;
    struct tni_call *call = &tni_tracetree_calls(&w->tree)[tni_tracetree_of(&w->tree, &w->r, o)];
    call->count += o->stack != NULL;
    call->bytes += o->stack != NULL ? o->bytes : 0;
    return true;
}

// --- Strings -------------------------------------------------------------------------------------

static bool
write_value(void *arg, const struct tni_recorded_object *o)
{
    struct writer *w = arg;
    if (!o->is_text)
        return true;
    fputs(",\n", w->out);
    tni_json_text(w->out, o->value, o->value_len);
    return !ferror(w->out);
}

static tn_err
write_strings(struct writer *w)
{
    static const struct tni_pass values = {.end = write_value};
    for (size_t i = 0; i < w->strings.count; i++) {
        const char *name = (const char *)w->strings.keys[i].a;
        fputs(i > 0 ? ",\n" : "", w->out);
        tni_json_text(w->out, name, strlen(name));
    }
    tn_err err = tni_recording_read(&w->r, &values, w);
    fputs("]}\n", w->out);
    return err;
}

// Every name gets its number before the first one is used, because values follow.
static void
number_names(struct writer *w)
{
    static const char *const constants[] = {
        "", "(GC roots)", "(root)", "(slot)", "(attribute)", "(key)", "(native)", "(weak)"};
    const struct tni_recorded_type *types = w->r.types.items;
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        constant(w, constants[i]);
    for (size_t i = 0; i < heap_count(w); i++)
        string(w, tni_recorded_heaps(&w->r)[i].name);
    for (size_t i = 0; i < w->r.types.count; i++) {
        string(w, types[i].name);
        for (size_t s = 0; s < types[i].slot_count; s++)
            string(w, types[i].slots[s]);
        for (size_t k = 0; k < types[i].key_count; k++)
            if (types[i].keys[k] != NULL)
                string(w, types[i].keys[k]);
    }
    for (size_t i = 0; i < w->tree.functions.count; i++) {
        string(w, (const char *)w->tree.functions.keys[i].a);
        string(w, (const char *)w->tree.functions.keys[i].b);
    }
}

// --- The whole -----------------------------------------------------------------------------------

static size_t
sum_of_domains(const struct writer *w)
{
    size_t sum = 0;
    for (size_t i = 0; i < heap_count(w); i++)
        sum += tni_recorded_heaps(&w->r)[i].domains;
    return sum;
}

static size_t
sum_of_edges(const struct writer *w)
{
    size_t sum = w->r.counts.edges + 1 + heap_count(w) + w->domains;
    for (size_t i = 0; i < heap_count(w); i++)
        sum += tni_recorded_heaps(&w->r)[i].roots;
    return sum;
}

static void
write_head(struct writer *w, size_t nodes, size_t edges)
{
    bool traced = w->tree.functions.count > 0;
    fprintf(w->out, "%s%s},\"node_count\":%zu,\"edge_count\":%zu,\"trace_function_count\":%zu",
            head, traced ? trace_head : "", nodes, edges, w->tree.functions.count + traced);
}

// A wrong count in the head would cut the snapshot off without a word.
static tn_err
write_all(struct writer *w)
{
    static const struct tni_pass calls = {.begin = add_to_call};
    size_t nodes = first_object(w) + w->r.counts.objects, edges = sum_of_edges(w);
    number_names(w);
    tn_err err = w->lacks_memory ? TN_ENOMEM : tni_recording_read(&w->r, &calls, w);
    if (err == TN_OK)
        write_head(w, nodes, edges);
    err = err == TN_OK ? write_nodes(w) : err;
    err = err == TN_OK ? write_edges(w) : err;
    if (err == TN_OK) {
        write_traces(w);
        err = write_strings(w);
    }
    if (err == TN_OK && w->lacks_memory)
        return TN_ENOMEM;
    if (err == TN_OK && (w->nodes != nodes || w->edges != edges))
        return TN_EINVAL;
    return err == TN_OK && (fflush(w->out) != 0 || ferror(w->out)) ? TN_EFILE : err;
}

tn_err
tn_dump_write_heapsnapshot(FILE *records, FILE *out, tn_dump_counts *counts)
{
    struct writer w = {.out = out};
    tn_err err = tni_recording_open(&w.r, records);
    if (err != TN_OK)
        return err;
    w.domains = sum_of_domains(&w);
    err = tni_tracetree_build(&w.tree, &w.r) ? write_all(&w) : TN_ENOMEM;
    if (err == TN_OK && counts != NULL)
        *counts = w.r.counts;
    tni_tracetree_drop(&w.tree);
    tni_numbering_drop(&w.strings);
    tni_recording_close(&w.r);
    return err;
}
