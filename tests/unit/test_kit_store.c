/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kit's side of the store's ring beside a daemon that moves bytes in pieces of any size, and beside one that lies; the device
 * table's way through the handshake, and out of every state.
 */
#include <abi/errno.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/store_ring.h"
#include "kit/xenbus_table.h"
#include "suite.h"

static struct xenstore_domain_interface *page;
static struct kit_store_ring ring;
static struct kit_store_message *in;

static void ring_make(uint32_t start)
{
	page = calloc(1, sizeof(*page));
	in = calloc(1, sizeof(*in));
	page->req_prod = page->req_cons = page->rsp_prod = page->rsp_cons = start;
	kit_store_ring_attach(&ring, page);
}

static void ring_free(void)
{
	free(page);
	free(in);
}

/* The daemon's side, a byte at a time. */
static size_t daemon_put(const uint8_t *data, size_t n)
{
	size_t i = 0;

	for (; i < n && page->rsp_prod - page->rsp_cons < XENSTORE_RING_SIZE; i++)
		page->rsp[page->rsp_prod++ % XENSTORE_RING_SIZE] = (char)data[i];
	return i;
}

START_TEST(messages_come_whole_in_any_pieces)
{
	static uint8_t wire[200 * 4200];
	size_t sent = 0, end = 0, lengths[200];
	unsigned int nr = 0;
	bool moved = false;

	srand(6);
	for (unsigned int i = 0; i < 200; i++) {
		struct xsd_sockmsg head = { .type = i, .req_id = i * 3, .len = (uint32_t)rand() % (i % 9 ? 60 : 4097) };

		lengths[i] = head.len;
		memcpy(wire + end, &head, sizeof(head));
		memset(wire + end + sizeof(head), (int)i, head.len);
		end += sizeof(head) + head.len;
	}
	ring_make(UINT32_MAX - 3000);
	while (nr < 200) {
		size_t piece = (size_t)rand() % 1500;

		sent += daemon_put(wire + sent, end - sent < piece ? end - sent : piece);
		while (kit_store_ring_get(&ring, in, &moved)) {
			ck_assert_uint_eq(in->head.type, nr);
			ck_assert_uint_eq(in->head.len, lengths[nr]);
			for (size_t k = 0; k < lengths[nr]; k++)
				ck_assert_int_eq((uint8_t)in->body[k], (uint8_t)nr);
			ck_assert_int_eq(in->body[lengths[nr]], 0);
			in->got = 0;
			nr++;
		}
		ck_assert(!ring.broken);
	}
	ring_free();
}
END_TEST

START_TEST(requests_wait_for_room)
{
	char data[3000];
	uint32_t cons = UINT32_MAX - 100;
	size_t put = 0, got = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	ring_make(cons);
	srand(7);
	while (got < sizeof(data)) {
		size_t n = kit_store_ring_put(&ring, data + put, sizeof(data) - put);

		put += n;
		ck_assert_uint_le(put - got, XENSTORE_RING_SIZE);
		ck_assert(put == sizeof(data) || put - got == XENSTORE_RING_SIZE);
		for (int k = rand() % 700; k && got < put; k--)
			ck_assert_int_eq(page->req[cons++ % XENSTORE_RING_SIZE], data[got++]);
		page->req_cons = cons;
	}
	ring_free();
}
END_TEST

START_TEST(lies_break_the_ring)
{
	struct xsd_sockmsg head = { .len = XENSTORE_PAYLOAD_MAX + 1 };
	bool moved = false;

	ring_make(0);
	page->rsp_prod = XENSTORE_RING_SIZE + 1;
	ck_assert(!kit_store_ring_get(&ring, in, &moved));
	ck_assert(ring.broken && !moved);
	ck_assert_uint_eq(kit_store_ring_put(&ring, "abc", 3), 0);
	ring_free();

	ring_make(0);
	page->req_cons = 1;
	ck_assert_uint_eq(kit_store_ring_put(&ring, "abc", 3), 0);
	ck_assert(ring.broken);
	ring_free();

	ring_make(0);
	daemon_put((uint8_t *)&head, sizeof(head));
	ck_assert(!kit_store_ring_get(&ring, in, &moved));
	ck_assert(ring.broken);
	page->rsp_prod += 100;
	ck_assert(!kit_store_ring_get(&ring, in, &moved));
	ring_free();
}
END_TEST

