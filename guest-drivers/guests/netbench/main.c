/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load maker for networks (docs/guests.md). It sends datagrams as fast as the card takes them, counts those that come, sends
 * them back, or measures round trips one after the other; what came out is one line of JSON on the console.
 */
#include "guests/netbench/frames.h"
#include "kit/histogram.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/run.h"
#include "net/card.h"
#include "net/wire.h"

#define CARD_WAIT	(60 * KIT_SECOND)
#define PEER_TRIES	30u
#define BURST		64u	/* frames between two looks at the clock */
#define DISCARD_PORT	9u
#define LOST_AFTER	KIT_SECOND	/* a round trip that takes longer counts as lost */
#define LENT_FRAMES	256u

enum mode { SEND, SINK, ECHO, PING };

static struct {
	enum mode mode;
	const char *mode_name;
	uint64_t size, seconds, queues;
	bool lend;
	uint8_t peer_ip[4];
} config;

static struct net_card card;
static struct frames_end us, peer;
static bool peer_known, running;
static uint64_t started, sent, received_frames, received_bytes, heard_first, heard_next, lost, next_number;
static struct kit_histogram round_trips;
static struct kit_task burst;
static struct kit_timer deadline;
static uint64_t asked_at;
static uint8_t *template;
static uint8_t scratch[FRAME_MAX];
static uint8_t *lent[LENT_FRAMES];		/* frames that are not under way */
static unsigned int nr_lent;
static unsigned int turn;			/* the queue whose turn it is */

/* ---- the end ---- */

static void put(void *arg, const char *text)
{
	(void)arg;
	kit_printf("%s", text);
}

static uint64_t rate(uint64_t n, uint64_t ns)
{
	return ns >= 1000 ? n * 1000000 / (ns / 1000) : 0;
}

static void report(void)
{
	uint64_t ns = kit_time() - started, counted = heard_next - heard_first;
	const struct net_counters *n = &card.count;

	running = false;
	kit_printf("netbench: {\"mode\":\"%s\",\"size\":%lu,\"queues\":%u,\"lend\":%d,\"ns\":%lu", config.mode_name, config.size, card.terms.queues,
		   config.lend, ns);
	kit_printf(",\"sent\":%lu,\"sent_pps\":%lu,\"received\":%lu,\"received_bytes\":%lu,\"received_pps\":%lu,\"missing\":%lu", sent, rate(sent, ns),
		   received_frames, received_bytes, rate(received_frames, ns), counted > received_frames ? counted - received_frames : 0);
	kit_printf(",\"tx_failed\":%lu,\"tx_full\":%lu,\"rx_failed\":%lu", n->tx_failed, n->tx_full, n->rx_failed);
	if (config.mode == PING) {
		kit_printf(",\"lost\":%lu,\"ns_round_trip\":", lost);
		kit_histogram_json(&round_trips, put, NULL);
	}
	kit_printf("}\n");
	kit_loop_stop();
}

static void on_deadline(void *arg)
{
	(void)arg;
	report();
}

/* ---- sending ---- */

static int send_copy(const uint8_t *frame, uint32_t len)
{
	const struct net_offload plain = { .gso = NET_GSO_NONE };
	struct net_piece piece = { frame, len };

	return net_send(&card, turn, &piece, 1, &plain);
}

static int send_lent(uint32_t len)
{
	const struct net_offload plain = { .gso = NET_GSO_NONE };
	uint8_t *frame = nr_lent ? lent[nr_lent - 1] : NULL;
	struct net_piece piece = { frame, len };
	int rc;

	if (!frame)
		return -XEN_EAGAIN;
	frames_number(frame, next_number);
	rc = net_lend(&card, turn, &piece, 1, &plain, frame);
	if (!rc)
		nr_lent--;
	return rc;
}

static void returned(struct net_card *c, void *cookie)
{
	(void)c;
	lent[nr_lent++] = cookie;
	if (running && config.mode == SEND)
		kit_task_add(&burst);
}

static int send_one(void)
{
	if (config.lend)
		return send_lent((uint32_t)config.size);
	frames_number(template, next_number);
	return send_copy(template, (uint32_t)config.size);
}

