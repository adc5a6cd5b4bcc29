// SPDX-License-Identifier: MIT
//
// shape: what a specification asks for, its bases included, and whether it can be had.
#ifndef TNI_OBJECT_SHAPE_H
#define TNI_OBJECT_SHAPE_H

#include "object/type.h"

// Bytes and counts.
struct tni_shape {
    const tn_type *base; // an empty one where there is none
    size_t own_slots, slots, native, size;
    size_t attributes, properties, methods, mixins;
    unsigned flags;
    bool has_record; // instances have attributes of any name
};

struct tni_shape tni_shape_of(const tn_type_spec *spec);

// TN_EINVAL and a message where the specification contradicts itself or its bases.
tn_err tni_shape_check(struct tni_objects *s, const tn_type_spec *spec,
                       const struct tni_shape *shape);

#endif
