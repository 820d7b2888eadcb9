/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/perm.c
 *
 * See perm.h. Lists are shared between nodes and snapshots, therefore never changed once made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/perm.h"
#include "stored/wire.h"

struct perm_list *perm_list_new(const struct perm *p, unsigned n)
{
	struct perm_list *l = malloc(sizeof(*l) + n * sizeof(*p));

	if (!l)
		return NULL;
	l->refs = 1;
	l->n = n;
	memcpy(l->p, p, n * sizeof(*p));
	return l;
}

struct perm_list *perm_list_get(struct perm_list *l)
{
	l->refs++;
	return l;
}

void perm_list_put(struct perm_list *l)
{
	if (l && --l->refs == 0)
		free(l);
}

struct perm_list *perm_list_chown(const struct perm_list *l, uint16_t owner)
{
	struct perm_list *copy = perm_list_new(l->p, l->n);

	if (copy)
		copy->p[0].domid = owner;
	return copy;
}

struct perm_list *perm_list_without(const struct perm_list *l, uint16_t domid)
{
	struct perm_list *copy = perm_list_new(l->p, l->n);
	unsigned n = 1;

	if (!copy)
		return NULL;
	for (unsigned i = 1; i < l->n; i++)
		if (l->p[i].domid != domid)
			copy->p[n++] = l->p[i];
	copy->n = n;
	return copy;
}

bool perm_list_names(const struct perm_list *l, uint16_t domid)
{
	for (unsigned i = 1; i < l->n; i++)
		if (l->p[i].domid == domid)
			return true;
	return false;
}

static bool is_me(const struct perm_who *who, uint16_t domid)
{
	return who->domid == domid || (who->has_target && who->target == domid);
}

unsigned perm_of(const struct perm_list *l, const struct perm_who *who)
{
	if (who->privileged || is_me(who, l->p[0].domid))
		return PERM_ALL;
	for (unsigned i = 1; i < l->n; i++)
		if (is_me(who, l->p[i].domid))
			return l->p[i].bits;
	return l->p[0].bits;
}

bool perm_parse(const char *text, struct perm *out)
{
	uint64_t domid;

	switch (text[0]) {
	case 'n': out->bits = PERM_NONE; break;
	case 'r': out->bits = PERM_READ; break;
	case 'w': out->bits = PERM_WRITE; break;
	case 'b': out->bits = PERM_READ | PERM_WRITE; break;
	default: return false;
	}
	if (!wire_number(text + 1, PERM_DOMID_END - 1, &domid))
		return false;
	out->domid = (uint16_t)domid;
	return true;
}

size_t perm_format(const struct perm *p, char *out)
{
	static const char letter[4] = { 'n', 'r', 'w', 'b' };

	return (size_t)snprintf(out, PERM_TEXT_MAX, "%c%u", letter[p->bits & 3], p->domid);
}
