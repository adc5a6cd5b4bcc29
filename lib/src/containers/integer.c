// SPDX-License-Identifier: MIT
//
// A number that fits into a value never is an object, so two integers are equal only if both are
// inline or both are not. Only those functions of GMP are called that allocate nothing, because
// GMP ends the program when it runs out of memory; so conversions take time in proportion to the
// square of the digits.
#include "containers/integer.h"

#include "containers/siphash.h"
#include "object/object.h"

#include <gmp.h>
#include <math.h>
#include <string.h>

// The size stands in the header, in place of a mark.
union integer {
    uint64_t own[1];   // and on to the end of the slot
    uint64_t *spilled; // instead, when there are more than MAX_OWN
};

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "limbs of 64 bits");

enum {
    MAX_OWN = (TNI_MAX_OBJECT - sizeof(tn_object)) / sizeof(uint64_t),
    CHUNK = 19, // decimal digits that surely fit into a limb
    LIMB_BITS = 64,
};

static const uint64_t chunk_base = UINT64_C(10000000000000000000); // 10 to the power of CHUNK
static const size_t max_digits = UINT32_MAX - 64;                  // what a str can hold

static int32_t
size_of(const tn_object *o)
{
    TN_ASSERT(o->type == TNI_TYPE_INT);
    return (int32_t)o->mark;
}

static size_t
count_of(struct tni_whole w)
{
    return (size_t)(w.size < 0 ? -(int64_t)w.size : w.size);
}

static struct tni_whole
whole_of_object(const tn_object *o)
{
    union integer *integer = tn_payload(o);
    struct tni_whole w = {integer->own, size_of(o)};
    if (count_of(w) > MAX_OWN)
        w.limbs = integer->spilled;
    return w;
}

struct tni_whole
tni_whole_of(tn_value v, uint64_t own[1])
{
    if (tn_is_object(v))
        return whole_of_object(tn_as_object(v));
    int64_t i = tn_as_int(v);
    own[0] = i < 0 ? -(uint64_t)i : (uint64_t)i;
    return (struct tni_whole){own, (i > 0) - (i < 0)};
}

// The 53 bits of a double stand in at most two limbs.
bool
tni_whole_of_double(double d, uint64_t own[TNI_DOUBLE_LIMBS], struct tni_whole *w)
{
    enum { DIGITS = 53 };
    if (!isfinite(d) || d != trunc(d))
        return false;
    int exponent;
    uint64_t digits = (uint64_t)ldexp(frexp(fabs(d), &exponent), DIGITS);
    unsigned shift = exponent > DIGITS ? (unsigned)(exponent - DIGITS) : 0;
    digits >>= exponent < DIGITS && digits != 0 ? DIGITS - exponent : 0;
    size_t at = shift / LIMB_BITS;
    memset(own, 0, at * sizeof *own);
    own[at] = digits << shift % LIMB_BITS;
    own[at + 1] = shift % LIMB_BITS != 0 ? digits >> (LIMB_BITS - shift % LIMB_BITS) : 0;
    int32_t size = (int32_t)(own[at + 1] != 0 ? at + 2 : at + (own[at] != 0));
    *w = (struct tni_whole){own, d < 0 ? -size : size};
    return true;
}

int
tni_whole_compare(struct tni_whole a, struct tni_whole b)
{
    if (a.size != b.size)
        return a.size < b.size ? -1 : 1;
    int order = a.size == 0 ? 0 : mpn_cmp(a.limbs, b.limbs, (mp_size_t)count_of(a));
    return a.size < 0 ? -order : order;
}

static bool
is_inline(struct tni_whole w)
{
    uint64_t magnitude = w.size != 0 ? w.limbs[0] : 0;
    return count_of(w) <= 1 && magnitude <= (uint64_t)TN_INT_MAX + (w.size < 0);
}

// Of one that has at most 64 bits.
static int64_t
as_int64(struct tni_whole w)
{
    uint64_t magnitude = w.size != 0 ? w.limbs[0] : 0;
    return (int64_t)(w.size < 0 ? -magnitude : magnitude);
}

uint64_t
tni_whole_word(const struct tni_objects *s, struct tni_whole w)
{
    if (is_inline(w))
        return tn_int(as_int64(w)).bits;
    return tni_siphash(s->hash_key, w.limbs, count_of(w) * sizeof *w.limbs) ^ (w.size < 0);
}

