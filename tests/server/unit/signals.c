// SPDX-License-Identifier: MIT
//
// Signals that this process sends to itself.
#include "base/signals.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void
a_signal_waits_until_it_is_asked_for(void **state)
{
    kill(getpid(), SIGTERM);
    assert_int_equal(signals_wait(), SIGTERM);
    kill(getpid(), SIGINT);
    assert_int_equal(signals_wait_ms(1000), SIGINT);
}

static void
without_a_signal_the_wait_ends_with_0(void **state)
{
    assert_int_equal(signals_wait_ms(0), 0);
    assert_int_equal(signals_wait_ms(1), 0);
}

static void
a_closed_pipe_is_an_error_and_no_signal(void **state)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_waits_until_it_is_asked_for),
        cmocka_unit_test(without_a_signal_the_wait_ends_with_0),
        cmocka_unit_test(a_closed_pipe_is_an_error_and_no_signal),
    };
    signals_block();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
