// SPDX-License-Identifier: MIT
//
// server/http/headcheck.c: heads as libmicrohttpd 0.9.75 leaves them in its buffer. The same cases
// come over a socket in listener.c.
#include "support.h"

#include "http/headcheck.h"
#include "http/selftest.h"

// Splits the lines of [text] in place as the library does, and checks them. A line without a colon
// is left as it is, so that the address of the next name is wrong.
static enum head_verdict
check(const char *text, struct head *head)
{
    static char buffer[1024];
    memset(buffer, 0, sizeof buffer);
    strcpy(buffer, text);
    char *line = buffer, *end;
    for (bool first = true; (end = strstr(line, "\r\n")) != NULL; line = end + 2, first = false) {
        end[0] = end[1] = '\0';
        char *colon = strchr(line, ':');
        if (first)
            head_begin(head, line);
        else if (colon != NULL) {
            *colon = '\0';
            head_add(head, span_of(line), span_of(colon + 1 + strspn(colon + 1, " \t")));
        }
    }
    return head_end(head, line);
}

static void
check_verdict(const char *text, enum head_verdict expected)
{
    struct head head;
    enum head_verdict got = check(text, &head);
    if (got != expected)
        fail_msg("%s: %d, not %d: %s", text, got, expected, head.fault ? head.fault : "");
}

static void
an_ordinary_head_is_fine_and_kept(void **state)
{
    struct head head;
    assert_int_equal(check("HTTP/1.1\r\nhost: a\r\nX:\r\nCONTENT-LENGTH:\t5\r\nContent-Type: b\r\n"
                           "Origin: c\r\nSec-Fetch-Site: d\r\nX-Request-Id: e\r\n\r\n",
                           &head),
                     HEAD_FINE);
    assert_true(span_is(head.host, "a"));
    assert_true(span_is(head.content_length, "5"));
    assert_true(span_is(head.content_type, "b"));
    assert_true(span_is(head.origin, "c"));
    assert_true(span_is(head.fetch_site, "d"));
    assert_true(span_is(head.request_id, "e"));
    assert_null(head.expect.data);
}

static void
two_framings_are_malformed(void **state)
{
    check_verdict("HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                  HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                  HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                  HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n",
                  HEAD_MALFORMED);
    check_verdict("HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", HEAD_MALFORMED);
}

static void
one_host_is_needed(void **state)
{
    check_verdict("HTTP/1.1\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", HEAD_MALFORMED);
}

static void
chunked_is_the_only_coding(void **state)
{
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", HEAD_FINE);
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", HEAD_NOT_IMPLEMENTED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                  HEAD_NOT_IMPLEMENTED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
                  HEAD_NOT_IMPLEMENTED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", HEAD_NOT_IMPLEMENTED);
}

static void
names_are_tokens_and_values_hold_no_control(void **state)
{
    check_verdict("HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\n Host: a\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nX: b\tc\r\n\r\n", HEAD_FINE);
}

static void
a_line_that_is_not_handed_out_leaves_a_gap(void **state)
{
    check_verdict("HTTP/1.1\r\nHost: a\r\nfolded\r\nX: b\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nHost: a\r\nfolded\r\n\r\n", HEAD_MALFORMED);
    check_verdict("HTTP/1.1\r\nfolded\r\nHost: a\r\n\r\n", HEAD_MALFORMED);
}

// As the library leaves "X: a" LF CR LF when nothing came behind it: three bytes, and a fourth that
// is no part of the head.
static void
a_line_feed_alone_ends_no_line_even_where_nothing_follows(void **state)
{
    static const char buffer[64] = "HTTP/1.1\0\0Host\0 a\0\0X\0 a";
    const char *host = buffer + 10, *x = buffer + 19;
    for (int bytes = 3; bytes <= 5; bytes++) {
        struct head head;
        head_begin(&head, buffer);
        head_add(&head, span_of(host), span_of(host + 6));
        head_add(&head, span_of(x), span_of(x + 3));
        assert_int_equal(head_end(&head, x + 4 + bytes), bytes == 4 ? HEAD_FINE : HEAD_MALFORMED);
    }
}

static void
this_library_passes_the_test_at_start(void **state)
{
    assert_true(selftest_heads());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_head_is_fine_and_kept),
        cmocka_unit_test(two_framings_are_malformed),
        cmocka_unit_test(one_host_is_needed),
        cmocka_unit_test(chunked_is_the_only_coding),
        cmocka_unit_test(names_are_tokens_and_values_hold_no_control),
        cmocka_unit_test(a_line_that_is_not_handed_out_leaves_a_gap),
        cmocka_unit_test(a_line_feed_alone_ends_no_line_even_where_nothing_follows),
        cmocka_unit_test(this_library_passes_the_test_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
