// SPDX-License-Identifier: MIT
//
// Who is in, from a reply and from a file.
#include "people.h"
#include "support.h"

#define REPLY                                                                                      \
    "{\"id\":\"s_00ab\",\"user_id\":\"load-1\",\"data\":{},\"token\":\"tn1_00abX\",\"evicted\":[]" \
    "}"

static void
a_login_shows_id_and_token(void **state)
{
    struct place place = {0};
    assert_true(people_login(&place, REPLY));
    assert_string_equal(place.id, "s_00ab");
    assert_string_equal(place.token, "tn1_00abX");
}

static void
what_is_no_login_is_noticed(void **state)
{
    struct place place = {0};
    assert_false(people_login(&place, ""));
    assert_false(people_login(&place, "{\"id\":\"s_00ab\"}"));
    assert_false(people_login(&place, "{\"id\":\"\",\"token\":\"t\"}"));
    assert_false(
        people_login(&place, "{\"id\":\"s_00000000000000000000000000000000000\",\"token\":\"t\"}"));
}

static void
a_file_brings_back_who_was_in(void **state)
{
    struct people written, read;
    people_init(&written, 3, 2);
    assert_int_equal(written.places, 6);
    people_login(&written.place[4], REPLY);
    written.place[4].state = PLACE_IN;
    FILE *f = tmpfile();
    people_write(&written, f);
    rewind(f);
    people_init(&read, 3, 2);
    assert_true(people_read(&read, f));
    assert_int_equal(read.place[4].state, PLACE_IN);
    assert_string_equal(read.place[4].token, "tn1_00abX");
    assert_int_equal(read.place[3].state, PLACE_OUT);
    fclose(f);
    people_fini(&written);
    people_fini(&read);
}

static void
a_file_of_more_people_or_of_none_is_refused(void **state)
{
    static const char *const wrong[] = {"6 s_1 tn1_1\n", "0 s_1\n", "nobody\n"};
    for (size_t i = 0; i < 3; i++) {
        struct people p;
        FILE *f = tmpfile();
        fputs(wrong[i], f);
        rewind(f);
        people_init(&p, 3, 2);
        assert_false(people_read(&p, f));
        people_fini(&p);
        fclose(f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_shows_id_and_token),
        cmocka_unit_test(what_is_no_login_is_noticed),
        cmocka_unit_test(a_file_brings_back_who_was_in),
        cmocka_unit_test(a_file_of_more_people_or_of_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
