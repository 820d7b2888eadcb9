/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_keeper.c
 *
 * The journal's file (dom0-tools/stored/keeper.c) on a disk that is full: what was acknowledged is there for the next daemon as
 * long as the store itself finds room.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stored/keeper.h"
#include "stored/log.h"
#include "stored/txn.h"
#include "suite.h"

#define VALUE 1000u

static char dir[64], path[96], fresh[104];
static size_t capacity; /* of the disk */
static struct keeper keeper;
static struct store store;

static size_t size(const char *file)
{
	struct stat st;

	return stat(file, &st) ? 0 : (size_t)st.st_size;
}

ssize_t __real_write(int fd, const void *buf, size_t n);
ssize_t __wrap_write(int fd, const void *buf, size_t n);

/* A disk that takes what fits, and says so only when nothing does. */
ssize_t __wrap_write(int fd, const void *buf, size_t n)
{
	size_t used = size(path) + size(fresh), room = capacity > used ? capacity - used : 0;

	if (fd <= 2 || room >= n)
		return __real_write(fd, buf, n);
	errno = ENOSPC;
	return room ? __real_write(fd, buf, room) : -1;
}

static bool load(struct keeper *k, struct store *s)
{
	struct socle_error e = { 0 };
	bool found;

	ck_assert_int_eq(keeper_load(k, s, path, NULL, NULL, &found, &e), 0);
	return found;
}

static void begin(void)
{
	strcpy(dir, "/tmp/socle-keeper-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/journal", dir);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	capacity = SIZE_MAX;
	log_set_quiet(true);
	ck_assert(!load(&keeper, &store));
	keeper_begin(&keeper);
	ck_assert_int_ge(keeper.fd, 0);
}

static void end(void)
{
	keeper_end(&keeper);
	store_fini(&store);
	rmdir(fresh);
	unlink(path);
	rmdir(dir);
}

/* A change, as a request makes it; number n of its node's values. */
static void change(unsigned int node, unsigned int n)
{
	char name[32], value[VALUE];
	struct tree_blob *blob;

	snprintf(name, sizeof(name), "/n%u", node);
	memset(value, 'x', sizeof(value));
	memcpy(value, &n, sizeof(n));
	blob = tree_blob_new(value, sizeof(value));
	ck_assert_ptr_nonnull(blob);
	ck_assert_int_eq(tree_write(&store.tree, name, blob, -1), 0);
	txn_op_keep(store.journal, TXN_OP_WRITE, name, blob, NULL, -1);
	tree_blob_put(blob);
	store_commit(&store);
}

/* What a daemon finds that begins now. */
static void check_found(unsigned int node, unsigned int n)
{
	const struct tree_node *found;
	struct keeper k;
	struct store s;
	char name[32];
	unsigned int v;

	snprintf(name, sizeof(name), "/n%u", node);
	ck_assert(load(&k, &s));
	found = tree_find(s.tree.root, name);
	ck_assert_ptr_nonnull(found);
	memcpy(&v, found->value->bytes, sizeof(v));
	ck_assert_uint_eq(v, n);
	store_fini(&s);
}

START_TEST(without_room_for_two_the_old_one_grows)
{
	unsigned int n = 0;

	ck_assert_int_eq(mkdir(fresh, 0700), 0);
	while (size(path) < 3 * KEEPER_ROUND_MIN) {
		change(1, ++n);
		keeper_round(&keeper);
		ck_assert_int_ge(keeper.fd, 0);
	}
	check_found(1, n);
	ck_assert_int_eq(rmdir(fresh), 0);
	while (size(path) > 2 * KEEPER_ROUND_MIN) { /* the next time it is tried */
		ck_assert_uint_lt(size(path), 6 * KEEPER_ROUND_MIN);
		change(1, ++n);
		keeper_round(&keeper);
	}
	check_found(1, n);
}
END_TEST

/* A record that does not fit: the new file does where the old one was. */
START_TEST(a_full_disk_costs_nothing_that_fits)
{
	unsigned int n = 0;

	for (unsigned int node = 0; node < 100; node++)
		change(node, 0);
	capacity = size(path) * 5 / 4; /* not for two */
	for (; n < 1000; n++) {
		change(n % 100, n);
		keeper_round(&keeper);
		ck_assert_int_ge(keeper.fd, 0);
		if (n % 10 == 0)
			check_found(n % 100, n);
	}
	check_found(99, n - 1);
}
END_TEST

/* When the store itself has no room there is no file, and later there is one again. */
START_TEST(a_stale_state_is_none)
{
	change(1, 1);
	capacity = VALUE;
	change(1, 2);
	ck_assert_int_eq(keeper.fd, -1);
	ck_assert_int_ne(access(path, F_OK), 0);
	change(1, 3);
	capacity = SIZE_MAX;
	keeper.retry_at = 1; /* ten seconds later */
	keeper_round(&keeper);
	ck_assert_int_ge(keeper.fd, 0);
	check_found(1, 3);
	change(1, 4);
	check_found(1, 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store keeper");
	TCase *t = tcase_create("full disk");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, without_room_for_two_the_old_one_grows);
	tcase_add_test(t, a_full_disk_costs_nothing_that_fits);
	tcase_add_test(t, a_stale_state_is_none);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	return suite_run(s);
}
