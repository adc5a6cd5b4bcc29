// SPDX-License-Identifier: MIT
//
// A user who should be gone: who keeps them, found in slices, and in a dump of the whole heap.
// lib/docs/heap-dumps.md has what it prints. An argument names a file for a .heapsnapshot.
#include "expect.h"

#include <string.h>
#include <tenure/containers.h>
#include <tenure/inspect.h>

enum { MILLISECOND = 1000000, MOST = 100, ROWS = 8 };

typedef struct shop {
    tn_heap *heap;
    tn_type *user;
    tn_object *online; // list of users
    tn_object *recent; // dict of names to users, which nobody clears
} shop;

static tn_object *
user_new(const shop *s, const char *text)
{
    tn_object *user = tn_new(s->heap, s->user), *name = tn_str_new(s->heap, text, strlen(text));
    EXPECT(user != NULL && name != NULL);
    tn_slot_set(user, 0, tn_ref(name));
    EXPECT(tn_dict_set(s->recent, tn_ref(name), tn_ref(user)) == TN_OK);
    tn_decref(name);
    return user;
}

// --- Who keeps an object -------------------------------------------------------------------------

// A number instead of a reference: nobody is kept by who asks.
static void
show_who_keeps(const shop *s, uint64_t serial)
{
    tn_holders *holders;
    tn_holder rows[ROWS];
    tn_object *o = tn_serial_find(s->heap, serial);
    EXPECT(o != NULL && tn_holders_new(o, ROWS, MOST, &holders) == TN_OK);
    tn_decref(o);
    while (tn_holders_step(holders, MILLISECOND)) // a program has the heap to itself in between
        continue;
    size_t length = tn_holders_path(holders, rows, ROWS);
    EXPECT(length == 2 && strcmp(rows[0].place, "[\"ann\"]") == 0 && rows[1].serial == serial);
    for (size_t i = 0; i < length; i++)
        printf("%s %llu%s%s\n", rows[i].type, (unsigned long long)rows[i].serial,
               i + 1 < length ? " at " : "", rows[i].place);
    tn_holders_free(holders);
}

// --- The whole heap ------------------------------------------------------------------------------

static FILE *
take_dump(tn_heap *heap)
{
    FILE *records = tmpfile();
    tn_dump_options options = {.name = "shop", .include_values = true};
    tn_dump *dump;
    bool more = true;
    EXPECT(records != NULL && tn_dump_begin(heap, &options, &dump) == TN_OK);
    while (more) {
        EXPECT(tn_dump_step(dump, MILLISECOND, &more) == TN_OK); // with the heap's lock
        EXPECT(tn_dump_flush(dump, records) == TN_OK);           // without it
    }
    tn_dump_end(dump);
    return records;
}

static void
write_snapshot(FILE *records, const char *path)
{
    FILE *out = fopen(path, "w");
    EXPECT(out != NULL && tn_dump_write_heapsnapshot(records, out, NULL) == TN_OK);
    EXPECT(fclose(out) == 0);
}

int
main(int argc, char **argv)
{
    static const char *const slots[] = {"name", NULL};
    tn_type_spec spec = {.name = "User", .slots = slots};
    shop s = {.heap = tn_heap_new(NULL)};
    EXPECT(tn_type_register(s.heap, &spec, &s.user) == TN_OK);
    s.online = tn_list_new(s.heap);
    s.recent = tn_dict_new(s.heap);
    tn_object *ann = user_new(&s, "ann");
    uint64_t serial = tn_serial(ann);
    EXPECT(tn_list_append_steal(s.online, tn_ref(ann)) == TN_OK);
    EXPECT(tn_list_append_steal(s.online, tn_ref(user_new(&s, "bob"))) == TN_OK);
    EXPECT(tn_list_remove(s.online, tn_ref(ann)) == TN_OK); // ann logs out
    show_who_keeps(&s, serial);

    tn_dump_counts counts;
    FILE *records = take_dump(s.heap);
    EXPECT(tn_dump_write_ndjson(records, stdout, &counts) == TN_OK);
    EXPECT(counts.objects == 6 && counts.edges == 7 && counts.dropped == 0);
    if (argc > 1)
        write_snapshot(records, argv[1]);
    fclose(records);
    tn_decref(s.online);
    tn_decref(s.recent);
    EXPECT(tn_heap_free(s.heap) == 0);
    return 0;
}
