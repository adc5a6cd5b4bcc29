// SPDX-License-Identifier: MIT
//
// disk: what a power cut does to files, for tests that kill the service.
//
// A service that is linked with disk.c keeps, beside each file of its store, what every write since
// the file's last sync has overwritten (FILE.undo). Whoever has killed it takes these writes back,
// as a disk does that had them in its cache only.
#ifndef TESTS_DISK_H
#define TESTS_DISK_H

#include <stdint.h>

#define DISK_UNDO ".undo"

// What stands in front of the bytes that were overwritten.
struct disk_undo {
    int64_t offset, size; // of the write's beginning; of the file before it
    int64_t kept;         // bytes that follow
};

#endif
