/* SPDX-License-Identifier: BSD-2-Clause */
/* net/terms.h: what comes out of each offer and wish, and which frames may be sent then. */
#include <check.h>

#include "net/terms.h"
#include "suite.h"

static const struct net_offer full = {
	.rx_copy = true, .sg = true, .gso4 = true, .gso6 = true, .csum6 = true, .split = true, .max_queues = 4,
};

START_TEST(nothing_but_copies_is_agreed_on)
{
	struct net_offer o = full;
	struct net_terms t;

	o.rx_copy = false;
	ck_assert(!net_terms_make(&t, &o, &(struct net_wish){ 0 }));
	o = (struct net_offer){ .rx_copy = true };	/* the oldest backend */
	ck_assert(net_terms_make(&t, &o, &(struct net_wish){ .queues = 4 }));
	ck_assert_uint_eq(t.queues, 1);
	ck_assert(!t.say_queues && !t.split && !t.tx_sg && !t.tx_gso4 && !t.tx_gso6 && !t.tx_csum6);
	ck_assert(t.rx_gso4 && t.rx_gso6 && t.rx_csum);
}
END_TEST

START_TEST(queues_are_the_smaller_number)
{
	const struct { unsigned int wish, max, want; } cases[] = {
		{ 0, 4, 1 }, { 1, 4, 1 }, { 2, 4, 2 }, { 8, 4, 4 }, { 100, 100, NET_QUEUES_MAX }, { 3, 1, 1 }, { 3, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_offer o = full;
		struct net_terms t;

		o.max_queues = cases[i].max;
		ck_assert(net_terms_make(&t, &o, &(struct net_wish){ .queues = cases[i].wish }));
		ck_assert_uint_eq(t.queues, cases[i].want);
		ck_assert_int_eq(t.say_queues, cases[i].max > 0);
	}
}
END_TEST

START_TEST(segments_need_what_they_are_made_of)
{
	struct net_offer o = full;
	struct net_terms t;

	ck_assert(net_terms_make(&t, &o, &(struct net_wish){ 0 }));
	ck_assert(t.tx_gso4 && t.tx_gso6);
	o.csum6 = false;
	ck_assert(net_terms_make(&t, &o, &(struct net_wish){ 0 }));
	ck_assert(t.tx_gso4 && !t.tx_gso6);
	o = full;
	o.sg = false;
	ck_assert(net_terms_make(&t, &o, &(struct net_wish){ 0 }));
	ck_assert(!t.tx_gso4 && !t.tx_gso6);
	ck_assert(net_terms_make(&t, &full, &(struct net_wish){ .no_csum = true }));
	ck_assert(!t.rx_gso4 && !t.rx_gso6 && !t.rx_csum);	/* a segment's checksum is always blank */
	ck_assert(net_terms_make(&t, &full, &(struct net_wish){ .no_gso = true }));
	ck_assert(!t.rx_gso4 && !t.rx_gso6 && t.rx_csum);
}
END_TEST

START_TEST(frames_that_may_be_sent)
{
	const struct net_offload plain = { .gso = NET_GSO_NONE }, blank = { .csum_blank = true };
	const struct net_offload tcp4 = { .csum_blank = true, .gso = NET_GSO_TCP4, .gso_size = 1448 };
	const struct net_offload tcp6 = { .csum_blank = true, .gso = NET_GSO_TCP6, .gso_size = 1428 };
	struct net_terms t;

	ck_assert(net_terms_make(&t, &(struct net_offer){ .rx_copy = true }, &(struct net_wish){ 0 }));
	ck_assert(net_terms_allow(&t, 4096, &plain, false));
	ck_assert(!net_terms_allow(&t, 4097, &plain, false));
	ck_assert(net_terms_allow(&t, 60, &blank, false));
	ck_assert(!net_terms_allow(&t, 60, &blank, true));
	ck_assert(!net_terms_allow(&t, 4096, &tcp4, false));
	ck_assert(net_terms_make(&t, &full, &(struct net_wish){ 0 }));
	ck_assert(net_terms_allow(&t, NET_FRAME_MAX, &tcp4, false));
	ck_assert(!net_terms_allow(&t, NET_FRAME_MAX + 1, &tcp4, false));
	ck_assert(net_terms_allow(&t, NET_FRAME_MAX, &tcp6, true));
	ck_assert(net_terms_allow(&t, 60, &blank, true));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net terms");
	TCase *t = tcase_create("all");

	tcase_add_test(t, nothing_but_copies_is_agreed_on);
	tcase_add_test(t, queues_are_the_smaller_number);
	tcase_add_test(t, segments_need_what_they_are_made_of);
	tcase_add_test(t, frames_that_may_be_sent);
	suite_add_tcase(s, t);
	return suite_run(s);
}
