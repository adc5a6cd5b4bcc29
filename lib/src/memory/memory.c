// SPDX-License-Identifier: MIT
#include "memory/memory.h"

#include <stdarg.h>

void
tni_memory_watch(struct tni_memory *m)
{
    int64_t next = m->until + m->beyond;
    size_t in_use = tni_in_use(m), room = m->limit > in_use ? m->limit - in_use : 0;
    if (next >= 0 && (size_t)next > room)
        next = (int64_t)room;
    m->beyond += m->until - next;
    m->level = in_use + (size_t)next;
    m->until = next;
}

const void *
tni_this_thread(void)
{
    static _Thread_local char here;
    return &here;
}

void
tni_report(struct tni_memory *m, const char *format, ...)
{
    char sentence[400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    m->report(m->report_arg, sentence);
}
