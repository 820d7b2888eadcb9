/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rings of netfront under a backend that writes anything anywhere between any two steps. Whatever it writes, an id that is
 * handed back was out, a frame's parts lie inside their pages and belong to buffers that were posted, and each buffer comes
 * back once. The backend here is polite as often as hostile, so that its lies come in the middle of good traffic.
 */
#include "net/rx.h"
#include "net/tx.h"
#include "fuzz.h"

#define PAGE 4096u
#define RING 256u

static void *page_new(void)
{
	void *p = aligned_alloc(PAGE, PAGE);

	if (!p)
		abort();
	memset(p, 0, PAGE);
	return p;
}

/* The backend's turn: mostly an index, now and then any word. */
static void scribble(struct input *in, struct sring_header *page)
{
	uint8_t how = input_u8(in);
	uint8_t *bytes = (uint8_t *)page;

	switch (how % 8) {
	case 0:
		page->rsp_prod = input_u32(in);
		break;
	case 1:
		page->req_event = input_u32(in);
		break;
	case 2: {
		size_t at = input_u16(in) % (PAGE - 3);
		uint32_t v = input_u32(in);

		memcpy(bytes + at, &v, sizeof(v));
		break;
	}
	default:
		page->rsp_prod += how >> 3 & 3;
	}
}

static void put(struct input *in, struct net_tx *t, bool *out, uint32_t *nr_out)
{
	struct net_tx_part part[NET_TX_PARTS_MAX + 2];
	unsigned int n = input_u8(in) % (NET_TX_PARTS_MAX + 2);
	uint8_t what = input_u8(in);
	struct net_offload o = {
		.csum_blank = what & 1, .csum_good = what & 2, .gso = (what >> 2) % 4, .gso_size = what & 16 ? 1448 : 0,
	};
	uint16_t ids[NET_TX_PARTS_MAX + 2];
	uint32_t before = t->ring.req_prod;

	for (unsigned int i = 0; i < n; i++) {
		part[i] = (struct net_tx_part){ i, input_u8(in) * 16, input_u8(in) * 16 };
		ids[i] = net_tx_id(t, i);
	}
	if (!net_tx_put(t, part, n, &o)) {
		CLAIM(t->ring.req_prod == before);
		return;
	}
	CLAIM(t->ring.req_prod - t->ring.rsp_cons <= RING);
	for (unsigned int i = 0; i < n; i++) {
		CLAIM(ids[i] < RING && !out[ids[i]]);
		out[ids[i]] = true;
	}
	*nr_out += n;
}

static void transmit(struct input *in)
{
	struct sring_header *page = page_new();
	bool out[RING] = { 0 };
	struct net_tx_done done;
	uint32_t nr_out = 0;
	struct net_tx t;

	net_tx_init(&t, page);
	while (in->left) {
		uint8_t what = input_u8(in);

		if (what & 1)
			put(in, &t, out, &nr_out);
		if (what & 2)
			kit_ring_push(&t.ring);
		if (what & 4) {	/* a polite answer: the request's id, in its place */
			uint8_t *slot = (uint8_t *)page + XEN_RING_HEADER_SIZE + page->rsp_prod % RING * sizeof(struct netif_tx_request);
			struct netif_tx_response rsp = { 0, what & 8 ? NETIF_RSP_OKAY : NETIF_RSP_NULL };

			memcpy(&rsp.id, slot + offsetof(struct netif_tx_request, id), sizeof(rsp.id));
			memcpy(slot, &rsp, sizeof(rsp));
			page->rsp_prod++;
		}
		if (what & 16)
			scribble(in, page);
		while (net_tx_take(&t, &done)) {
			CLAIM(!t.broken && done.id < RING && out[done.id]);
			out[done.id] = false;
			nr_out--;
		}
		CLAIM(t.nr_free + nr_out == RING);
		kit_ring_rearm(&t.ring, 1 + (what >> 5));
	}
	free(page);
}

static void check_frame(const struct net_rx *r, const struct net_rx_frame *f, bool *posted)
{
	uint32_t sum = 0;

	CLAIM(f->nr_slots && f->nr_slots <= NET_RX_SLOTS_MAX && f->nr_parts <= NET_RX_PARTS_MAX);
	for (unsigned int i = 0; i < f->nr_slots; i++) {
		uint16_t id = (f->first_id + i) % RING;

		CLAIM(posted[id]);
		posted[id] = false;
	}
	for (unsigned int i = 0; i < f->nr_parts; i++) {
		const struct net_rx_part *p = &f->part[i];

		CLAIM((uint16_t)(p->id - f->first_id) % RING < f->nr_slots);
		CLAIM(p->len && p->offset + p->len <= PAGE);
		CLAIM(!i || p->id != f->part[i - 1].id);
		sum += p->len;
	}
	CLAIM(!f->nr_parts || (sum == f->len && sum <= NET_FRAME_MAX));
	CLAIM(f->offload.gso == NET_GSO_NONE || f->offload.gso_size);
	CLAIM(f->offload.gso != NET_GSO_TCP6 || r->gso6);
}

static void answer(struct input *in, struct sring_header *page)
{
	uint8_t *slot = (uint8_t *)page + XEN_RING_HEADER_SIZE + page->rsp_prod % RING * 8;
	uint8_t how = input_u8(in);
	struct netif_rx_response rsp = { (uint16_t)(page->rsp_prod % RING), 0, how & 15, (int16_t)(input_u8(in) * 16) };
	struct netif_extra_info x = { .type = 1 + (how >> 5) % 2, .flags = how & 128 ? 1 : 0, .u.gso = { .size = 9, .type = 1 } };

	memcpy(slot, how & 16 ? (void *)&x : (void *)&rsp, 8);
	page->rsp_prod++;
}

static void receive(struct input *in)
{
	struct sring_header *page = page_new();
	bool posted[RING] = { 0 };
	struct net_rx_frame f;
	struct net_rx r;

	net_rx_init(&r, page);
	r.gso4 = true;
	while (in->left) {
		uint8_t what = input_u8(in);

		for (unsigned int n = what & 31; n && kit_ring_room(&r.ring); n--) {
			CLAIM(!posted[net_rx_id(&r)]);
			posted[net_rx_id(&r)] = true;
			net_rx_post(&r, n);
		}
		kit_ring_push(&r.ring);
		for (unsigned int n = what >> 5; n; n--)
			answer(in, page);
		if (what & 1)
			scribble(in, page);
		while (net_rx_take(&r, &f)) {
			CLAIM(!r.broken);
			check_frame(&r, &f, posted);
		}
		/* Half a frame alone is no reason to look again. */
		CLAIM(!net_rx_rearm(&r));
	}
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (input_u8(&in) % 2)
		transmit(&in);
	else
		receive(&in);
	return 0;
}
