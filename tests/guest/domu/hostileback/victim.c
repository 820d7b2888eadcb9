/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest whose disks and cards are served by a liar (liar.c), one after the other, with the kit's own drivers. It uses each as a
 * guest would, and looks at what must hold whatever the backend does: an answer for everything, once; no byte changed beside
 * the buffers; all memory and all grants back when the backend has let go; the guest goes on.
 *
 * data/round says what comes ("vbd NAME", "vif NAME", "end", and "breaks" behind a name when the driver is to find it out);
 * data/done is the answer.
 */
#include "block/blkfront.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/run.h"
#include "kit/store.h"
#include "kit/string.h"
#include "net/card.h"

#define IOS		48U
#define DEPTH		8U
#define FRAMES		150U
#define FRAME_BYTES	400U
#define OPEN_WAIT	(20 * KIT_SECOND)
#define IO_WAIT		(20 * KIT_SECOND)
#define SILENCE		(2 * KIT_SECOND)	/* how long is waited for who answers nothing */
#define CANARY(i)	((uint8_t)(0xa5 ^ (i) * 7))

/* Buffers with a page of canaries before and behind each. */
static uint8_t *field;

static void field_make(void)
{
	field = kit_page_alloc(2 * DEPTH + 1);
	if (!field)
		kit_bail("no memory for a round");
	for (unsigned int i = 0; i <= 2 * DEPTH; i += 2)
		memset(field + i * PAGE_SIZE, CANARY(i), PAGE_SIZE);
}

static unsigned int field_changed(void)
{
	unsigned int changed = 0;

	for (unsigned int i = 0; i <= 2 * DEPTH; i += 2)
		for (unsigned int k = 0; k < PAGE_SIZE; k++)
			changed += field[i * PAGE_SIZE + k] != CANARY(i);
	return changed;
}

static void *buffer(unsigned int i)
{
	return field + (2 * i + 1) * PAGE_SIZE;
}

static bool is_silent(const char *name)
{
	return !strcmp(name + 5, "never") || !strcmp(name + 5, "unmapped");
}

/* ---- disks ---- */

static struct blkfront *disk;
static struct blk_io io[DEPTH];
static unsigned int asked, good, bad, twice, wrong;
static bool out[DEPTH], stuck, over;

static void on_done(struct blk_io *x, int status);

static void issue(unsigned int i)
{
	uint64_t sector = (asked / 2 % 64) * 8;
	int rc;

	if (asked == IOS || over)
		return;
	io[i] = (struct blk_io){ .op = asked & 1 ? BLK_READ : BLK_WRITE, .sector = sector, .data = buffer(i), .bytes = PAGE_SIZE,
				 .done = on_done, .arg = &out[i] };
	memset(buffer(i), io[i].op == BLK_WRITE ? (int)sector + 1 : 0, PAGE_SIZE);
	rc = blkfront_submit(disk, 0, &io[i]);
	if (rc == -XEN_EAGAIN) {
		stuck = true;
		return;
	}
	asked++;
	out[i] = !rc;
	bad += rc != 0;
}

static void on_done(struct blk_io *x, int status)
{
	unsigned int i = (unsigned int)(x - io);
	const uint8_t *data = x->data;

	twice += !out[i];
	out[i] = false;
	if (status)
		bad++;
	else
		good++;
	if (!status && x->op == BLK_READ && data[77] != (uint8_t)(x->sector + 1))
		wrong++;
	if (!x->lost)
		issue(i);
	else
		stuck = true;
}

static unsigned int nr_out(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < DEPTH; i++)
		n += out[i];
	return n;
}

static bool all_done(void *arg)
{
	(void)arg;
	return !nr_out();
}

static void disk_round(const char *name)
{
	const struct blkfront_options o = { .segments = 11 };
	unsigned int left;
	bool lost = false;
	int rc;

	asked = good = bad = twice = wrong = 0;
	stuck = over = false;
	rc = blkfront_open(&disk, 0, &o, kit_time() + OPEN_WAIT);
	if (rc) {
		kit_printf("round %s: not opened: error %d\n", name, -rc);
		return;
	}
	field_make();
	for (unsigned int i = 0; i < DEPTH; i++)
		issue(i);
	kit_loop_until(all_done, NULL, kit_time() + (is_silent(name) ? SILENCE : IO_WAIT));
	left = nr_out();
	over = true;
	blkfront_close(disk);
	CHECK_EQ(nr_out(), 0, "each I/O has ended when the disk is closed");
	CHECK_EQ(twice, 0, "none has ended twice");
	CHECK_EQ(field_changed(), 0, "no byte beside the buffers is changed");
	for (unsigned int i = 0; i < DEPTH; i++)
		lost |= io[i].lost;
	kit_printf("round %s: asked %u good %u bad %u wrong %u waited %u%s\n", name, asked, good, bad, wrong, left, lost ? " lost" : "");
	/* What the backend holds on to is not for anybody again. */
	if (!lost)
		kit_page_free(field, 2 * DEPTH + 1);
}

