/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See server.h. A connection has one request at a time: what comes behind it waits in lwIP's buffers until the response is on its
 * way. Content that is part of the image is sent in place. /test/N is N bytes of one text again and again, for measurements and
 * tests: lines of TEST_LINE - 1 zeros, so that no line begins where a segment does. A connection that neither asks nor reads for IDLE_SECONDS is
 * closed; how many there can be is lwIP's MEMP_NUM_TCP_PCB.
 */
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "lwip/tcp.h"
#include "guests/webd/http.h"
#include "guests/webd/net.h"
#include "guests/webd/pages.h"
#include "guests/webd/server.h"

#define IDLE_SECONDS	15u
#define STATUS_MAX	768u
#define TEST_LINE	251u
#define TEST_LENGTH	(261 * TEST_LINE)
#define TEST_MAX	(1UL << 40)

struct connection {
	struct tcp_pcb *pcb;
	struct http_head head;
	struct pbuf *waiting;		/* bytes behind the request that is being answered */
	char response[HTTP_RESPONSE_MAX + STATUS_MAX];	/* the head, and content that is made for the request */
	size_t response_len, response_sent;
	const uint8_t *body;		/* in the image */
	size_t body_len, body_sent;
	size_t body_period;		/* the body begins again after so many bytes; 0: it does not */
	bool answering, keep, peer_done;
	unsigned int idle;
};

static uint8_t test_text[TEST_LENGTH];
static struct { uint64_t connections, open, requests, errors, bytes; } count;

/* ---- the end of a connection ---- */

static void forget(struct connection *c)
{
	if (c->waiting)
		pbuf_free(c->waiting);
	kit_free(c);
	count.open--;
}

