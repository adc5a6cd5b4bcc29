// SPDX-License-Identifier: MIT
//
// replay FOLDER [RUNS]: a fuzz target without libFuzzer: each file of its corpus as it is, and then
// so many random changes of them (20 000). TN_SEED=N replays the changes.
#include "fuzz.h"

#include "support.h"

#include <dirent.h>

enum { MOST_FILES = 1024, MOST_BYTES = 4096, CHANGES = 8 };

static struct input {
    uint8_t bytes[MOST_BYTES];
    size_t size;
} inputs[MOST_FILES];

static size_t input_count;

static void
read_input(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    MUST(f && input_count < MOST_FILES);
    struct input *i = &inputs[input_count++];
    i->size = fread(i->bytes, 1, MOST_BYTES, f);
    fclose(f);
}

static void
read_corpus(const char *folder)
{
    DIR *d = opendir(folder);
    MUST(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.')
            read_input(folder, e->d_name);
    closedir(d);
    MUST(input_count > 0);
}

// A byte changed, taken out, doubled, or a piece of another input put in.
static void
change(dice *d, struct input *i)
{
    const struct input *other = &inputs[dice_below(d, input_count)];
    size_t at = i->size ? dice_below(d, i->size) : 0, len = 1 + dice_below(d, 16);
    switch (dice_below(d, 4)) {
    case 0:
        i->bytes[at] = (uint8_t)dice_next(d);
        i->size += i->size == 0;
        break;
    case 1:
        len = len < i->size - at ? len : i->size - at;
        memmove(i->bytes + at, i->bytes + at + len, i->size - at - len);
        i->size -= len;
        break;
    default:
        len = len < other->size ? len : other->size;
        if (i->size + len > MOST_BYTES)
            return;
        memmove(i->bytes + at + len, i->bytes + at, i->size - at);
        memcpy(i->bytes + at, other->bytes + dice_below(d, other->size - len + 1), len);
        i->size += len;
    }
}

// A copy of its own size, so that a byte too far is seen.
static void
try_input(const struct input *i)
{
    uint8_t *copy = malloc(i->size + (i->size == 0));
    MUST(copy);
    memcpy(copy, i->bytes, i->size);
    LLVMFuzzerTestOneInput(copy, i->size);
    free(copy);
}

int
main(int argc, char **argv)
{
    static struct input changed;
    dice d;
    MUST(argc > 1);
    size_t runs = support_scaled(argc > 2 ? strtoul(argv[2], NULL, 10) : 20000);
    dice_init(&d, "replay");
    read_corpus(argv[1]);
    for (size_t i = 0; i < input_count; i++)
        try_input(&inputs[i]);
    for (size_t run = 0; run < runs; run++) {
        changed = inputs[dice_below(&d, input_count)];
        for (size_t n = 1 + dice_below(&d, CHANGES); n > 0; n--)
            change(&d, &changed);
        try_input(&changed);
    }
    printf("%zu files and %zu changes of them\n", input_count, runs);
    return 0;
}
