// SPDX-License-Identifier: MIT
//
// Snapshots for other tools: lib/src/inspect/pprof.c, collapsed.c, numbering.c. That pprof itself
// reads the profile is shown by tests/pprof.sh in the full run.
#include "heap_fixture.h"

#include "inspect/arena.h"
#include "inspect/numbering.h"

#include <zlib.h>

static const char lines[] =
    "tenure-snapshot 1\n"
    "trace\tobjects\tSession\tGET /x\t100\t2\t300\t6\t2\tinner.c\t2\tinner\touter.c\t1\touter\n"
    "trace\tbuffers\tlist\t\t0\t0\t30\t3\t1\tother one.c\t3\tother;one\n"
    "end\t2\n";

static tn_snapshot *
load(void)
{
    tn_snapshot *snapshot = NULL;
    FILE *in = fmemopen((void *)(uintptr_t)lines, strlen(lines), "r");
    assert_int_equal(tn_snapshot_load(in, &snapshot), TN_OK);
    fclose(in);
    return snapshot;
}

typedef tn_err writer_fn(const tn_snapshot *snapshot, FILE *out);

static char *
written(writer_fn *write, size_t *size)
{
    char *bytes = NULL;
    tn_snapshot *snapshot = load();
    FILE *out = open_memstream(&bytes, size);
    assert_int_equal(write(snapshot, out), TN_OK);
    fclose(out);
    tn_snapshot_free(snapshot);
    return bytes;
}

static void
collapsed_stacks_have_the_outermost_frame_first_and_nothing_that_is_gone(void **state)
{
    size_t size;
    char *text = written(tn_snapshot_write_collapsed, &size);
    assert_string_equal(text, "outer(outer.c:1);inner(inner.c:2);Session 100\n");
    free(text);
}

static size_t
inflate_all(char *packed, size_t size, char *bytes, size_t room)
{
    z_stream z = {.next_in = (unsigned char *)packed,
                  .avail_in = (unsigned)size,
                  .next_out = (unsigned char *)bytes,
                  .avail_out = (unsigned)room};
    assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return room - z.avail_out;
}

// Field 6, a string of the table, then its length.
static bool
has_string(const char *bytes, size_t size, const char *string)
{
    char wanted[64] = {6 << 3 | 2, (char)strlen(string)};
    memcpy(wanted + 2, string, strlen(string));
    return memmem(bytes, size, wanted, 2 + strlen(string)) != NULL;
}

static void
a_profile_has_go_s_types_labels_and_both_frames(void **state)
{
    static const char *const strings[] = {"alloc_objects", "inuse_space", "Session", "GET /x",
                                          "route",         "inner.c",     "outer",   "other;one"};
    size_t size;
    char bytes[4000], *packed = written(tn_snapshot_write_pprof, &size);
    size = inflate_all(packed, size, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        assert_true(has_string(bytes, size, strings[i]));
    const char values[] = {2 << 3 | 2, 6, 6, (char)(300 & 127) | (char)128, 300 >> 7, 2, 100};
    assert_non_null(memmem(bytes, size, values + 2, 5)); // made: 6 and 300; in use: 2 and 100
    free(packed);
}

static void
without_memory_there_is_no_profile(void **state)
{
    tn_snapshot *snapshot = load();
    tn_err err = TN_ENOMEM;
    if (TN_CHECKS == 0)
        skip();
    int n = 0;
    for (; err != TN_OK && n < 100; n++) {
        FILE *out = fopen("/dev/null", "w");
        tni_scratch_fail_after(n);
        err = tn_snapshot_write_pprof(snapshot, out);
        tni_scratch_fail_after(-1);
        fclose(out);
    }
    assert_in_range(n, 5, 99);
    tn_snapshot_free(snapshot);
}

static void
a_full_disk_is_told(void **state)
{
    tn_snapshot *snapshot = load();
    FILE *full = fopen("/dev/full", "w");
    assert_int_equal(tn_snapshot_write_pprof(snapshot, full), TN_EFILE);
    fclose(full);
    full = fopen("/dev/full", "w");
    assert_int_equal(tn_snapshot_write_collapsed(snapshot, full), TN_EFILE);
    fclose(full);
    tn_snapshot_free(snapshot);
}

static void
keys_have_the_numbers_in_which_they_came(void **state)
{
    struct tni_numbering n = {0};
    for (uintptr_t i = 0; i < 10000; i++)
        assert_int_equal(tni_numbering_of(&n, i % 1000, i % 10, 7), i % 1000);
    assert_int_equal(tni_numbering_of(&n, 0, 1, 7), 1000);
    tni_numbering_drop(&n);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(collapsed_stacks_have_the_outermost_frame_first_and_nothing_that_is_gone),
        HEAP_TEST(a_profile_has_go_s_types_labels_and_both_frames),
        HEAP_TEST(without_memory_there_is_no_profile),
        HEAP_TEST(a_full_disk_is_told),
        HEAP_TEST(keys_have_the_numbers_in_which_they_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
