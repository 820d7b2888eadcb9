/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See store.h. One request is out at a time. An answer is told by its number, so that one that comes after its request was
 * given up is dropped.
 */
#include <abi/io/xs_wire.h>
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/store.h"
#include "kit/store_ring.h"

#define PATIENCE	(20 * KIT_SECOND)

/* A request's payload in pieces. */
struct piece { const void *data; size_t n; };

static struct kit_store_ring ring;
static struct kit_store_message in;
static uint32_t port, last_id, last_watch;
static struct kit_watch *watches;
static struct kit_task news, rest;

/* ---- what comes in ---- */

static struct kit_watch *next_due(void)
{
	struct kit_watch *w = watches;

	while (w && !w->due)
		w = w->next;
	return w;
}

/* Those that have fired by now; what these calls cause is told in the next round. A call may remove any watch. */
static void tell(void *arg)
{
	struct kit_watch *w;

	(void)arg;
	for (w = watches; w; w = w->next) {
		w->due = w->fired;
		w->fired = false;
	}
	while ((w = next_due())) {
		w->due = false;
		w->fn(w->arg);
	}
}

/* "path\0token\0"; the token is the watch's number. */
static void note_event(const struct kit_store_message *m)
{
	size_t path = strlen(m->body) + 1;
	uint64_t id;

	if (path >= m->head.len || !kit_parse_number(m->body + path, &id))
		return;
	for (struct kit_watch *w = watches; w; w = w->next)
		if (w->id == id) {
			w->fired = true;
			kit_task_add(&news);
		}
}

/* Takes messages in up to the answer to a request (0: to none). True when it is in `in`. */
static bool receive(uint32_t id)
{
	bool moved = false, answer = false;

	while (!answer) {
		if (in.got == sizeof(in.head) + in.head.len && in.got)
			in.got = 0;
		if (!kit_store_ring_get(&ring, &in, &moved))
			break;
		if (in.head.type == XS_WATCH_EVENT)
			note_event(&in);
		else
			answer = id && in.head.req_id == id;
	}
	if (moved)
		kit_send(port);
	return answer;
}

static void on_event(void *arg)
{
	(void)arg;
	receive(0);
}

/* ---- connection ---- */

static int attach(void)
{
	if (kit_vcpu_id())
		kit_bail("the store belongs to the first vCPU");
	if (port)
		return 0;
	if (!kit_start_info->store_mfn)
		return -XEN_ENODEV;
	news.fn = tell;
	rest.fn = on_event;
	port = kit_start_info->store_evtchn;
	in.got = 0;
	kit_store_ring_attach(&ring, kit_mfn_to_va(kit_start_info->store_mfn));
	return kit_listen(port, on_event, NULL);
}

/* The port may be pending for something that was dealt with; then the ring is looked at once more than needed. */
static int pause(uint64_t until)
{
	if (ring.broken)
		return -XEN_EIO;
	if (kit_time() > until)
		return -XEN_ETIMEDOUT;
	kit_port_wait(port, until);
	kit_port_clear(port);
	return 0;
}

static int put_all(const void *data, size_t n, uint64_t until)
{
	int rc = 0;

	while (n && !rc) {
		size_t put = kit_store_ring_put(&ring, data, n);

		data = (const char *)data + put;
		n -= put;
		kit_send(port);
		if (n) {
			receive(0);
			rc = pause(until);
		}
	}
	return rc;
}

/* The answer is in `in`, its length returned. */
static int request(uint32_t type, uint32_t tx, const struct piece *pieces, unsigned int nr)
{
	struct xsd_sockmsg head = { .type = type, .req_id = ++last_id, .tx_id = tx };
	uint64_t until = kit_time() + PATIENCE;
	int rc = attach();

	for (unsigned int i = 0; i < nr; i++)
		head.len += (uint32_t)pieces[i].n;
	if (!rc && head.len > XENSTORE_PAYLOAD_MAX)
		rc = -XEN_E2BIG;
	if (!rc)
		rc = put_all(&head, sizeof(head), until);
	for (unsigned int i = 0; i < nr && !rc; i++)
		rc = put_all(pieces[i].data, pieces[i].n, until);
	while (!rc && !receive(head.req_id))
		rc = pause(until);
	if (rc)
		return rc;
	/* More may stand behind the answer, for which the port is not pending any more. */
	kit_task_add(&rest);
	if (in.head.type == XS_ERROR)
		return -kit_store_error(in.body);
	return in.head.type == type ? (int)in.head.len : -XEN_EIO;
}

