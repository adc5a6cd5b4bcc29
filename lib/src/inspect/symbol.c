// SPDX-License-Identifier: MIT
#include "inspect/symbol.h"

#include <elfutils/libdwfl.h>
#include <string.h>
#include <unistd.h>

struct tni_symbols {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    char *path; // where debug information is looked for; NULL: in the usual places
};

struct tni_symbols *
tni_symbols_open(void)
{
    struct tni_symbols *s = tni_scratch_resize(NULL, sizeof *s);
    if (s == NULL)
        return NULL;
    *s = (struct tni_symbols){.callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                            .find_debuginfo = dwfl_standard_find_debuginfo,
                                            .debuginfo_path = &s->path}};
    s->dwfl = dwfl_begin(&s->callbacks);
    if (s->dwfl != NULL && dwfl_linux_proc_report(s->dwfl, getpid()) == 0 &&
        dwfl_report_end(s->dwfl, NULL, NULL) == 0)
        return s;
    tni_symbols_close(s);
    return NULL;
}

void
tni_symbols_close(struct tni_symbols *s)
{
    if (s == NULL)
        return;
    if (s->dwfl != NULL)
        dwfl_end(s->dwfl);
    free(s);
}

// A return address is where the call has ended; what is wanted is the call.
static const char *
function_at(struct tni_symbols *s, uintptr_t address)
{
    Dwfl_Module *module = dwfl_addrmodule(s->dwfl, address - 1);
    return module != NULL ? dwfl_module_addrname(module, address - 1) : NULL;
}

static bool
describe(struct tni_symbols *s, struct tni_arena *a, uintptr_t address, tn_site *frame)
{
    const char *function = function_at(s, address), *file = NULL;
    Dwfl_Line *line = dwfl_getsrc(s->dwfl, address - 1);
    *frame = (tn_site){0};
    if (line != NULL)
        file = dwfl_lineinfo(line, NULL, &frame->line, NULL, NULL, NULL);
    if (file != NULL && strncmp(file, "./", 2) == 0)
        file += 2;
    frame->file = tni_arena_name(a, file != NULL ? file : "??");
    frame->function = tni_arena_name(a, function != NULL ? function : "??");
    return frame->file != NULL && frame->function != NULL;
}

static bool
is_own(const char *function)
{
    return function != NULL &&
           (strncmp(function, "tn_", 3) == 0 || strncmp(function, "tni_", 4) == 0);
}

// Static functions of the library have other names, but somebody called tn_ has called them.
static size_t
count_own(struct tni_symbols *s, const uintptr_t *addresses, size_t count)
{
    enum { MOST = 8 };
    size_t own = 0;
    for (size_t i = 0; i < count && i < MOST; i++)
        if (is_own(function_at(s, addresses[i])))
            own = i + 1;
    return own;
}

size_t
tni_symbols_callers(struct tni_symbols *s, struct tni_arena *a, const uintptr_t *addresses,
                    size_t count, tn_site *frames, size_t max, size_t *skipped)
{
    size_t filled = 0;
    *skipped = count_own(s, addresses, count) + 1;
    for (size_t i = *skipped; i < count && filled < max; i++)
        if (describe(s, a, addresses[i], &frames[filled]))
            filled++;
    return filled;
}
