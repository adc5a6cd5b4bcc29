// SPDX-License-Identifier: MIT
#include "inspect/text.h"

#include <string.h>

enum { SIZE_TEXT = 40 };

// As Python's tracemalloc: bytes are whole, larger units have a decimal below a hundred.
static void
format_size(char text[SIZE_TEXT], double size, bool with_sign)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    double left = size < 0 ? -size : size;
    while (left >= 10 * 1024 && unit < 4) {
        left /= 1024;
        size /= 1024;
        unit++;
    }
    int decimals = unit > 0 && left < 100 ? 1 : 0;
    snprintf(text, SIZE_TEXT, with_sign ? "%+.*f %s" : "%.*f %s", decimals, size, units[unit]);
}

static int
format_place(const tn_statistic *row, char *text, size_t size)
{
    if (row->frame_count == 0)
        return snprintf(text, size, "%s", *row->name != '\0' ? row->name : "-");
    const tn_site *frame = row->frames;
    bool only_function = frame->line == 0 && *frame->function != '\0';
    if (only_function)
        return snprintf(text, size, "%s:%s", frame->file, frame->function);
    return snprintf(text, size, "%s:%d", frame->file, frame->line);
}

int
tn_statistic_format(const tn_statistic *row, bool is_diff, char *text, size_t size)
{
    char place[300], total[SIZE_TEXT], more[SIZE_TEXT + 8] = "", average[SIZE_TEXT + 16] = "";
    char count[64] = "", diff[SIZE_TEXT];
    format_place(row, place, sizeof place);
    format_size(total, (double)row->size, false);
    if (is_diff) {
        format_size(diff, (double)row->size_diff, true);
        snprintf(more, sizeof more, " (%s)", diff);
        snprintf(count, sizeof count, " (%+lld)", (long long)row->count_diff);
    }
    if (row->count > 0) {
        format_size(diff, (double)row->size / (double)row->count, false);
        snprintf(average, sizeof average, ", average=%s", diff);
    }
    return snprintf(text, size, "%s: size=%s%s, count=%zu%s%s", place, total, more, row->count,
                    count, average);
}

// --- Tracebacks ----------------------------------------------------------------------------------

static bool
read_line(const char *file, int number, char *line, size_t size)
{
    FILE *in = fopen(file, "r");
    bool found = false;
    for (int i = 0; in != NULL && i < number; i++)
        found = fgets(line, (int)size, in) != NULL;
    if (in != NULL)
        fclose(in);
    return found;
}

static void
print_frame(const tn_site *frame, FILE *out)
{
    char line[400];
    fprintf(out, "  File \"%s\", line %d\n", frame->file, frame->line);
    if (!read_line(frame->file, frame->line, line, sizeof line))
        return;
    char *text = line + strspn(line, " \t");
    text[strcspn(text, "\n")] = '\0';
    fprintf(out, "    %s\n", text);
}

void
tn_traceback_print(const tn_site *frames, size_t count, int limit, bool newest_first, FILE *out)
{
    size_t wanted = limit < 0 ? (size_t)-limit : (size_t)limit;
    size_t length = limit == 0 || wanted > count ? count : wanted;
    size_t first = limit < 0 ? count - length : 0; // frames[0] is the newest
    for (size_t i = 0; i < length; i++)
        print_frame(&frames[newest_first ? first + i : first + length - 1 - i], out);
}
