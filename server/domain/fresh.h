// SPDX-License-Identifier: MIT
//
// fresh: whether what memory has of a user may be given out, where other instances change it too.
//
// A user is read with all sessions at one moment, and carries that time. It may be given out while
// it is known to be true as of a time that is no longer ago than store.bound: its own, or the
// feed's last beat. Where the store is not shared everything is fresh. Locking: the shard's.
#ifndef DOMAIN_FRESH_H
#define DOMAIN_FRESH_H

#include "domain/shard.h"

// Asked on behalf of somebody who wants to have the user.
bool fresh_is(const struct shard *s, const tn_object *user);
// Somebody changed them: they are read again before they are given out.
void fresh_spoil(tn_object *user);
// A row of theirs that left at [sent_ns] is kept, as is known only now. A read that began meanwhile
// does not tell whether it is still there: they are read again.
void fresh_doubt(tn_object *user, uint64_t sent_ns);
// Everybody's sessions ended: whoever was read before now is read again.
void fresh_spoil_all(struct shard *s);
// Nobody asked for them for cache.idle, or since everybody's sessions ended: memory need not have
// them.
bool fresh_is_idle(const struct shard *s, const tn_object *user, uint64_t now_ns);
// A load that began before the count changed may have missed what changed it, and is repeated, so
// often; then it is answered 503. It cannot be answered with what it read last: whoever joined it
// meanwhile may have seen more, and memory may have more from a write of ours. Where several
// instances write one user as fast as they can, nine of ten loads are overtaken, so 64 were few.
enum { FRESH_REPEATS_MOST = 1024 };
uint64_t fresh_count(const struct shard *s, uint16_t slot);
// Whether an answer of a shared store to what it was asked at [asked_ns], monotonic, is older than
// it may be.
bool fresh_is_late(const struct shard *s, uint64_t asked_ns);
void fresh_note_change(struct shard *s, uint16_t slot);
uint16_t fresh_slot_of_user(const struct shard *s, struct span id);
// The same for a user of ours whose row was kept, or may have been.
void fresh_note_write(struct shard *s, const tn_object *user);
// Another instance changed a user ('u'), or a session ('s'): [id] is whose.
void fresh_take_notice(struct shard *s, char kind, struct span id);
void fresh_note_anything(struct shard *s);

#endif