/* ---- cards ---- */

static struct net_card card;
static unsigned int received, strange, nr_lent, returned;
static bool up;

static void on_received(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
			const struct net_offload *o)
{
	uint32_t sum = 0;

	(void)c;
	(void)queue;
	(void)o;
	received++;
	for (unsigned int i = 0; i < nr; i++) {
		const volatile uint8_t *p = piece[i].data;

		sum += piece[i].len;
		strange += !piece[i].len || piece[i].len > PAGE_SIZE;
		for (uint32_t k = 0; k < piece[i].len; k += 64)
			(void)p[k];
	}
	strange += sum != len || len > 65536 + 32;
}

static void on_link(struct net_card *c, bool is_up)
{
	(void)c;
	up = is_up;
}

static void on_returned(struct net_card *c, void *cookie)
{
	(void)c;
	(void)cookie;
	returned++;
}

static const struct net_card_ops ops = { .received = on_received, .link = on_link, .returned = on_returned };

static bool has_settled(void *arg)
{
	(void)arg;
	return up || card.dev.phase == KIT_DEVICE_BROKEN || card.dev.phase == KIT_DEVICE_CLOSED;
}

static bool has_news(void *arg)
{
	(void)arg;
	return !up || received;
}

static void card_round(const char *name, bool breaks)
{
	unsigned int sent = 0;
	uint64_t until;
	int rc;

	card = (struct net_card){ 0 };
	received = strange = nr_lent = returned = 0;
	up = false;
	rc = net_card_open(&card, 0, &ops, NULL);
	if (rc) {
		kit_printf("round %s: not opened: error %d\n", name, -rc);
		return;
	}
	field_make();
	kit_loop_until(has_settled, NULL, kit_time() + OPEN_WAIT);
	if (!up)
		kit_printf("round %s: no link\n", name);
	until = kit_time() + (is_silent(name) ? SILENCE : IO_WAIT);
	while (up && kit_time() < until) {
		struct net_piece p = { .data = buffer(sent % DEPTH), .len = FRAME_BYTES };
		const struct net_offload plain = { 0 };
		bool lend = sent % 3 == 2;

		memset(buffer(sent % DEPTH), 0x5a, FRAME_BYTES);
		rc = lend ? net_lend(&card, 0, &p, 1, &plain, &card) : net_send(&card, 0, &p, 1, &plain);
		sent += !rc;
		nr_lent += lend && !rc;
		if (sent == FRAMES && !breaks)
			break;
		kit_loop_once(kit_time() + KIT_SECOND / 500);
	}
	if (!breaks)
		kit_loop_until(has_news, NULL, kit_time() + (is_silent(name) ? 0 : 3 * KIT_SECOND));
	net_card_close(&card);
	CHECK(!up, "the link is down when the card is closed");
	CHECK_EQ(strange, 0, "frames that came were frames");
	CHECK(returned <= nr_lent, "no frame came back twice");
	CHECK_EQ(field_changed(), 0, "no byte beside the frames is changed");
	kit_printf("round %s: sent %u received %u lent %u returned %u%s%s\n", name, sent, received, nr_lent, returned,
		   card.dev.error[0] ? " error " : "", card.dev.error);
	if (returned == nr_lent)
		kit_page_free(field, 2 * DEPTH + 1);
}

/* ---- rounds ---- */

static bool all_let_go(void *arg)
{
	(void)arg;
	return !kit_grants_kept();
}

int main(int argc, char *argv[])
{
	char round[64], next[64], seen[64] = "";
	size_t pages = 0;

	(void)argc;
	(void)argv;
	CHECK_EQ(kit_store_write(0, "data/done", "nothing"), 0, "the store answers");
	for (;;) {
		char *name = round + 4, *more;

		if (kit_store_read(0, "data/round", next, sizeof(next)) || !strcmp(next, seen)) {
			kit_loop_once(kit_time() + KIT_SECOND / 50);
			continue;
		}
		memcpy(seen, next, sizeof(seen));
		memcpy(round, next, sizeof(round));
		if (!strcmp(round, "end"))
			break;
		more = strchr(name, ' ');
		if (more)
			*more = '\0';
		kit_printf("round %s begins\n", name);
		kit_loop_until(all_let_go, NULL, kit_time() + 5 * KIT_SECOND);
		CHECK_EQ(kit_grants_kept(), 0, "the backend before has let everything go");
		if (strncmp(round, "vbd", 3))
			card_round(name, more);
		else
			disk_round(name);
		if (!pages)
			pages = kit_pages_left();
		kit_store_write(0, "data/done", name);
	}
	kit_loop_until(all_let_go, NULL, kit_time() + 5 * KIT_SECOND);
	CHECK_EQ(kit_grants_kept(), 0, "all grants have come back");
	kit_printf("pages: %lu after the first round, %lu at the end\n", (uint64_t)pages, (uint64_t)kit_pages_left());
	tap_done();
}
