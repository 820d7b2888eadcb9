/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/journal.h
 *
 * Entries for journald with fields of their own, in its native protocol: a datagram of fields, "NAME=value" and a line's end
 * each, or, when the value has line ends itself, "NAME", a line's end, the value's length as 64 bits with the lowest byte first,
 * the value, a line's end (systemd's JOURNAL_NATIVE_PROTOCOL).
 */
#ifndef SOCLE_SOCLE_JOURNAL_H
#define SOCLE_SOCLE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

struct journal_entry {
	size_t used;
	bool full; /* a field did not fit, and is left out */
	char data[32768];
};

/* Pure.  name: upper case, digits and '_'. */
void journal_field(struct journal_entry *e, const char *name, const char *value);
__attribute__((format(printf, 3, 4)))
void journal_fieldf(struct journal_entry *e, const char *name, const char *fmt, ...);

/* $SOCLE_JOURNAL, or where systemd has it. */
const char *journal_path(void);

/* True when it was taken.  Nobody there, or nobody who reads: the entry is lost, and nothing waits. */
bool journal_send(const char *path, const struct journal_entry *e);

#endif /* SOCLE_SOCLE_JOURNAL_H */
