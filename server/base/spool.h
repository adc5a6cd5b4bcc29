// SPDX-License-Identifier: MIT
//
// spool: a temporary file that has no name, so that nothing of it is left whatever happens, and
// that may not grow for ever.
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// What several files together may take, and until when. Once something is not written, [error] says
// why: EFBIG above the limit, ECANCELED when [may_go_on] said no, else what the system said.
struct spool_bound {
    uint64_t limit, used; // bytes
    bool (*may_go_on)(void *arg);
    void *arg;
    int error; // 0: everything was written
};

struct spool {
    FILE *stream; // for reading and writing
    int file;
    uint64_t size;
    struct spool_bound *bound; // borrowed
};

// In [folder], for the owner only. False: errno says why. [s] must stay where it is.
bool spool_open(struct spool *s, const char *folder, struct spool_bound *bound);
// The stream is closed; the file is the caller's, all of it written. -1: it was not, see [bound].
int spool_take_file(struct spool *s); /* new */
void spool_close(struct spool *s);    // one that is not open too, if it is zeroed

// The folder of [path].
void spool_folder_of(const char *path, char *folder, size_t size);

#endif
