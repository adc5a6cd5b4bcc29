// SPDX-License-Identifier: MIT
//
// Pages show images. Whoever shows one keeps it; whatever only knows something about it does not: a
// cache by name, captions, the set of those on screen, and who has to remove its file at the end.
// lib/docs/weak-references.md goes through it.
#include "expect.h"

#include <string.h>
#include <tenure/containers.h>

enum { NAME, PAGE };   // of an image
enum { TITLE, IMAGE }; // of a page

static const char *const image_slots[] = {"name", "page", NULL};
static const char *const page_slots[] = {"title", "image", NULL};

typedef struct app {
    tn_heap *heap;
    tn_type *image, *page;
    tn_object *cache;     // weakmap: name to image
    tn_object *captions;  // weakkeymap: image to str
    tn_object *on_screen; // weakset of images
    char events[256];
} app;

static void
note(app *a, const char *event)
{
    size_t len = strlen(a->events);
    snprintf(a->events + len, sizeof a->events - len, "%s\n", event);
    puts(event);
}

static void
expect_events(app *a, const char *events)
{
    EXPECT(strcmp(a->events, events) == 0);
    a->events[0] = '\0';
}

static tn_object *
str(app *a, const char *text)
{
    tn_object *s = tn_str_new(a->heap, text, strlen(text));
    EXPECT(s != NULL);
    return s;
}

// --- Images --------------------------------------------------------------------------------------

// Inside of its own finalizer an image is still whole, and still in every container that knows it.
static void
image_ends(tn_object *image)
{
    const tn_object *name = tn_as_object(tn_slot_borrow(image, NAME));
    printf("step 2: the finalizer of %s\n", tn_str_data(name));
}

// The image that the cache has, or a new one.
static tn_object *
load(app *a, const char *name)
{
    tn_object *key = str(a, name), *image = tn_weakmap_get(a->cache, tn_ref(key));
    if (image == NULL) {
        image = tn_new(a->heap, a->image);
        EXPECT(image != NULL);
        tn_slot_set(image, NAME, tn_ref(key));
        EXPECT(tn_weakmap_set(a->cache, tn_ref(key), image) == TN_OK);
    }
    tn_decref(key);
    return image;
}

static void
set_caption(app *a, tn_object *image, const char *text)
{
    tn_object *caption = str(a, text);
    EXPECT(tn_weakkeymap_set(a->captions, image, tn_ref(caption)) == TN_OK);
    tn_decref(caption);
}

// A page and its image refer to each other, so that no count ends them.
static tn_object *
show(app *a, const char *title, tn_object *image)
{
    tn_object *page = tn_new(a->heap, a->page);
    EXPECT(page != NULL);
    tn_slot_set_steal(page, TITLE, tn_ref(str(a, title)));
    tn_slot_set(page, IMAGE, tn_ref(image));
    tn_slot_set(image, PAGE, tn_ref(page));
    EXPECT(tn_weakset_add(a->on_screen, image) == TN_OK);
    return page;
}

// --- What is told of an end ----------------------------------------------------------------------

static void
file_removed(void *arg)
{
    note(arg, "step 7: its file is removed");
}

static void
watcher_told(tn_object *weak, void *arg)
{
    EXPECT(tn_weak_get(weak) == NULL);
    note(arg, "step 7: the watcher is told");
}

static size_t
known(const app *a)
{
    return tn_weakmap_len(a->cache) + tn_weakkeymap_len(a->captions) + tn_weakset_len(a->on_screen);
}

// --- Three ends ----------------------------------------------------------------------------------

static void
by_count(app *a)
{
    tn_object *image = load(a, "cat.png"), *again = load(a, "cat.png"), *watcher;
    EXPECT(again == image && tn_refcount(image) == 2); // the cache does not count
    set_caption(a, image, "A cat");
    EXPECT(tn_finalizer_new(image, file_removed, a, NULL) == TN_OK);
    EXPECT(tn_weak_new_with(image, watcher_told, a, &watcher) == TN_OK);
    tn_decref(again);
    EXPECT(known(a) == 2);

    tn_decref(image); // the last reference
    EXPECT(known(a) == 0);
    expect_events(a, "step 7: the watcher is told\nstep 7: its file is removed\n");
    tn_decref(watcher);
}

static void
by_collection(app *a)
{
    tn_object *image = load(a, "dog.png"), *page = show(a, "Dogs", image);
    set_caption(a, image, "A dog");
    EXPECT(tn_finalizer_new(image, file_removed, a, NULL) == TN_OK);
    tn_decref(image);
    tn_decref(page); // page and image still have each other
    EXPECT(known(a) == 3);

    EXPECT(tn_gc_collect(a->heap, 2, NULL) == TN_OK);
    EXPECT(known(a) == 0);
    expect_events(a, "step 7: its file is removed\n");
}

// The file is to stay now, so nobody removes it.
static void
detached(app *a)
{
    tn_object *image = load(a, "owl.png"), *removal;
    EXPECT(tn_finalizer_new(image, file_removed, a, &removal) == TN_OK);
    EXPECT(tn_finalizer_detach(removal));
    EXPECT(!tn_finalizer_is_alive(removal));
    tn_decref(image);
    expect_events(a, "");
    tn_decref(removal);
}

// --- A walk --------------------------------------------------------------------------------------

typedef struct walk {
    tn_object *list; // keeps the images
    size_t seen;
} walk;

static bool
visit(tn_value name, tn_object *image, void *arg)
{
    walk *w = arg;
    w->seen++;
    tn_list_clear(w->list); // all images but the one that is being visited
    EXPECT(tn_refcount(image) == 1);
    return true;
}

static void
walk_while_they_end(app *a)
{
    walk w = {tn_list_new(a->heap), 0};
    EXPECT(tn_list_append_steal(w.list, tn_ref(load(a, "elk.png"))) == TN_OK);
    EXPECT(tn_list_append_steal(w.list, tn_ref(load(a, "fox.png"))) == TN_OK);
    EXPECT(tn_weakmap_each(a->cache, visit, &w) == TN_OK);
    EXPECT(w.seen == 1 && tn_weakmap_len(a->cache) == 0);
    tn_decref(w.list);
}

int
main(void)
{
    app a = {.heap = tn_heap_new(NULL)};
    EXPECT(a.heap != NULL);
    tn_type_spec image = {"Image", .slots = image_slots, .flags = TN_WEAK, .finalize = image_ends};
    tn_type_spec page = {"Page", .slots = page_slots};
    EXPECT(tn_type_register(a.heap, &image, &a.image) == TN_OK);
    EXPECT(tn_type_register(a.heap, &page, &a.page) == TN_OK);
    a.cache = tn_weakmap_new(a.heap);
    a.captions = tn_weakkeymap_new(a.heap);
    a.on_screen = tn_weakset_new(a.heap);

    by_count(&a);
    by_collection(&a);
    detached(&a);
    walk_while_they_end(&a);

    tn_decref(a.cache);
    tn_decref(a.captions);
    tn_decref(a.on_screen);
    EXPECT(tn_heap_free(a.heap) == 0);
    return 0;
}