/* One round trip is under way at a time. */
static void ask(void)
{
	frames_number(template, next_number);
	asked_at = kit_time();
	if (!send_copy(template, (uint32_t)config.size))
		sent++;
	kit_timer_start(&deadline, asked_at + LOST_AFTER);
}

static void on_burst(void *arg)
{
	(void)arg;
	if (!running)
		return;
	for (unsigned int i = 0; i < BURST; i++) {
		int rc = send_one();

		if (rc == -XEN_EAGAIN)
			return;		/* room() or returned() goes on */
		if (!rc) {
			sent++;
			next_number++;
		}
		turn = (turn + 1) % card.terms.queues;
	}
	kit_task_add(&burst);
}

static void room(struct net_card *c, unsigned int queue)
{
	(void)c;
	(void)queue;
	if (running && config.mode == SEND)
		kit_task_add(&burst);
}

/* ---- receiving ---- */

static void on_answer(uint64_t number)
{
	if (config.mode != PING || !running || number != next_number)
		return;
	kit_histogram_add(&round_trips, kit_time() - asked_at);
	next_number++;
	if (kit_time() - started >= config.seconds * KIT_SECOND)
		report();
	else
		ask();
}

static void on_lost(void *arg)
{
	(void)arg;
	if (!running)
		return;
	lost++;
	next_number++;
	if (kit_time() - started >= config.seconds * KIT_SECOND)
		report();
	else
		ask();
}

/* The first datagram starts the clock of who only listens. Those of several queues overtake each other. */
static void on_datagram(uint32_t len, uint64_t number)
{
	if (!received_frames)
		heard_first = heard_next = number;
	if (config.mode == SINK && !received_frames) {
		started = kit_time();
		kit_timer_start(&deadline, started + config.seconds * KIT_SECOND);
	}
	if (number >= heard_next)
		heard_next = number + 1;
	received_frames++;
	received_bytes += len;
}

static void received(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
		     const struct net_offload *o)
{
	struct frames_end from;
	enum frames_kind kind;
	uint64_t number;

	(void)c;
	(void)o;
	for (uint32_t i = 0, at = 0; i < nr; at += piece[i++].len)
		memcpy(scratch + at, piece[i].data, piece[i].len);
	kind = frames_read(scratch, len, &us, &from, &number);
	turn = queue;
	if (kind == FRAMES_ARP_ASKED)
		send_copy(scratch, ETH_HEADER + ARP_LENGTH);
	if (kind == FRAMES_ARP_TOLD && !memcmp(from.ip, config.peer_ip, 4)) {
		peer = from;
		peer.port = DISCARD_PORT;
		peer_known = true;
	}
	if (kind == FRAMES_UDP)
		on_datagram(len, number);
	if (kind == FRAMES_ECHO_REQUEST || (kind == FRAMES_UDP && config.mode == ECHO)) {
		frames_turn(scratch, kind);
		sent += !send_copy(scratch, len);
	}
	if (kind == FRAMES_ECHO_REPLY)
		on_answer(number);
}

static void link_changed(struct net_card *c, bool up)
{
	(void)c;
	kit_printf("netbench: link %s\n", up ? "up" : "down");
}

static const struct net_card_ops card_ops = { .received = received, .link = link_changed, .room = room, .returned = returned };

/* ---- start ---- */

static bool is_known(void *arg)
{
	(void)arg;
	return peer_known;
}

static int find_peer(void)
{
	uint8_t frame[FRAME_MIN] = { 0 };

	for (unsigned int i = 0; i < PEER_TRIES; i++) {
		send_copy(frame, frames_arp_request(frame, &us, config.peer_ip));
		if (kit_loop_until(is_known, NULL, kit_time() + KIT_SECOND))
			return 0;
	}
	kit_printf("netbench: nobody answers for %u.%u.%u.%u\n", config.peer_ip[0], config.peer_ip[1], config.peer_ip[2], config.peer_ip[3]);
	return -XEN_ETIMEDOUT;
}

