// SPDX-License-Identifier: MIT
//
// Objects that write down when they die: see witness.h.
#include "witness.h"

typedef struct witness {
    tn_value slots[WITNESS_SLOTS];
    witness_log *log; // NULL once written
    int number;
} witness;

static void
write_down(tn_object *o)
{
    witness *w = tn_payload(o);
    if (w->log == NULL)
        return;
    assert_in_range(w->log->count, 0, WITNESS_LOG - 1);
    w->log->numbers[w->log->count++] = w->number;
    w->log = NULL;
}

tn_type *
witness_type(tn_heap *heap)
{
    static const char *const slots[] = {"first", "second", NULL};
    tn_type_spec spec = {.name = "witness", .slots = slots, .flags = TN_WEAK};
    spec.native = sizeof(witness) - offsetof(witness, log);
    spec.clear = write_down;
    tn_type *type = NULL;
    assert_int_equal(tn_type_register(heap, &spec, &type), TN_OK);
    return type;
}

tn_object *
witness_new(tn_heap *heap, tn_type *type, witness_log *log, int number)
{
    tn_object *o = tn_new(heap, type);
    assert_non_null(o);
    witness *w = tn_payload(o);
    w->log = log;
    w->number = number;
    return o;
}

void
witness_expect(witness_log *log, const int *numbers, size_t count)
{
    assert_int_equal(log->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(log->numbers[i], numbers[i]);
    log->count = 0;
}
