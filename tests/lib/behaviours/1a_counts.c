// SPDX-License-Identifier: MIT
//
// 1A: counts, death at once, the order of destruction.
#include "recorder.h"

#include <tenure/containers.h>

static void
the_last_drop_destroys_before_it_returns_1(void **state)
{
    recorder_log log;
    recorder_init(&log, heap_fixture_heap(state));
    tn_object *o = recorder_new(&log, 1), *other = tn_incref(o);
    tn_decref(o);
    recorder_expect(&log, "");
    tn_decref(other);
    recorder_expect(&log, "F1 D1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HEAP_TEST(the_last_drop_destroys_before_it_returns_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
