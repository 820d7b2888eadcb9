/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/store.c
 *
 * The store client's calls: each packs its arguments as the protocol wants them (strings with their
 * NUL, values without) and hands them to store_wire.c.  Lists of children longer than one message
 * are fetched in parts and started over when the node changes in between.
 */
#include "libsocle/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libsocle/store_internal.h"

#define PARTS_MAX 8
#define DIR_BYTES_MAX (1u << 20)
#define DIR_RESTARTS_MAX 8

static struct socle_store *store_open(int open_ms, int patience_ms, struct socle_error *e)
{
	struct socle_store *st = calloc(1, sizeof(*st));

	if (!st) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	st->events_tail = &st->events;
	st->patience_ms = patience_ms;
	st->fd = store_wire_connect(&st->is_socket, open_ms, e);
	if (st->fd < 0) {
		free(st);
		return NULL;
	}
	return st;
}

struct socle_store *socle_store_open(struct socle_error *e)
{
	return store_open(SOCLE_STORE_OPEN_MS, SOCLE_STORE_PATIENCE_MS, e);
}

struct socle_store *socle_store_open_now(struct socle_error *e)
{
	return store_open(0, 0, e);
}

void socle_store_set_patience(struct socle_store *st, int ms)
{
	st->patience_ms = ms;
}

static void watch_free(struct store_watch *w)
{
	free(w->path);
	free(w->token);
	free(w);
}

void socle_store_close(struct socle_store *st)
{
	struct store_watch *w;
	struct store_event *ev;

	if (!st)
		return;
	while ((w = st->watches)) {
		st->watches = w->next;
		watch_free(w);
	}
	while ((ev = st->events)) {
		st->events = ev->next;
		free(ev->path);
		free(ev->token);
		free(ev);
	}
	close(st->fd);
	free(st);
}

int socle_store_fd(const struct socle_store *st)
{
	return st->fd;
}

bool socle_store_lost(const struct socle_store *st)
{
	return st->dead != 0;
}

static struct iovec part_string(const char *s)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)s, .iov_len = strlen(s) + 1 };
}

/* A call whose answer is only "OK", with one or two string arguments. */
static int call_strings(struct socle_store *st, uint32_t type, uint32_t tx, const char *a,
			const char *b)
{
	struct iovec parts[2] = { part_string(a) };

	if (b)
		parts[1] = part_string(b);
	return store_wire_call(st, type, tx, parts, b ? 2 : 1, NULL, NULL);
}

char *socle_store_read(struct socle_store *st, uint32_t tx, const char *path, size_t *len)
{
	struct iovec part = part_string(path);
	char *body = NULL;
	size_t n = 0;
	int r = store_wire_call(st, XS_READ, tx, &part, 1, &body, &n);

	if (r < 0) {
		errno = -r;
		return NULL;
	}
	if (len)
		*len = n;
	return body;
}

int socle_store_read_u64(struct socle_store *st, uint32_t tx, const char *path, uint64_t *out)
{
	char *text = socle_store_read(st, tx, path, NULL), *end;
	int r = 0;

	if (!text)
		return -errno;
	errno = 0;
	*out = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (errno || end == text || *end || text[0] == '-')
		r = -EINVAL;
	free(text);
	return r;
}

