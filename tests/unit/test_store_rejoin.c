/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_rejoin.c
 *
 * After a restart of the store's daemon (test_store_restart.c) the domains are looked at: whose ring is had again, and whose is not.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_world.h"
#include "suite.h"

/* Those who died, and those whose id belongs to somebody else now, are gone; the others have their rings. */
START_TEST(the_dead_are_released)
{
	struct store again;
	struct replay_result r;
	struct conn *c;

	world_ask(world.ctl, XS_SET_PERMS, 0, "@releaseDomain|n0|r4");
	world_ask(world_guest(4), XS_WATCH, 0, "@releaseDomain|gone");
	world_take(world_guest(4), SIZE_MAX);
	world_ask(world_guest(4), XS_READ, 0, "x");
	world_restart(&again, world.stream_len, &r);
	world.states[1] = DOMAIN_GONE;
	world.handles[2].bytes[3] = 1;
	memset(&world.handles[3], 0, sizeof(world.handles[3]));	/* cannot be asked for: no reason to cut it off */
	ck_assert_int_eq(replay_rejoin(&again, 9), 0);
	ck_assert_ptr_null(domain_find(&again, 1));
	ck_assert_ptr_null(domain_find(&again, 2));
	ck_assert_ptr_null(tree_find(again.tree.root, "/local/domain/2"));
	ck_assert_ptr_nonnull(domain_find(&again, 3));
	ck_assert_ptr_nonnull(tree_find(again.tree.root, "/local/domain/3"));
	ck_assert_uint_eq(world.rejoined, 3);
	c = domain_find(&again, 4)->conn;
	ck_assert_uint_eq(c->events, 1);
	world_free(&again);
}
END_TEST

/* A domain whose ring could not be had is connected when it is introduced once more, with the very same words. */
START_TEST(the_ringless_are_introduced_again)
{
	struct domain *d = domain_find(&world.store, 2);
	const uint64_t gfn = d->gfn;
	const uint32_t port = d->port;
	struct store again;
	struct replay_result r;

	world_restart(&again, world.stream_len, &r);
	world.ringless = 2;
	ck_assert_int_eq(replay_rejoin(&again, 9), 0);
	d = domain_find(&again, 2);
	ck_assert_ptr_nonnull(d);
	ck_assert_ptr_null(d->conn);
	ck_assert_int_eq(domain_introduce(&again, 2, gfn, port), 0);
	ck_assert_ptr_eq(domain_find(&again, 2), d);
	ck_assert_ptr_nonnull(d->conn);
	ck_assert_ptr_nonnull(tree_find(again.tree.root, "/local/domain/2"));
	world_free(&again);
}
END_TEST

/* Introduced with words that lead to no ring, a domain keeps all but its connection, also over a restart. */
START_TEST(a_failed_introduction_costs_a_living_domain_nothing_else)
{
	struct domain *d = domain_find(&world.store, 2);
	struct store again;
	struct replay_result r;

	world_ask(world_guest(2), XS_WATCH, 0, "/local/domain/2|home");
	world.attach_result = -EINVAL;
	world_ask(world.ctl, XS_INTRODUCE, 0, "2|77|78");
	ck_assert_ptr_eq(domain_find(&world.store, 2), d);
	ck_assert_ptr_null(d->conn);
	ck_assert_ptr_nonnull(tree_find(world.store.tree.root, "/local/domain/2"));
	world_restart(&again, world.stream_len, &r);
	ck_assert_ptr_nonnull(domain_find(&again, 2));
	ck_assert_ptr_null(domain_find(&again, 2)->conn);
	ck_assert_ptr_nonnull(tree_find(again.tree.root, "/local/domain/2"));
	world_free(&again);
	world.attach_result = 0;
	world_ask(world.ctl, XS_INTRODUCE, 0, "2|77|78");
	ck_assert_ptr_nonnull(d->conn);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store rejoin");
	TCase *tc = tcase_create("rejoin");

	tcase_add_checked_fixture(tc, world_begin, world_end);
	tcase_add_test(tc, the_dead_are_released);
	tcase_add_test(tc, the_ringless_are_introduced_again);
	tcase_add_test(tc, a_failed_introduction_costs_a_living_domain_nothing_else);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
