// SPDX-License-Identifier: MIT
//
// A million objects with slots beside a million with a dictionary: what the heap counts for them,
// and what the process grew by. A first argument is another number of objects.
#include "expect.h"

#include <stdlib.h>
#include <tenure/containers.h>
#include <tenure/inspect.h>
#include <unistd.h>

enum { MILLION = 1000000 };

// Sanitizers keep more than we use; a few objects do not fill what is taken from the system.
#ifdef __SANITIZE_ADDRESS__
static const size_t enough = SIZE_MAX;
#else
static const size_t enough = MILLION;
#endif

// Resident bytes of this process.
static size_t
resident(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    EXPECT(file != NULL && fscanf(file, "%*u %zu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
make(tn_heap *heap, tn_type *type, tn_object **objects, size_t count, tn_value name)
{
    for (size_t i = 0; i < count; i++) {
        objects[i] = tn_new(heap, type);
        EXPECT(objects[i] != NULL);
        EXPECT(tn_set(objects[i], "name", name) == TN_OK);
        EXPECT(tn_set(objects[i], "age", tn_int((int64_t)i)) == TN_OK);
        EXPECT(tn_set(objects[i], "active", TN_TRUE) == TN_OK);
    }
}

// [most] bytes an object, and in the process 2.5 more: 1 of planes and 0.3 of page headers, which
// the heap counts apart, as overhead; and the last 4 MiB that were taken are not full.
static void
measure(tn_type_spec spec, size_t count, size_t most)
{
    tn_heap *heap = tn_heap_new(NULL);
    tn_type *type;
    EXPECT(tn_type_register(heap, &spec, &type) == TN_OK);
    tn_object *name = tn_str_new(heap, "Sid", 3), **objects = malloc(count * sizeof *objects);
    EXPECT(objects != NULL);
    for (size_t i = 0; i < count; i++)
        objects[i] = name; // so that the array is resident before we look
    tn_memory before, after;
    tn_memory_get(heap, &before);
    size_t resident_before = resident();
    make(heap, type, objects, count, tn_ref(name));
    tn_memory_get(heap, &after);
    double counted = (double)(after.current - before.current) / (double)count;
    double seen = (double)(resident() - resident_before) / (double)count;
    printf("%s: %zu objects, %.1f bytes each counted, %.1f bytes each in the process\n", spec.name,
           count, counted, seen);
    EXPECT(counted <= (double)most);
    EXPECT(count < enough || seen <= (double)most + 2.5);
    for (size_t i = 0; i < count; i++)
        tn_decref(objects[i]);
    tn_decref(name);
    free(objects);
    EXPECT(tn_heap_free(heap) == 0);
}

int
main(int argc, char **argv)
{
    static const char *const slots[] = {"name", "age", "active", NULL};
    const char *scale = getenv("TN_SCALE"); // of the tests: valgrind is slow
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : MILLION;
    if (scale != NULL)
        count /= strtoul(scale, NULL, 10);
    measure((tn_type_spec){.name = "slots", .slots = slots}, count, 40);
    measure((tn_type_spec){.name = "dictionary", .layout = TN_LAYOUT_DICT}, count, 80);
    return 0;
}