static int make_frames(void)
{
	size_t pages = (config.size + PAGE_SIZE - 1) / PAGE_SIZE;

	template = kit_page_alloc(pages);
	if (!template)
		return -XEN_ENOMEM;
	if (config.mode == PING)
		frames_echo(template, (uint32_t)config.size, &us, &peer);
	else
		frames_udp(template, (uint32_t)config.size, &us, &peer);
	for (unsigned int i = 0; config.lend && i < LENT_FRAMES; i++) {
		uint8_t *frame = kit_page_alloc(pages);

		if (!frame)
			break;
		lent[nr_lent++] = memcpy(frame, template, config.size);
	}
	return config.lend && !nr_lent ? -XEN_ENOMEM : 0;
}

static int start(void)
{
	int rc = net_card_await(0, kit_time() + CARD_WAIT);

	if (!rc)
		rc = net_card_open(&card, 0, &card_ops, NULL);
	if (!rc)
		rc = kit_device_wait(&card.dev, kit_time() + CARD_WAIT);
	if (rc) {
		kit_printf("netbench: no network card: error %d\n", -rc);
		return rc;
	}
	us.mac = card.mac;
	us.port = DISCARD_PORT;
	if (config.mode == SEND || config.mode == PING)
		rc = find_peer();
	return rc ? rc : make_frames();
}

static void run(void)
{
	burst = (struct kit_task){ .fn = on_burst };
	deadline = (struct kit_timer){ .fn = config.mode == PING ? on_lost : on_deadline };
	started = kit_time();
	running = true;
	kit_printf("netbench: %s\n", config.mode_name);
	if (config.mode == SEND) {
		kit_task_add(&burst);
		kit_timer_start(&deadline, started + config.seconds * KIT_SECOND);
	} else if (config.mode == PING) {
		ask();
	}
	kit_loop();
}

static bool number_option(int argc, char *argv[], const char *name, uint64_t low, uint64_t high, uint64_t *value)
{
	const char *text = kit_option(argc, argv, name);

	if (!text || (kit_parse_number(text, value) && *value >= low && *value <= high))
		return true;
	kit_printf("netbench: \"%s=%s\" is not a number from %lu to %lu\n", name, text, low, high);
	return false;
}

static bool ip_option(int argc, char *argv[], const char *name, uint8_t out[4])
{
	const char *text = kit_option(argc, argv, name);
	struct net_prefix p;

	if (text && net_prefix_parse(text, &p) && net_addr_is_ip4(&p.addr)) {
		memcpy(out, net_addr_as_ip4(&p.addr), 4);
		return true;
	}
	kit_printf("netbench: %s=A.B.C.D is wanted\n", name);
	return false;
}

static bool read_config(int argc, char *argv[])
{
	static const char *const names[] = { [SEND] = "send", [SINK] = "sink", [ECHO] = "echo", [PING] = "ping" };
	const char *mode = kit_option(argc, argv, "mode");
	uint64_t lend = 0;

	for (unsigned int i = 0; mode && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(mode, names[i])) {
			config.mode = (enum mode)i;
			config.mode_name = names[i];
		}
	if (!config.mode_name) {
		kit_printf("netbench: mode=send, sink, echo or ping is wanted\n");
		return false;
	}
	config.size = FRAME_MIN;
	config.seconds = 10;
	config.queues = 1;
	if (!number_option(argc, argv, "size", FRAME_MIN, FRAME_MAX, &config.size) || !number_option(argc, argv, "seconds", 1, 3600, &config.seconds) ||
	    !number_option(argc, argv, "queues", 1, NET_QUEUES_MAX, &config.queues) || !number_option(argc, argv, "lend", 0, 1, &lend) ||
	    !ip_option(argc, argv, "ip", us.ip))
		return false;
	config.lend = lend;
	card.wish = (struct net_wish){ .queues = (unsigned int)config.queues, .no_gso = true };
	return config.mode == SINK || config.mode == ECHO || ip_option(argc, argv, "peer", config.peer_ip);
}

int main(int argc, char *argv[])
{
	if (!read_config(argc, argv))
		return 2;
	if (start())
		return 1;
	run();
	return 0;
}