// --- Making ----------------------------------------------------------------------------------

static tn_err
make(struct tni_objects *s, struct tni_whole w, const tn_site *site, tn_value *result)
{
    if (is_inline(w)) {
        *result = tn_int(as_int64(w));
        return TN_OK;
    }
    tn_type *type = s->types[TNI_TYPE_INT];
    size_t bytes = count_of(w) * sizeof *w.limbs;
    bool is_long = count_of(w) > MAX_OWN;
    uint64_t *spilled = is_long ? tni_buffer_alloc(&s->memory, &type->account, bytes) : NULL;
    if (is_long && spilled == NULL)
        return TN_ENOMEM;
    size_t size = sizeof(tn_object) + (is_long ? sizeof(union integer) : bytes);
    tn_object *o = tni_object_new_sized(s, type, size, false, site);
    if (o == NULL) {
        tni_buffer_free(&s->memory, &type->account, spilled, bytes);
        return TN_ENOMEM;
    }
    union integer *integer = tn_payload(o);
    if (is_long)
        integer->spilled = spilled;
    memcpy(is_long ? spilled : integer->own, w.limbs, bytes);
    o->mark = (uint32_t)w.size;
    *result = tn_ref(o);
    return TN_OK;
}

tn_err
tn_int_new_at(tn_heap *heap, int64_t i, const tn_site *site, tn_value *result)
{
    uint64_t magnitude = i < 0 ? -(uint64_t)i : (uint64_t)i;
    struct tni_whole w = {&magnitude, (i > 0) - (i < 0)};
    return make((struct tni_objects *)heap, w, site, result);
}

// --- Decimal ---------------------------------------------------------------------------------

// Room for limbs and text in between: on the stack for numbers of ordinary length.
struct scratch {
    struct tni_objects *s;
    size_t size;
    uint64_t *limbs;
    uint64_t few[256];
};

static bool
begin(struct scratch *scratch, struct tni_objects *s, size_t size)
{
    scratch->s = s;
    scratch->size = size;
    scratch->limbs = scratch->few;
    if (size > sizeof scratch->few)
        scratch->limbs = tni_buffer_alloc(&s->memory, &s->types[TNI_TYPE_INT]->account, size);
    return scratch->limbs != NULL;
}

static void
end(struct scratch *scratch)
{
    struct tni_objects *s = scratch->s;
    if (scratch->limbs != scratch->few)
        tni_buffer_free(&s->memory, &s->types[TNI_TYPE_INT]->account, scratch->limbs,
                        scratch->size);
}

static bool
are_digits(const char *digits, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    return len > 0;
}

// limbs = limbs * scale + chunk.
static int32_t
push_chunk(uint64_t *limbs, int32_t count, uint64_t scale, uint64_t chunk)
{
    uint64_t carry = chunk;
    if (count > 0) {
        carry = mpn_mul_1(limbs, limbs, count, scale);
        carry += mpn_add_1(limbs, limbs, count, chunk);
    }
    if (carry != 0)
        limbs[count++] = carry;
    return count;
}

// How many limbs the digits have become.
static int32_t
read_digits(uint64_t *limbs, const char *digits, size_t len)
{
    int32_t count = 0;
    while (len > 0) {
        uint64_t chunk = 0, scale = 1;
        for (size_t part = len % CHUNK != 0 ? len % CHUNK : CHUNK; part > 0; part--, len--) {
            chunk = chunk * 10 + (uint64_t)(*digits++ - '0');
            scale *= 10;
        }
        count = push_chunk(limbs, count, scale, chunk);
    }
    return count;
}

tn_err
tn_int_from_decimal_at(tn_heap *heap, const char *digits, size_t len, const tn_site *site,
                       tn_value *result)
{
    struct scratch scratch;
    *result = TN_ABSENT;
    if (len > max_digits)
        return TN_ELIMIT;
    bool negative = len > 0 && digits[0] == '-';
    size_t sign = negative || (len > 0 && digits[0] == '+');
    if (!are_digits(digits + sign, len - sign))
        return TN_EINVAL;
    size_t most = (len - sign + CHUNK - 1) / CHUNK;
    if (!begin(&scratch, (struct tni_objects *)heap, most * sizeof(uint64_t)))
        return TN_ENOMEM;
    int32_t count = read_digits(scratch.limbs, digits + sign, len - sign);
    tn_err err = make((struct tni_objects *)heap,
                      (struct tni_whole){scratch.limbs, negative ? -count : count}, site, result);
    end(&scratch);
    return err;
}

