// SPDX-License-Identifier: MIT
#include "inspect/snapfile.h"

#include <errno.h>
#include <string.h>

static const char head[] = "tenure-snapshot 1";

// --- Writing -------------------------------------------------------------------------------------

static void
write_text(FILE *out, const char *text)
{
    putc('\t', out);
    for (; *text != '\0'; text++) {
        char letter = *text == '\t' ? 't' : *text == '\n' ? 'n' : *text;
        if (letter != *text || letter == '\\')
            putc('\\', out);
        putc(letter, out);
    }
}

static void
write_trace(FILE *out, const tn_snapshot_trace *t)
{
    fputs("trace", out);
    write_text(out, t->domain);
    write_text(out, t->type);
    write_text(out, t->tag);
    fprintf(out, "\t%zu\t%zu\t%zu\t%zu\t%zu", t->bytes, t->count, t->made_bytes, t->made_count,
            t->total_frames);
    for (size_t i = 0; i < t->frame_count; i++) {
        write_text(out, t->frames[i].file);
        fprintf(out, "\t%d", t->frames[i].line);
        write_text(out, t->frames[i].function);
    }
    putc('\n', out);
}

// The oldest note first, so that of two with one name the newer stays the newer.
static void
write_notes(FILE *out, const struct tni_note *note)
{
    if (note == NULL)
        return;
    write_notes(out, note->next);
    fputs("note", out);
    write_text(out, note->name);
    write_text(out, note->text);
    putc('\n', out);
}

tn_err
tn_snapshot_dump(const tn_snapshot *s, FILE *out)
{
    tn_snapshot_trace t;
    fprintf(out, "%s\n", head);
    write_notes(out, s->notes);
    for (size_t i = 0; tn_snapshot_get(s, i, &t); i++)
        write_trace(out, &t);
    fprintf(out, "end\t%zu\n", tn_snapshot_len(s));
    return fflush(out) == 0 && !ferror(out) ? TN_OK : TN_EFILE;
}

// --- Reading -------------------------------------------------------------------------------------

// What is left of a line. [failed]: a field was missing or no number.
struct fields {
    char *rest;
    bool failed;
};

static char *
next_raw(struct fields *f)
{
    char *field = strsep(&f->rest, "\t");
    f->failed |= field == NULL;
    return field;
}

static const char *
next_text(struct fields *f)
{
    char *field = next_raw(f), *to = field;
    if (field == NULL)
        return "";
    for (char *from = field; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            *to++ = *++from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
        else
            *to++ = *from;
    }
    *to = '\0';
    return field;
}

static size_t
next_number(struct fields *f)
{
    char *field = next_raw(f), *end = field;
    if (field == NULL)
        return 0;
    errno = 0;
    unsigned long long number = strtoull(field, &end, 10);
    f->failed |= *field < '0' || *field > '9' || *end != '\0' || errno != 0;
    return (size_t)number;
}

static size_t
count_fields(const char *line)
{
    size_t count = line != NULL;
    for (; line != NULL && *line != '\0'; line++)
        count += *line == '\t';
    return count;
}

static void
read_frames(struct fields *f, tn_site *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        frames[i].file = next_text(f);
        size_t line = next_number(f);
        f->failed |= line > INT32_MAX;
        frames[i].line = (int)line;
        frames[i].function = next_text(f);
    }
}

static tn_err
read_trace(tn_snapshot *s, struct fields *f)
{
    tn_snapshot_trace t = {.domain = next_text(f), .type = next_text(f), .tag = next_text(f)};
    t.bytes = next_number(f);
    t.count = next_number(f);
    t.made_bytes = next_number(f);
    t.made_count = next_number(f);
    t.total_frames = next_number(f);
    t.frame_count = count_fields(f->rest) / 3;
    if (f->failed || t.frame_count == 0)
        return TN_EINVAL;
    tn_site *frames = tni_scratch_resize(NULL, t.frame_count * sizeof *frames);
    if (frames == NULL)
        return TN_ENOMEM;
    read_frames(f, frames, t.frame_count);
    t.frames = frames;
    tn_err err = f->failed || f->rest != NULL  ? TN_EINVAL
                 : !tni_snapshot_append(s, &t) ? TN_ENOMEM
                                               : TN_OK;
    free(frames);
    return err;
}

static tn_err
read_note(tn_snapshot *s, struct fields *f)
{
    const char *name = next_text(f), *text = next_text(f);
    return f->failed || f->rest != NULL ? TN_EINVAL : tn_snapshot_set_note(s, name, text);
}

static tn_err
read_record(tn_snapshot *s, char *line, bool *ended)
{
    struct fields f = {.rest = line};
    const char *kind = next_raw(&f);
    if (strcmp(kind, "trace") == 0)
        return read_trace(s, &f);
    if (strcmp(kind, "note") == 0)
        return read_note(s, &f);
    *ended = strcmp(kind, "end") == 0 && next_number(&f) == s->count && !f.failed;
    return *ended ? TN_OK : TN_EINVAL;
}

// False at the end of the file. The newline is cut off.
static bool
read_line(FILE *in, char **line, size_t *room)
{
    ssize_t length = getline(line, room, in);
    if (length > 0 && (*line)[length - 1] == '\n')
        (*line)[length - 1] = '\0';
    return length >= 0;
}

tn_err
tn_snapshot_load(FILE *in, tn_snapshot **snapshot)
{
    char *line = NULL;
    size_t room = 0;
    bool ended = false;
    tn_snapshot *s = tni_snapshot_new();
    tn_err err = s == NULL ? TN_ENOMEM : TN_OK;
    if (err == TN_OK && (!read_line(in, &line, &room) || strcmp(line, head) != 0))
        err = TN_EINVAL;
    while (err == TN_OK && !ended && read_line(in, &line, &room))
        err = read_record(s, line, &ended);
    if (err == TN_OK && !ended)
        err = TN_EINVAL;
    if (ferror(in))
        err = TN_EFILE;
    free(line);
    if (err == TN_OK)
        *snapshot = s;
    else
        tn_snapshot_free(s);
    return err;
}