static int request_path(uint32_t type, uint32_t tx, const char *path)
{
	struct piece p = { path, strlen(path) + 1 };

	return request(type, tx, &p, 1);
}

/* ---- calls ---- */

int kit_store_read(uint32_t tx, const char *path, char *buf, size_t size)
{
	int n = request_path(XS_READ, tx, path);

	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -XEN_E2BIG;
	memcpy(buf, in.body, (size_t)n + 1);
	return 0;
}

int kit_store_number(uint32_t tx, const char *path, uint64_t *value)
{
	int n = request_path(XS_READ, tx, path);

	return n < 0 ? n : kit_parse_number(in.body, value) ? 0 : -XEN_EINVAL;
}

int kit_store_write(uint32_t tx, const char *path, const char *value)
{
	struct piece p[2] = { { path, strlen(path) + 1 }, { value, strlen(value) } };
	int n = request(XS_WRITE, tx, p, 2);

	return n < 0 ? n : 0;
}

int kit_store_printf(uint32_t tx, const char *path, const char *fmt, ...)
{
	char value[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kit_vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	return n < (int)sizeof(value) ? kit_store_write(tx, path, value) : -XEN_E2BIG;
}

int kit_store_remove(uint32_t tx, const char *path)
{
	int n = request_path(XS_RM, tx, path);

	return n < 0 ? n : 0;
}

int kit_store_list(uint32_t tx, const char *path, char *buf, size_t size)
{
	int n = request_path(XS_DIRECTORY, tx, path), count = 0;

	if (n < 0)
		return n;
	if ((size_t)n > size)
		return -XEN_E2BIG;
	memcpy(buf, in.body, (size_t)n);
	for (int i = 0; i < n; i++)
		count += !buf[i];
	return count;
}

int kit_store_begin(uint32_t *tx)
{
	uint64_t id;
	int n = request_path(XS_TRANSACTION_START, 0, "");

	if (n < 0)
		return n;
	if (!kit_parse_number(in.body, &id) || id != (uint32_t)id || !id)
		return -XEN_EIO;
	*tx = (uint32_t)id;
	return 0;
}

int kit_store_end(uint32_t tx, bool commit)
{
	int n = request_path(XS_TRANSACTION_END, tx, commit ? "T" : "F");

	return n < 0 ? n : 0;
}

/* ---- watches ---- */

static int watch_request(uint32_t type, const struct kit_watch *w)
{
	char token[12];
	struct piece p[2] = { { w->path, strlen(w->path) + 1 }, { token, 0 } };
	int n;

	p[1].n = (size_t)kit_snprintf(token, sizeof(token), "%u", w->id) + 1;
	n = request(type, 0, p, 2);
	return n < 0 ? n : 0;
}

/* In the list before it is asked for: the first event may come before the answer. */
int kit_watch_add(struct kit_watch *w, void (*fn)(void *arg), void *arg, const char *fmt, ...)
{
	va_list ap;
	int n, rc;

	*w = (struct kit_watch){ .fn = fn, .arg = arg, .id = ++last_watch, .next = watches };
	va_start(ap, fmt);
	n = kit_vsnprintf(w->path, sizeof(w->path), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(w->path))
		return -XEN_E2BIG;
	watches = w;
	rc = watch_request(XS_WATCH, w);
	if (rc)
		kit_watch_remove(w);
	return rc;
}

void kit_watch_remove(struct kit_watch *w)
{
	struct kit_watch **link = &watches;

	while (*link && *link != w)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = w->next;
	watch_request(XS_UNWATCH, w);
}

void kit_store_resume(void)
{
	if (!port)
		return;
	port = 0;
	for (struct kit_watch *w = watches; w && !attach(); w = w->next)
		watch_request(XS_WATCH, w);
}
