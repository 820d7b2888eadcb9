/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/last.h
 *
 * How guests ended.  The hypervisor keeps the last ends with UUID and domain id; the names that
 * belong to the UUIDs are kept here, one small file a name beside the guest's log, because store and
 * guest are gone by then.
 */
#ifndef SOCLE_DOMAIN_LAST_H
#define SOCLE_DOMAIN_LAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <socle/op.h>

#include "libsocle/error.h"
#include "libsocle/hypercall.h"

/* A guest of this name and UUID is being made.  A failure costs the name only, so none is told. */
void last_name_keep(const char *name, const uint8_t uuid[16]);

/* The UUID that a name had last; false if it never ran here. */
bool last_name_uuid(const char *name, uint8_t uuid[16]);

/* malloc'ed name of a UUID, or NULL. */
char *last_uuid_name(const uint8_t uuid[16]);

/* The oldest end the hypervisor knows with a number from seq on: 0, -ENODATA, another -errno. */
int last_words_next(struct socle_hv *hv, uint64_t seq, struct socle_last_words *out);

/* Which end is meant: with_uuid, with_domid, or both. */
struct last_wanted {
	bool with_uuid, with_domid;
	uint8_t uuid[16];
	uint32_t domid;
};

/* The newest end that fits: 0, -ENODATA, another -errno. */
int last_words_find(struct socle_hv *hv, const struct last_wanted *w, struct socle_last_words *out);

/* "crashed: why", "powered off", ...: how it ended, in a few words. */
void last_words_how(const struct socle_last_words *l, char *out, size_t size);

/* "vCPU 0 on CPU 1, in its kernel at ffffffff81000000", or "" when it was not its own doing. */
void last_words_where(const struct socle_last_words *l, char *out, size_t size);

#endif /* SOCLE_DOMAIN_LAST_H */
