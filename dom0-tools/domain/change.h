/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/change.h
 *
 * What is different between the description a guest was made from and another, difference by difference, and what each costs a
 * guest that runs.  Pure.
 */
#ifndef SOCLE_DOMAIN_CHANGE_H
#define SOCLE_DOMAIN_CHANGE_H

#include "domain/config.h"

enum change_kind {
	CHANGE_LIVE,    /* is done at once */
	CHANGE_RESTART, /* at the next start from the definition */
	CHANGE_REFUSED, /* not at all */
};

/* How a live one is done. */
enum change_act {
	CHANGE_BY_NOTHING,
	CHANGE_BY_DISK_ATTACH, CHANGE_BY_DISK_DETACH, CHANGE_BY_DISK_LIMIT,
	CHANGE_BY_CARD_ATTACH, CHANGE_BY_CARD_DETACH, CHANGE_BY_CARD_LIMIT,
	CHANGE_BY_MEMORY, CHANGE_BY_VCPUS,
};

#define CHANGE_TEXT_MAX 1400u

struct change {
	enum change_kind kind;
	enum change_act act;
	char what[24];          /* "memory", "disk xvdb" */
	char from[CHANGE_TEXT_MAX], to[CHANGE_TEXT_MAX]; /* "-": not there */
	const char *why;        /* of one that is not live; else NULL */
	unsigned int old, new;  /* index of the device in each description */
};

#define CHANGES_MAX (16u + 2 * DOMAIN_DISKS_MAX + 2 * DOMAIN_CARDS_MAX)

/*
 * Fill out with at most CHANGES_MAX; how many there are.  A UUID or an address that "to" does not give is the one of "from".
 */
unsigned int change_list(const struct domain_config *from, const struct domain_config *to, struct change *out);

const char *change_kind_word(enum change_kind k);

#endif /* SOCLE_DOMAIN_CHANGE_H */
