// SPDX-License-Identifier: MIT
#include "dumped.h"

#include <stdlib.h>
#include <string.h>

FILE *
dumped_records(tn_heap *heap, const tn_dump_options *options, uint64_t budget_ns)
{
    FILE *records = tmpfile();
    tn_dump *dump;
    bool more = true;
    assert_non_null(records);
    assert_int_equal(tn_dump_begin(heap, options, &dump), TN_OK);
    while (more) {
        assert_int_equal(tn_dump_step(dump, budget_ns, &more), TN_OK);
        assert_int_equal(tn_dump_flush(dump, records), TN_OK);
    }
    tn_dump_end(dump);
    return records;
}

char *
dumped_text(dumped_pass *pass, FILE *records, tn_dump_counts *counts)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(pass(records, out, counts), TN_OK);
    fclose(out);
    return text;
}

static json_t *
load(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    return value;
}

json_t *
dumped_snapshot(FILE *records, tn_dump_counts *counts)
{
    char *text = dumped_text(tn_dump_write_heapsnapshot, records, counts);
    json_t *snapshot = load(text);
    free(text);
    return snapshot;
}

json_t *
dumped_lines(FILE *records, tn_dump_counts *counts)
{
    char *text = dumped_text(tn_dump_write_ndjson, records, counts), *rest = text;
    json_t *lines = json_array();
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
        json_array_append_new(lines, load(line));
    free(text);
    return lines;
}

json_t *
dumped_line(json_t *lines, uint64_t serial)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (json_integer_value(json_object_get(line, "id")) == (json_int_t)serial)
            return line;
    }
    return NULL;
}

bool
dumped_has(const json_t *ids, uint64_t serial)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (json_integer_value(json_array_get(ids, i)) == (json_int_t)serial)
            return true;
    return false;
}

enum { FIELDS = 7, NAME = 1, ID = 2 };

json_int_t
dumped_field(const json_t *snapshot, size_t i, size_t field)
{
    json_t *nodes = json_object_get(snapshot, "nodes");
    return json_integer_value(json_array_get(nodes, i * FIELDS + field));
}

const char *
dumped_name(const json_t *snapshot, size_t i)
{
    json_t *strings = json_object_get(snapshot, "strings");
    return json_string_value(json_array_get(strings, (size_t)dumped_field(snapshot, i, NAME)));
}

long
dumped_find(const json_t *snapshot, uint64_t id)
{
    size_t count = json_array_size(json_object_get(snapshot, "nodes")) / FIELDS;
    for (size_t i = 0; i < count; i++)
        if (dumped_field(snapshot, i, ID) == (json_int_t)id)
            return (long)i;
    return -1;
}