// Writes the digits before [at], whose first is not 0, and returns where they begin. The limbs are
// used up.
static char *
write_digits(uint64_t *limbs, size_t count, char *at)
{
    while (count > 0) {
        uint64_t chunk = mpn_divrem_1(limbs, 0, limbs, (mp_size_t)count, chunk_base);
        count -= limbs[count - 1] == 0;
        for (int i = 0; i < CHUNK && (count > 0 || chunk > 0); i++, chunk /= 10)
            *--at = (char)('0' + chunk % 10);
    }
    return at;
}

// A limb has fewer than 20 digits.
tn_object *
tn_int_to_decimal_at(tn_heap *heap, tn_value v, const tn_site *site)
{
    enum { LIMB_DIGITS = 20 };
    struct scratch scratch;
    uint64_t own[1];
    struct tni_whole w = tni_whole_of(v, own);
    size_t limbs = count_of(w), size = limbs * sizeof(uint64_t) + limbs * LIMB_DIGITS + 2;
    if (!begin(&scratch, (struct tni_objects *)heap, size))
        return NULL;
    memcpy(scratch.limbs, w.limbs, limbs * sizeof *w.limbs);
    char *end_of_text = (char *)scratch.limbs + size;
    char *text = write_digits(scratch.limbs, limbs, end_of_text);
    if (w.size <= 0)
        *--text = w.size < 0 ? '-' : '0';
    tn_object *str = tn_str_new_at(heap, text, (size_t)(end_of_text - text), site);
    end(&scratch);
    return str;
}

// --- Asking ----------------------------------------------------------------------------------

bool
tn_is_integer(tn_value v)
{
    return tn_is_int(v) || tni_value_is(v, TNI_TYPE_INT);
}

static struct tni_whole
integer_of(tn_value v, uint64_t own[1])
{
    TN_ASSERT(tn_is_integer(v));
    return tni_whole_of(v, own);
}

bool
tn_int_fits(tn_value v)
{
    uint64_t own[1];
    struct tni_whole w = integer_of(v, own);
    return w.size == 0 || (count_of(w) == 1 && w.limbs[0] <= (uint64_t)INT64_MAX + (w.size < 0));
}

int64_t
tn_int_get(tn_value v)
{
    uint64_t own[1];
    TN_ASSERT(tn_int_fits(v));
    return as_int64(tni_whole_of(v, own));
}

size_t
tn_int_bits(tn_value v)
{
    uint64_t own[1];
    struct tni_whole w = integer_of(v, own);
    size_t count = count_of(w);
    return count == 0 ? 0 : count * LIMB_BITS - (size_t)__builtin_clzll(w.limbs[count - 1]);
}

int
tn_int_compare(tn_value a, tn_value b)
{
    uint64_t own[2];
    return tni_whole_compare(integer_of(a, &own[0]), integer_of(b, &own[1]));
}

// --- Type ------------------------------------------------------------------------------------

static size_t
buffer_size(const tn_object *o)
{
    struct tni_whole w = whole_of_object(o);
    return count_of(w) > MAX_OWN ? count_of(w) * sizeof *w.limbs : 0;
}

static void
int_clear(tn_object *o)
{
    struct tni_objects *s = tni_objects_of(o);
    union integer *integer = tn_payload(o);
    if (buffer_size(o) > 0)
        tni_buffer_free(&s->memory, &s->types[TNI_TYPE_INT]->account, integer->spilled,
                        buffer_size(o));
}

static size_t
int_size_of(const tn_object *o)
{
    size_t size = buffer_size(o);
    return size > 0 ? tni_buffer_occupies(size) : 0;
}

static bool
int_check(const tn_object *o)
{
    struct tni_whole w = whole_of_object(o);
    return !is_inline(w) && w.limbs[count_of(w) - 1] != 0;
}

const struct tni_builtin tni_int_type = {
    .spec = {.name = "int",
             .native = sizeof(union integer),
             .flags = TN_ACYCLIC,
             .clear = int_clear,
             .size_of = int_size_of},
    .leaf = true,
    .check = int_check,
};
