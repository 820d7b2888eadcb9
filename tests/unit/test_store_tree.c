/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_tree.c
 *
 * The persistent tree against a model: a plain table of paths and values. Random changes are done
 * to both; snapshots taken on the way must for ever equal the copy of the model made with them.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/quota.h"
#include "stored/tree.h"
#include "stored/txn.h"
#include "suite.h"

/* Paths of up to three names out of three: /x/y/z; index 0 is unused. */
#define NAMES 4
#define PATHS (NAMES * NAMES * NAMES)

struct model {
	bool present[PATHS];
	int value[PATHS];	/* -1: empty */
};

static struct quota quota;
static uint64_t clock_source;
static unsigned seed = 12345;

static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* False when the index has a hole in it and names no path. */
static bool path_of(unsigned i, char *out)
{
	unsigned part[3] = { i / (NAMES * NAMES), i / NAMES % NAMES, i % NAMES };

	out[0] = '\0';
	if (!part[0] || (part[2] && !part[1]))
		return false;
	for (unsigned k = 0; k < 3 && part[k]; k++)
		sprintf(out + strlen(out), "/%.*s", (int)part[k], "nnn");
	return true;
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

static void model_write(struct model *m, unsigned i, int value, bool set)
{
	char path[32], other[32];

	path_of(i, path);
	for (unsigned k = 0; k < PATHS; k++) {
		if (path_of(k, other) && is_below(path, other) && !m->present[k]) {
			m->present[k] = true;
			m->value[k] = -1;
		}
	}
	if (set)
		m->value[i] = value;
}

static void model_rm(struct model *m, unsigned i)
{
	char path[32], other[32];

	path_of(i, path);
	for (unsigned k = 0; k < PATHS; k++)
		if (path_of(k, other) && is_below(other, path))
			m->present[k] = false;
}

static unsigned compare(const struct model *m, const struct tree_node *root)
{
	unsigned count = 0;
	char path[32];

	for (unsigned i = 0; i < PATHS; i++) {
		const struct tree_node *n;

		if (!path_of(i, path))
			continue;
		n = tree_find(root, path);
		ck_assert_msg(!n == !m->present[i], "%s", path);
		if (!n)
			continue;
		count++;
		if (m->value[i] < 0)
			ck_assert_ptr_null(n->value);
		else
			ck_assert_mem_eq(n->value->bytes, &m->value[i], sizeof(int));
	}
	return count;
}

static void tree_make(struct tree *t)
{
	const struct perm p = { 0, PERM_NONE };
	struct perm_list *perms = perm_list_new(&p, 1);

	quota_init(&quota);
	ck_assert_int_eq(tree_init(t, &clock_source, perms,
				   (struct tree_account){ quota_add_nodes, &quota }), 0);
	perm_list_put(perms);
}

static void random_change(struct tree *t, struct model *m)
{
	unsigned i = rnd(PATHS);
	int value = (int)rnd(1000);
	struct tree_blob *b;
	char path[32];

	if (!path_of(i, path))
		return;
	switch (rnd(4)) {
	case 0:
		ck_assert_int_eq(tree_rm(t, path), m->present[i] ? 0 : -ENOENT);
		model_rm(m, i);
		break;
	case 1:
		ck_assert_int_eq(tree_mkdir(t, path, -1), 0);
		model_write(m, i, 0, false);
		break;
	default:
		b = tree_blob_new(&value, sizeof(value));
		ck_assert_int_eq(tree_write(t, path, b, -1), 0);
		tree_blob_put(b);
		model_write(m, i, value, true);
	}
}

START_TEST(random_against_model)
{
	enum { SNAPS = 8 };
	static struct model now, then[SNAPS];
	struct tree_node *snap[SNAPS] = { NULL };
	struct tree t;

	tree_make(&t);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned k = rnd(SNAPS);

		random_change(&t, &now);
		if (rnd(10) == 0) {
			tree_node_put(snap[k]);
			snap[k] = tree_node_get(t.root);
			then[k] = now;
		}
		if (step % 50 == 0) {
			/* The root is the one node more. */
			ck_assert_uint_eq(compare(&now, t.root) + 1, quota.nodes[0]);
			if (snap[k])
				compare(&then[k], snap[k]);
		}
	}
	for (unsigned k = 0; k < SNAPS; k++)
		tree_node_put(snap[k]);
	tree_fini(&t);
}
END_TEST

START_TEST(snapshot_shares)
{
	struct tree t;
	struct tree_node *snap;

	tree_make(&t);
	tree_mkdir(&t, "/a/b", -1);
	tree_mkdir(&t, "/c/d", -1);
	snap = tree_node_get(t.root);
	ck_assert_int_eq(tree_mkdir(&t, "/a/e", -1), 0);
	ck_assert_ptr_eq(tree_find(t.root, "/c"), tree_find(snap, "/c"));
	ck_assert_ptr_eq(tree_find(t.root, "/a/b"), tree_find(snap, "/a/b"));
	ck_assert_ptr_ne(tree_find(t.root, "/a"), tree_find(snap, "/a"));
	ck_assert_ptr_null(tree_find(snap, "/a/e"));
	ck_assert_uint_eq(tree_count_missing(t.root, "/a/e/f/g"), 2);
	ck_assert_uint_eq(tree_count_missing(t.root, "/"), 0);
	ck_assert_int_eq(tree_rm(&t, "/"), -EINVAL);
	tree_node_put(snap);
	tree_fini(&t);
}
END_TEST

START_TEST(owner_of_created)
{
	const struct perm p[] = { { 0, PERM_NONE }, { 5, PERM_READ } };
	struct perm_list *perms = perm_list_new(p, 2);
	const struct tree_node *n;
	struct tree t;

	tree_make(&t);
	tree_mkdir(&t, "/a", -1);
	ck_assert_int_eq(tree_set_perms(&t, "/a", perms), 0);
	ck_assert_int_eq(tree_mkdir(&t, "/a/b/c", 7), 0);
	n = tree_find(t.root, "/a/b/c");
	ck_assert_uint_eq(n->perms->p[0].domid, 7);
	ck_assert_uint_eq(n->perms->n, 2);
	ck_assert_uint_eq(quota.nodes[7], 2);
	ck_assert_int_eq(tree_set_perms(&t, "/a/b", perms), 0);
	ck_assert_uint_eq(quota.nodes[7], 1);
	ck_assert_int_eq(tree_rm(&t, "/a"), 0);
	ck_assert_uint_eq(quota.nodes[7], 0);
	ck_assert_uint_eq(quota.nodes[0], 1);
	perm_list_put(perms);
	tree_fini(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store tree");
	TCase *tc = tcase_create("pure");

	tcase_add_test(tc, random_against_model);
	tcase_add_test(tc, snapshot_shares);
	tcase_add_test(tc, owner_of_created);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
