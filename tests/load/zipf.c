// SPDX-License-Identifier: MIT
//
// zipf: the integral of x ^ -exponent is inverted at a random point; a rank next to it is taken
// unless the point falls into the gap between the integral and the rank's own share.
#include "zipf.h"

#include "random.h"

#include <math.h>

static double
share(const struct zipf *z, double x)
{
    return pow(x, -z->exponent);
}

static double
integral(const struct zipf *z, double x)
{
    return (pow(x, 1 - z->exponent) - 1) / (1 - z->exponent);
}

static double
inverse(const struct zipf *z, double y)
{
    return pow(1 + y * (1 - z->exponent), 1 / (1 - z->exponent));
}

void
zipf_init(struct zipf *z, size_t n, double exponent)
{
    *z = (struct zipf){.n = n, .exponent = exponent};
    z->first = integral(z, 1.5) - 1;
    z->last = integral(z, (double)n + 0.5);
    z->sure = 2 - inverse(z, integral(z, 2.5) - share(z, 2));
}

size_t
zipf_next(const struct zipf *z, uint64_t *random)
{
    for (;;) {
        double y = z->last + random_share(random) * (z->first - z->last);
        double x = inverse(z, y), rank = floor(x + 0.5);
        if (rank < 1)
            rank = 1;
        if (rank > (double)z->n)
            rank = (double)z->n;
        if (rank - x <= z->sure || y >= integral(z, rank + 0.5) - share(z, rank))
            return (size_t)rank - 1;
    }
}
