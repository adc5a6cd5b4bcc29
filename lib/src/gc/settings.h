// SPDX-License-Identifier: MIT
//
// settings: who may change the automatic collections, so that a library cannot switch them on again
// behind its host's back. The functions are public.
#ifndef TNI_GC_SETTINGS_H
#define TNI_GC_SETTINGS_H

#include "gc/generations.h"

#endif
