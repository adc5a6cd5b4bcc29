// SPDX-License-Identifier: MIT
#include "inspect/collapsed.h"

// A semicolon or a space would divide the name.
static void
write_name(const char *name, FILE *out)
{
    for (; *name != '\0'; name++)
        putc(*name == ';' || *name == ' ' || *name == '\n' ? '_' : *name, out);
}

static void
write_frame(const tn_site *frame, FILE *out)
{
    write_name(frame->function, out);
    putc('(', out);
    write_name(frame->file, out);
    fprintf(out, ":%d);", frame->line);
}

tn_err
tn_snapshot_write_collapsed(const tn_snapshot *s, FILE *out)
{
    tn_snapshot_trace t;
    for (size_t i = 0; tn_snapshot_get(s, i, &t); i++) {
        if (t.bytes == 0)
            continue;
        for (size_t f = t.frame_count; f > 0; f--)
            write_frame(&t.frames[f - 1], out);
        write_name(t.type, out);
        fprintf(out, " %zu\n", t.bytes);
    }
    return fflush(out) == 0 && !ferror(out) ? TN_OK : TN_EFILE;
}
