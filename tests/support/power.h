// SPDX-License-Identifier: MIT
//
// power: cuts it, for a service that was linked with server/disk/disk.c and has been killed.
#ifndef TESTS_POWER_H
#define TESTS_POWER_H

// Takes back, in each file of [folder], what was written since its last sync.
void power_cut(const char *folder);

#endif
