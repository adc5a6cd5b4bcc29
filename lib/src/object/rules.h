// SPDX-License-Identifier: MIT
//
// rules: what makes a search from suspects find the same as one that looks at everything.
//
// Each has a number, so that a test can have a heap break one (TN_MUTANT, checked builds only) and
// show that it is noticed. In a release no heap breaks any, and nothing is asked.
#ifndef TNI_OBJECT_RULES_H
#define TNI_OBJECT_RULES_H

#include "memory/alloc.h"

// In the order of their numbers, from 1: name, and the rule.
#define TNI_RULES(X)                                                                               \
    X(DECREF, "what loses a reference and lives on is logged")                                     \
    X(MOVE, "so is what a reference was moved to without a count that changed")                    \
    X(RESURRECT, "so is what its finalizer brought back")                                          \
    X(UNFREEZE, "so is everything that was frozen")                                                \
    X(THAW, "so is what was thawed")                                                               \
    X(KEEP, "so is garbage that is still there after it was cleared")                              \
    X(YOUNG, "the suspects of a young collection stay suspects")                                   \
    X(ABORT, "the suspects of a collection that gave up stay suspects")                            \
    X(FLAG, "an object's flag of being logged goes with its bit")                                  \
    X(CUT_OFF, "a probe that was cut off resolves nothing")                                        \
    X(PART, "a probe that captured the suspect but not all that it reaches resolves nothing")      \
    X(FROZEN, "what is frozen is a wall to every phase")

enum tni_rule {
    TNI_NO_RULE,
#define TNI_RULE_NAME(name, rule) TNI_RULE_##name,
    TNI_RULES(TNI_RULE_NAME)
#undef TNI_RULE_NAME
};

static inline bool
tni_breaks(const struct tni_memory *m, enum tni_rule rule)
{
    return TN_CHECKS > 0 && m->mutant == rule;
}

#endif