static err_t hang_up(struct connection *c)
{
	struct tcp_pcb *pcb = c->pcb;

	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	forget(c);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* ---- responses ---- */

static size_t write_status(char *text, size_t size)
{
	const struct net_counters *n = &webd_net_card()->count;
	uint64_t now = kit_time();

	return (size_t)kit_snprintf(text, size,
		"{\"uptime_ms\":%lu,\"requests\":%lu,\"errors\":%lu,\"connections\":%lu,\"open\":%lu,\"bytes\":%lu,\"pages_left\":%zu,"
		"\"tx_frames\":%lu,\"tx_bytes\":%lu,\"tx_failed\":%lu,\"tx_full\":%lu,\"rx_frames\":%lu,\"rx_bytes\":%lu,\"rx_failed\":%lu}\n",
		now / 1000000, count.requests, count.errors, count.connections, count.open, count.bytes, kit_pages_left(),
		n->tx_frames, n->tx_bytes, n->tx_failed, n->tx_full, n->rx_frames, n->rx_bytes, n->rx_failed);
}

static const struct webd_page *find_page(const char *path)
{
	for (uint64_t i = 0; i < webd_nr_pages; i++)
		if (!strcmp(webd_pages[i].path, path))
			return &webd_pages[i];
	return NULL;
}

/* Text made for this request goes behind the head. */
static void respond_text(struct connection *c, struct http_response *h, bool head_only, const char *text, size_t len)
{
	h->length = len;
	c->response_len = http_response_write(c->response, h);
	if (!head_only) {
		memcpy(c->response + c->response_len, text, len);
		c->response_len += len;
	}
}

static void respond_page(struct connection *c, struct http_response *h, const struct http_request *r, const struct webd_page *p)
{
	bool known = r->etag && r->etag == p->etag;

	h->status = known ? 304 : 200;
	h->type = known ? NULL : p->type;
	h->length = p->length;
	h->etag = p->etag;
	c->response_len = http_response_write(c->response, h);
	if (!known && !r->head_only) {
		c->body = p->data;
		c->body_len = p->length;
	}
}

static void respond_test(struct connection *c, struct http_response *h, bool head_only, uint64_t length)
{
	h->type = "text/plain; charset=utf-8";
	h->length = length;
	c->response_len = http_response_write(c->response, h);
	c->body = test_text;
	c->body_len = head_only ? 0 : length;
	c->body_period = TEST_LENGTH;
}

/* /test/N */
static bool read_test(const char *path, uint64_t *length)
{
	return !strncmp(path, "/test/", 6) && kit_parse_number(path + 6, length) && *length <= TEST_MAX;
}

static void answer(struct connection *c, const struct http_request *r)
{
	struct http_response h = { .status = r->status, .keep = r->keep };
	const struct webd_page *page = r->status == 200 ? find_page(r->path) : NULL;
	char text[STATUS_MAX];
	uint64_t length;

	c->answering = true;
	c->keep = r->keep;
	c->response_sent = c->body_len = c->body_sent = c->body_period = 0;
	count.requests++;
	if (page) {
		respond_page(c, &h, r, page);
	} else if (r->status == 200 && !strcmp(r->path, "/status")) {
		h.type = "application/json";
		respond_text(c, &h, r->head_only, text, write_status(text, sizeof(text)));
	} else if (r->status == 200 && read_test(r->path, &length)) {
		respond_test(c, &h, r->head_only, length);
	} else {
		if (h.status == 200)
			h.status = 404;
		h.type = "text/plain; charset=utf-8";
		count.errors++;
		respond_text(c, &h, r->head_only, text, (size_t)kit_snprintf(text, sizeof(text), "%u %s\n", h.status, http_reason(h.status)));
	}
}

/* ---- sending ---- */

static size_t push(struct connection *c, const void *data, size_t left, uint8_t flags)
{
	size_t n = tcp_sndbuf(c->pcb) < left ? tcp_sndbuf(c->pcb) : left;

	if (n > 0xffff)
		n = 0xffff;
	return n && tcp_write(c->pcb, data, (u16_t)n, flags) == ERR_OK ? n : 0;
}

static size_t push_body(struct connection *c)
{
	size_t at = c->body_period ? c->body_sent % c->body_period : c->body_sent, n = c->body_len - c->body_sent;

	if (c->body_period && n > c->body_period - at)
		n = c->body_period - at;
	n = push(c, c->body + at, n, 0);
	c->body_sent += n;
	count.bytes += n;
	return n;
}

/* As much as fits now. True when all of the response is on its way. */
static bool send_more(struct connection *c)
{
	c->response_sent += push(c, c->response + c->response_sent, c->response_len - c->response_sent, TCP_WRITE_FLAG_COPY);
	if (c->response_sent == c->response_len)
		while (push_body(c))
			;
	tcp_output(c->pcb);
	return c->response_sent == c->response_len && c->body_sent == c->body_len;
}

/* ---- receiving ---- */

/* Moves waiting bytes into the head until it is whole or full. */
static void collect(struct connection *c)
{
	while (c->waiting && !c->head.whole && c->head.len < HTTP_HEAD_MAX) {
		size_t n = http_head_take(&c->head, c->waiting->payload, c->waiting->len);

		tcp_recved(c->pcb, (u16_t)n);
		c->waiting = pbuf_free_header(c->waiting, (u16_t)n);
	}
}

/* Goes on until bytes or room are missing. */
static err_t advance(struct connection *c)
{
	for (;;) {
		struct http_request r;

		if (c->answering) {
			if (!send_more(c))
				return ERR_OK;
			c->answering = false;
			if (!c->keep)
				return hang_up(c);
		}
		collect(c);
		if (!c->head.whole && c->head.len < HTTP_HEAD_MAX)
			return c->peer_done ? hang_up(c) : ERR_OK;
		http_request_read(&c->head, &r);
		c->head.len = 0;
		c->head.whole = false;
		answer(c, &r);
	}
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *b, err_t err)
{
	struct connection *c = arg;

	(void)pcb;
	(void)err;
	c->idle = 0;
	if (!b)
		c->peer_done = true;
	else if (c->waiting)
		pbuf_cat(c->waiting, b);
	else
		c->waiting = b;
	return advance(c);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct connection *c = arg;

	(void)pcb;
	(void)len;
	c->idle = 0;
	return advance(c);
}

/* Each second. */
static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct connection *c = arg;

	(void)pcb;
	if (++c->idle <= IDLE_SECONDS)
		return advance(c);
	return hang_up(c);
}

static void on_error(void *arg, err_t err)
{
	(void)err;
	forget(arg);	/* lwIP has freed the rest */
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct connection *c;

	(void)arg;
	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	c = kit_calloc(1, sizeof(*c));
	if (!c)
		return ERR_MEM;
	c->pcb = pcb;
	count.connections++;
	count.open++;
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, 2);
	return ERR_OK;
}

int webd_server_start(uint16_t port)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY), *listening;

	for (size_t i = 0; i < TEST_LENGTH; i++)
		test_text[i] = i % TEST_LINE == TEST_LINE - 1 ? '\n' : '0';
	if (!pcb || tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK)
		return -XEN_EADDRINUSE;
	listening = tcp_listen(pcb);
	if (!listening)
		return -XEN_ENOMEM;
	tcp_accept(listening, on_accept);
	return 0;
}
