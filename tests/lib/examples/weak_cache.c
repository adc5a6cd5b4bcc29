// SPDX-License-Identifier: MIT
//
// A cache of weak values answers while somebody holds the user, and is empty when nobody does.
#include "expect.h"

#include <tenure/containers.h>

enum { ID, NAME };

static const char *const user_slots[] = {"id", "name", NULL};

typedef struct app {
    tn_heap *heap;
    tn_type *user;
    tn_object *cache; // weakref.WeakValueDictionary()
    int hits, misses;
} app;

static tn_object *
user_new(app *a, int64_t id)
{
    char name[32];
    int len = snprintf(name, sizeof name, "User-%lld", (long long)id);
    tn_object *user = tn_new(a->heap, a->user);
    EXPECT(user != NULL);
    tn_slot_set(user, ID, tn_int(id));
    tn_slot_set_steal(user, NAME, tn_ref(tn_str_new(a->heap, name, (size_t)len)));
    return user;
}

// Gives a new reference.
static tn_object *
get_user(app *a, int64_t id)
{
    tn_object *user = tn_weakmap_get(a->cache, tn_int(id));
    if (user != NULL) {
        printf("Cache hit for %lld\n", (long long)id);
        a->hits++;
        return user;
    }
    printf("Cache miss for %lld\n", (long long)id);
    a->misses++;
    user = user_new(a, id);
    EXPECT(tn_weakmap_set(a->cache, tn_int(id), user) == TN_OK);
    return user;
}

int
main(void)
{
    app a = {.heap = tn_heap_new(NULL)};
    tn_type_spec spec = {.name = "User", .slots = user_slots, .flags = TN_WEAK};
    EXPECT(tn_type_register(a.heap, &spec, &a.user) == TN_OK);
    a.cache = tn_weakmap_new(a.heap);

    tn_object *u1 = get_user(&a, 1); // Cache miss
    tn_object *u2 = get_user(&a, 1); // Cache hit
    EXPECT(u1 == u2 && a.misses == 1 && a.hits == 1);

    TN_CLEAR(u1); // del u1: u2 still holds the user
    EXPECT(tn_weakmap_len(a.cache) == 1);

    TN_CLEAR(u2); // del u2: nobody does
    printf("the cache holds %zu users\n", tn_weakmap_len(a.cache));
    EXPECT(tn_weakmap_len(a.cache) == 0);

    tn_decref(a.cache);
    EXPECT(tn_heap_free(a.heap) == 0);
    return 0;
}
