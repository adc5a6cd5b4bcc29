// SPDX-License-Identifier: MIT
//
// What is outside of the heaps counts once, whoever frees it.
#include "base/json.h"
#include "base/ledger.h"
#include "store/db.h"
#include "support.h"

#include <pthread.h>

static void
expect_nothing(enum ledger_domain d)
{
    struct ledger_sum sum = ledger_read(d);
    assert_int_equal(sum.bytes, 0);
    assert_int_equal(sum.blocks, 0);
}

static void
a_block_counts_until_it_is_freed(void **state)
{
    void *block = ledger_alloc(LEDGER_HTTP, 1000), *other = ledger_calloc(LEDGER_HTTP, 10, 100);
    struct ledger_sum sum = ledger_read(LEDGER_HTTP);
    assert_true(sum.bytes >= 2000 && sum.bytes < 2100);
    assert_int_equal(sum.blocks, 2);
    expect_nothing(LEDGER_STORE);
    ledger_free(LEDGER_HTTP, block);
    ledger_free(LEDGER_HTTP, other);
    ledger_free(LEDGER_HTTP, NULL);
    expect_nothing(LEDGER_HTTP);
}

enum { BLOCKS = 20000, THREADS = 4 };

static void *
make_blocks(void *blocks)
{
    for (int i = 0; i < BLOCKS; i++)
        ((void **)blocks)[i] = ledger_alloc(LEDGER_HTTP, (size_t)i % 300 + 1);
    return NULL;
}

static void *
free_blocks(void *blocks)
{
    for (int i = 0; i < BLOCKS; i++)
        ledger_free(LEDGER_HTTP, ((void **)blocks)[i]);
    return NULL;
}

static void
on_all_threads(void *(*work)(void *), void *(*blocks)[BLOCKS])
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, blocks[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void
what_one_thread_made_another_may_free(void **state)
{
    static void *blocks[THREADS][BLOCKS];
    on_all_threads(make_blocks, blocks);
    assert_int_equal(ledger_read(LEDGER_HTTP).blocks, THREADS * BLOCKS);
    on_all_threads(free_blocks, blocks);
    expect_nothing(LEDGER_HTTP);
}

static void
a_document_counts_as_json_until_it_is_dropped(void **state)
{
    static const struct json_limits limits = {.depth = 4, .members = 100, .string = 1000};
    char detail[160];
    json_t *root;
    json_count_memory();
    assert_int_equal(
        json_read(SPAN("{\"a\":[1,2,3],\"b\":\"text\"}"), &limits, &root, detail, sizeof detail),
        JSON_FINE);
    struct ledger_sum document = ledger_read(LEDGER_JSON);
    assert_true(document.bytes > 200 && document.blocks >= 6);
    char *text = json_dumps(root, 0);
    assert_true(ledger_read(LEDGER_JSON).blocks > document.blocks);
    json_free_text(text);
    json_decref(root);
    expect_nothing(LEDGER_JSON);
}

static void
sqlite_counts_for_itself(void **state)
{
    struct db *db;
    struct ledger_sum before = db_read_memory(), open;
    assert_int_equal(db_open(":memory:", DB_READER, &db), DB_OK);
    open = db_read_memory();
    assert_true(open.bytes > before.bytes + 1000 && open.blocks > before.blocks);
    db_close(db);
    assert_int_equal(db_read_memory().bytes, before.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_counts_until_it_is_freed),
        cmocka_unit_test(what_one_thread_made_another_may_free),
        cmocka_unit_test(a_document_counts_as_json_until_it_is_dropped),
        cmocka_unit_test(sqlite_counts_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