START_TEST(random_pages_do_no_harm)
{
	bool moved = false;

	srand(8);
	for (int round = 0; round < 500; round++) {
		ring_make((uint32_t)rand());
		for (int step = 0; step < 60; step++) {
			for (size_t k = 0; k < 64; k++)
				((uint8_t *)page)[(size_t)rand() % sizeof(*page)] = (uint8_t)rand();
			if (rand() % 8)
				page->rsp_prod = ring.rsp_cons + (uint32_t)rand() % 1024, page->req_cons = ring.req_prod;
			kit_store_ring_put(&ring, page->rsp, (size_t)rand() % 1024);
			if (kit_store_ring_get(&ring, in, &moved)) {
				ck_assert_uint_le(in->head.len, XENSTORE_PAYLOAD_MAX);
				in->got = 0;
			}
		}
		ring_free();
	}
}
END_TEST

START_TEST(errors_have_numbers)
{
	ck_assert_int_eq(kit_store_error("ENOENT"), XEN_ENOENT);
	ck_assert_int_eq(kit_store_error("EAGAIN"), XEN_EAGAIN);
	ck_assert_int_eq(kit_store_error("what"), XEN_EIO);
	ck_assert_int_eq(kit_store_error(""), XEN_EIO);
}
END_TEST

START_TEST(the_handshake_goes_through)
{
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_START, XenbusStateInitialising), KIT_ACT_NONE);
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_START, XenbusStateInitWait), KIT_ACT_NEGOTIATE);
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_OFFERED, XenbusStateInitWait), KIT_ACT_NONE);
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_OFFERED, XenbusStateConnected), KIT_ACT_CONNECT);
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_UP, XenbusStateConnected), KIT_ACT_CHANGED);
}
END_TEST

/* A backend of before must not be taken for one that has seen the new rings. */
START_TEST(an_old_connection_is_not_taken_up)
{
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_START, XenbusStateConnected), KIT_ACT_NONE);
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_CLOSED, XenbusStateConnected), KIT_ACT_NONE);
}
END_TEST

START_TEST(every_way_out_is_one)
{
	static const enum kit_device_phase with_rings[] = { KIT_DEVICE_OFFERED, KIT_DEVICE_UP };

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(kit_device_act(with_rings[i], XenbusStateClosing), KIT_ACT_CLOSE);
		ck_assert_int_eq(kit_device_act(with_rings[i], XenbusStateClosed), KIT_ACT_CLOSE);
		ck_assert_int_eq(kit_device_act(with_rings[i], XenbusStateUnknown), KIT_ACT_CLOSE);
		ck_assert_int_eq(kit_device_act(with_rings[i], XenbusStateInitialising), KIT_ACT_AGAIN);
	}
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_UP, XenbusStateInitWait), KIT_ACT_AGAIN);
	ck_assert_int_eq(kit_device_act(KIT_DEVICE_CLOSED, XenbusStateInitWait), KIT_ACT_AGAIN);
}
END_TEST

START_TEST(nothing_moves_a_broken_device_or_comes_from_a_wild_state)
{
	for (unsigned long theirs = 0; theirs < 20; theirs++)
		ck_assert_int_eq(kit_device_act(KIT_DEVICE_BROKEN, theirs), KIT_ACT_NONE);
	for (int ours = KIT_DEVICE_START; ours <= KIT_DEVICE_BROKEN; ours++) {
		ck_assert_int_eq(kit_device_act((enum kit_device_phase)ours, 9), KIT_ACT_NONE);
		ck_assert_int_eq(kit_device_act((enum kit_device_phase)ours, ~0UL), KIT_ACT_NONE);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_store");
	TCase *t = tcase_create("store");

	tcase_add_test(t, messages_come_whole_in_any_pieces);
	tcase_add_test(t, requests_wait_for_room);
	tcase_add_test(t, lies_break_the_ring);
	tcase_add_test(t, random_pages_do_no_harm);
	tcase_add_test(t, errors_have_numbers);
	tcase_add_test(t, the_handshake_goes_through);
	tcase_add_test(t, an_old_connection_is_not_taken_up);
	tcase_add_test(t, every_way_out_is_one);
	tcase_add_test(t, nothing_moves_a_broken_device_or_comes_from_a_wild_state);
	suite_add_tcase(s, t);
	return suite_run(s);
}