int socle_store_write_raw(struct socle_store *st, uint32_t tx, const char *path, const void *data,
			  size_t len)
{
	struct iovec parts[2] = { part_string(path) };

	parts[1] = (struct iovec){ .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	return store_wire_call(st, XS_WRITE, tx, parts, 2, NULL, NULL);
}

int socle_store_write(struct socle_store *st, uint32_t tx, const char *path, const char *fmt, ...)
{
	char text[XENSTORE_PAYLOAD_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -E2BIG;
	return socle_store_write_raw(st, tx, path, text, (size_t)n);
}

int socle_store_mkdir(struct socle_store *st, uint32_t tx, const char *path)
{
	return call_strings(st, XS_MKDIR, tx, path, NULL);
}

int socle_store_rm(struct socle_store *st, uint32_t tx, const char *path)
{
	return call_strings(st, XS_RM, tx, path, NULL);
}

/* Turn "a\0b\0" (len bytes, malloc'ed) into a vector in one block; frees the text. */
static char **names_split(char *text, size_t len, unsigned int *n)
{
	char **list, *copy;
	unsigned int count = 0;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\0';
	list = malloc((count + 1) * sizeof(*list) + len);
	if (list) {
		copy = (char *)(list + count + 1);
		memcpy(copy, text, len);
		for (unsigned int i = 0; i < count; i++, copy += strlen(copy) + 1)
			list[i] = copy;
		list[count] = NULL;
		*n = count;
	} else {
		errno = ENOMEM;
	}
	free(text);
	return list;
}

/* Append the names of one part; 1 when it was the last, 0 more to come, -errno. */
static int part_append(char **all, size_t *used, const char *names, size_t len)
{
	bool last = len > 0 && names[len - 1] == '\0' && (len == 1 || names[len - 2] == '\0');
	char *grown;

	if (last)
		len--; /* the empty name that ends the list */
	if (!last && len == 0)
		return 1;
	if (*used + len > DIR_BYTES_MAX)
		return -E2BIG;
	grown = realloc(*all, *used + len + 1);
	if (!grown)
		return -ENOMEM;
	*all = grown;
	memcpy(*all + *used, names, len);
	*used += len;
	return last ? 1 : 0;
}

/* One pass over a long list: 0 done, -EAGAIN when the node changed meanwhile. */
static int dir_parts_once(struct socle_store *st, uint32_t tx, const char *path, char **all,
			  size_t *used)
{
	char gen[32] = "";
	int r = 0;

	*used = 0;
	while (r == 0) {
		struct iovec parts[2] = { part_string(path) };
		char offset[24], *body = NULL;
		size_t len = 0, head;

		snprintf(offset, sizeof(offset), "%zu", *used);
		parts[1] = part_string(offset);
		r = store_wire_call(st, XS_DIRECTORY_PART, tx, parts, 2, &body, &len);
		if (r < 0)
			return r;
		head = strlen(body) + 1;
		if (head > len || head > sizeof(gen))
			r = -EPROTO;
		else if (gen[0] && strcmp(gen, body) != 0)
			r = -EAGAIN;
		else
			r = part_append(all, used, body + head, len - head);
		if (!gen[0] && r >= 0)
			memcpy(gen, body, head);
		free(body);
	}
	return r < 0 ? r : 0;
}

char **socle_store_dir(struct socle_store *st, uint32_t tx, const char *path, unsigned int *n)
{
	struct iovec part = part_string(path);
	char *body = NULL;
	size_t len = 0;
	int r = store_wire_call(st, XS_DIRECTORY, tx, &part, 1, &body, &len);

	if (r == -E2BIG) {
		unsigned int tries = 0;

		do
			r = dir_parts_once(st, tx, path, &body, &len);
		while (r == -EAGAIN && ++tries < DIR_RESTARTS_MAX);
	}
	if (r < 0) {
		free(body);
		errno = -r;
		return NULL;
	}
	return names_split(body, len, n);
}

int socle_store_set_perms(struct socle_store *st, uint32_t tx, const char *path,
			  const char *const *perms, unsigned int n)
{
	struct iovec parts[PARTS_MAX] = { part_string(path) };

	if (n + 1 > PARTS_MAX)
		return -E2BIG;
	for (unsigned int i = 0; i < n; i++)
		parts[i + 1] = part_string(perms[i]);
	return store_wire_call(st, XS_SET_PERMS, tx, parts, n + 1, NULL, NULL);
}

/* The link to the watch, or to the list's end. */
static struct store_watch **watch_link(struct socle_store *st, const char *path, const char *token)
{
	struct store_watch **p = &st->watches;

	while (*p && (strcmp((*p)->path, path) != 0 || strcmp((*p)->token, token) != 0))
		p = &(*p)->next;
	return p;
}

int socle_store_watch(struct socle_store *st, const char *path, const char *token)
{
	struct store_watch *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (!w)
		return r;
	w->path = strdup(path);
	w->token = strdup(token);
	if (w->path && w->token)
		r = call_strings(st, XS_WATCH, 0, path, token);
	if (r) {
		watch_free(w);
		return r;
	}
	*watch_link(st, path, token) = w;
	return 0;
}

int socle_store_unwatch(struct socle_store *st, const char *path, const char *token)
{
	struct store_watch **link = watch_link(st, path, token), *w = *link;

	/* First here: it is not to be set again by a loss during the call. */
	if (w) {
		*link = w->next;
		watch_free(w);
	}
	return call_strings(st, XS_UNWATCH, 0, path, token);
}

int socle_store_next_event(struct socle_store *st, char **path, char **token)
{
	struct store_event *ev = st->events;

	if (!ev) {
		int r = store_wire_pump(st);

		if (r == 1)
			r = st->dead = -EPROTO; /* an answer that nobody asked for */
		if (store_wire_is_loss(r) && store_wire_reconnect(st) == 0)
			r = 0;
		if (r < 0)
			return r;
		ev = st->events;
		if (!ev)
			return 0;
	}
	st->events = ev->next;
	if (!st->events)
		st->events_tail = &st->events;
	*path = ev->path;
	*token = ev->token;
	free(ev);
	return 1;
}

int socle_store_take_events(struct socle_store *st, unsigned int bunch,
			    void (*take)(void *arg, const char *path, const char *token), void *arg)
{
	char *path, *token;
	int n = 0, r;

	/* Nothing is queued behind the last of the list while it is worked off. */
	for (unsigned int left = bunch; st->events || left; n++) {
		left -= !st->events;
		r = socle_store_next_event(st, &path, &token);
		if (r <= 0)
			return r ? r : n;
		take(arg, path, token);
		free(path);
		free(token);
	}
	return n;
}

int socle_store_tx_start(struct socle_store *st, uint32_t *tx)
{
	struct iovec part = part_string("");
	char *body = NULL;
	size_t len = 0;
	int r = store_wire_call(st, XS_TRANSACTION_START, 0, &part, 1, &body, &len);

	if (r < 0)
		return r;
	*tx = (uint32_t)strtoul(body, NULL, 10);
	free(body);
	return *tx ? 0 : -EPROTO;
}

int socle_store_tx_end(struct socle_store *st, uint32_t tx, bool abort)
{
	return call_strings(st, XS_TRANSACTION_END, tx, abort ? "F" : "T", NULL);
}

char *socle_store_control(struct socle_store *st, const char *const *words, unsigned int n)
{
	struct iovec parts[PARTS_MAX];
	char *body = NULL;
	size_t len;
	int r = n > PARTS_MAX ? -E2BIG : 0;

	for (unsigned int i = 0; i < n && !r; i++)
		parts[i] = part_string(words[i]);
	if (!r)
		r = store_wire_call(st, XS_CONTROL, 0, parts, n, &body, &len);
	errno = -r;
	return r ? NULL : body;
}

int socle_store_introduce(struct socle_store *st, uint16_t domid, uint64_t mfn, uint32_t port)
{
	char text[3][24];
	struct iovec parts[3];

	snprintf(text[0], sizeof(text[0]), "%u", domid);
	snprintf(text[1], sizeof(text[1]), "%" PRIu64, mfn);
	snprintf(text[2], sizeof(text[2]), "%" PRIu32, port);
	for (unsigned int i = 0; i < 3; i++)
		parts[i] = part_string(text[i]);
	return store_wire_call(st, XS_INTRODUCE, 0, parts, 3, NULL, NULL);
}

int socle_store_release(struct socle_store *st, uint16_t domid)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", domid);
	return call_strings(st, XS_RELEASE, 0, text, NULL);
}
