/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/store.c
 *
 * See store.h: birth and end of the store, and its consistency check, which proves over the live
 * tree what the other modules rely on (children sorted and distinct, permissions present, nodes
 * counted for the right owner).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/store.h"

int store_init_empty(struct store *s, const struct domain_ops *ops, void *ops_ctx)
{
	const struct perm nobody = { 0, PERM_NONE };

	memset(s, 0, sizeof(*s));
	quota_init(&s->quota);
	s->ops = ops;
	s->ops_ctx = ops_ctx;
	for (unsigned i = 0; i < SPECIALS; i++) {
		s->special[i] = perm_list_new(&nobody, 1);
		if (!s->special[i])
			return -ENOMEM;
	}
	return tree_init(&s->tree, &s->clock, s->special[0],
			 (struct tree_account){ quota_add_nodes, &s->quota });
}

int store_init(struct store *s, const struct domain_ops *ops, void *ops_ctx)
{
	int ret = store_init_empty(s, ops, ops_ctx);

	return ret ? ret : store_furnish(s);
}

int store_furnish(struct store *s)
{
	static const char *const initial[] = { "/tool/xenstored", "/local/domain/0" };
	int ret = 0;

	for (unsigned i = 0; !ret && i < sizeof(initial) / sizeof(initial[0]); i++)
		ret = tree_mkdir(&s->tree, initial[i], -1);
	return ret;
}

void store_fini(struct store *s)
{
	struct domain *d;

	while ((d = s->domains)) {
		s->domains = d->next;
		free(d);
	}
	tree_fini(&s->tree);
	for (unsigned i = 0; i < SPECIALS; i++)
		perm_list_put(s->special[i]);
}

void store_note_commit(struct store *s, uint32_t id)
{
	const struct journal_entry e = { .kind = JOURNAL_COMMITTED, .id = id };

	s->committed[s->n_committed++ % STORE_COMMITS] = id;
	journal_add(s->journal, &e);
}

bool store_has_committed(const struct store *s, uint32_t id)
{
	for (unsigned i = 0; i < STORE_COMMITS; i++)
		if (id && s->committed[i] == id)
			return true;
	return false;
}

void store_commit(struct store *s)
{
	/* Without a journal that can be written the daemon goes on; its sink has said so. */
	journal_commit(s->journal);
}

struct check {
	uint32_t nodes[PERM_DOMID_END];
	unsigned long total;
	const char *fault;
};

static void check_node(struct check *k, const struct tree_node *node)
{
	k->total++;
	if (!node->refs || !node->perms || !node->perms->n)
		k->fault = "a node without permissions";
	else if (node->perms->p[0].domid < PERM_DOMID_END)
		k->nodes[node->perms->p[0].domid]++;
	for (unsigned i = 0; i < node->n_children && !k->fault; i++) {
		const struct tree_node *c = node->children[i];

		if (i && strcmp(node->children[i - 1]->name, c->name) >= 0)
			k->fault = "children out of order";
		else
			check_node(k, c);
	}
}

bool store_check(struct store *s, char *text, size_t size)
{
	struct check *k = calloc(1, sizeof(*k));
	bool good;

	if (!k) {
		snprintf(text, size, "no memory to check\n");
		return false;
	}
	check_node(k, s->tree.root);
	if (!k->fault && memcmp(k->nodes, s->quota.nodes, sizeof(k->nodes)))
		k->fault = "nodes counted for the wrong owner";
	good = !k->fault;
	snprintf(text, size, good ? "%lu nodes, consistent\n" : "after %lu nodes: %s\n", k->total,
		 k->fault);
	free(k);
	return good;
}
