/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/perm.h
 *
 * Permissions of a node: an immutable, counted list. Entry 0 names the owner, and its letter is
 * what everybody not named elsewhere in the list may do; the following entries name one domain
 * each. The owner may do everything; a privileged connection may do everything everywhere; a
 * domain with a target (a device-model helper) has its target's rights besides its own.
 * Written form: a letter (n none, r read, w write, b both) and a decimal domain id.
 */
#ifndef SOCLE_STORED_PERM_H
#define SOCLE_STORED_PERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERM_NONE  0u
#define PERM_READ  1u
#define PERM_WRITE 2u
#define PERM_OWNER 4u
#define PERM_ALL   (PERM_READ | PERM_WRITE | PERM_OWNER)

/* First of the ids that no ordinary domain can have (DOMID_FIRST_RESERVED). */
#define PERM_DOMID_END 0x7ff0u
/* Longest written form: letter, five digits, NUL. */
#define PERM_TEXT_MAX 7

struct perm {
	uint16_t domid;
	uint8_t bits;
};

struct perm_list {
	unsigned refs;
	unsigned n;		/* at least 1 */
	struct perm p[];
};

/* Who asks. */
struct perm_who {
	uint16_t domid;
	bool privileged;
	bool has_target;
	uint16_t target;
};

struct perm_list *perm_list_new(const struct perm *p, unsigned n);
struct perm_list *perm_list_get(struct perm_list *l);
void perm_list_put(struct perm_list *l);
/* Copy of the list with another owner. */
struct perm_list *perm_list_chown(const struct perm_list *l, uint16_t owner);
/* Copy without the entries (other than the owner's) of that domain. */
struct perm_list *perm_list_without(const struct perm_list *l, uint16_t domid);
bool perm_list_names(const struct perm_list *l, uint16_t domid);

unsigned perm_of(const struct perm_list *l, const struct perm_who *who);
bool perm_parse(const char *text, struct perm *out);
/* Writes at most PERM_TEXT_MAX bytes; returns the length without NUL. */
size_t perm_format(const struct perm *p, char *out);

#endif /* SOCLE_STORED_PERM_H */
