/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/keys.c
 *
 * See keys.h.
 */
#include "device/keys.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TX_TRIES 64

static char *store_read(const struct keys *k, const char *key)
{
	char path[KEYS_PATH_MAX + KEY_MAX];
	size_t len;
	char *text;

	snprintf(path, sizeof(path), "%s/%s", k->folder, key);
	text = socle_store_read(k->store, 0, path, &len);
	if (text && strlen(text) != len) { /* a NUL inside */
		free(text);
		text = NULL;
	}
	return text;
}

struct keys keys_of_store(struct socle_store *store, const char *folder)
{
	return (struct keys){ .read = store_read, .store = store, .folder = folder };
}

char *keys_text(const struct keys *k, const char *key, size_t max)
{
	char *text = k->read(k, key);
	bool good = text && strlen(text) <= max;

	for (const char *p = text; good && *p; p++)
		good = *p >= ' ' && *p <= '~';
	if (!good) {
		free(text);
		text = NULL;
	}
	return text;
}

int keys_number(const struct keys *k, const char *key, uint64_t max, uint64_t *out)
{
	char *text = k->read(k, key), *end;
	unsigned long long n;
	int r = 0;

	if (!text)
		return -ENOENT;
	errno = 0;
	n = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	/* strtoull() takes signs and leading space; we do not. */
	if (*text < '0' || *text > '9' || end == text || *end)
		r = -EINVAL;
	else if (errno || n > max)
		r = -ERANGE;
	else
		*out = n;
	free(text);
	return r;
}

int keys_wrong(const char *key, int r, struct socle_error *e)
{
	return socle_fail(e, EPROTO, "the frontend's '%s' is %s", key,
			  r == -ENOENT ? "missing" : r == -ERANGE ? "out of range" : "not a number");
}

int keys_need(const struct keys *k, const char *where, const char *name, uint64_t max, uint32_t *out, struct socle_error *e)
{
	char key[KEY_MAX];
	uint64_t n;
	int r;

	snprintf(key, sizeof(key), "%s%s", where, name);
	r = keys_number(k, key, max, &n);
	if (r)
		return keys_wrong(key, r, e);
	*out = (uint32_t)n;
	return 0;
}

bool keys_flag(const struct keys *k, const char *key)
{
	uint64_t n = 0;

	return keys_number(k, key, 1, &n) == 0 && n == 1;
}

void key_list_add(struct key_list *l, const char *key, const char *fmt, ...)
{
	struct key_value *kv = &l->kv[l->n];
	va_list ap;
	int n;

	assert(l->n < KEY_LIST_MAX);
	snprintf(kv->key, sizeof(kv->key), "%s", key);
	va_start(ap, fmt);
	n = vsnprintf(kv->value, sizeof(kv->value), fmt, ap);
	va_end(ap);
	assert(n >= 0 && (size_t)n < sizeof(kv->value));
	l->n++;
}

/* Once more as long as somebody else has written in between. */
static int transact(struct socle_store *store, int (*step)(struct socle_store *store, uint32_t tx, const void *what), const void *what)
{
	int r = -EAGAIN;

	for (int i = 0; i < TX_TRIES && r == -EAGAIN; i++) {
		uint32_t tx;
		int end;

		r = socle_store_tx_start(store, &tx);
		if (r)
			return r;
		r = step(store, tx, what);
		end = socle_store_tx_end(store, tx, r != 0);
		r = r ? r : end;
	}
	return r;
}

struct to_write {
	const char *folder;
	const struct key_list *l;
};

static int list_write(struct socle_store *store, uint32_t tx, const void *what)
{
	const struct to_write *w = what;
	const struct key_list *l = w->l;
	char path[KEYS_PATH_MAX + KEY_MAX], *there;
	int r;

	snprintf(path, sizeof(path), "%s/frontend", w->folder);
	there = socle_store_read(store, tx, path, NULL);
	r = there ? 0 : -errno;
	free(there);
	for (unsigned int i = 0; i < l->n && !r; i++) {
		snprintf(path, sizeof(path), "%s/%s", w->folder, l->kv[i].key);
		r = socle_store_write(store, tx, path, "%s", l->kv[i].value);
	}
	if (!r && l->text_key) {
		snprintf(path, sizeof(path), "%s/%s", w->folder, l->text_key);
		r = socle_store_write(store, tx, path, "%s", l->text);
	}
	return r;
}

int keys_write(struct socle_store *store, const char *folder, const struct key_list *l)
{
	return transact(store, list_write, &(struct to_write){ folder, l });
}

struct to_remove {
	const char *const *folders;
	unsigned int n;
};

static int folders_remove(struct socle_store *store, uint32_t tx, const void *what)
{
	const struct to_remove *w = what;
	int r = 0;

	for (unsigned int k = 0; k < w->n && (!r || r == -ENOENT); k++)
		r = socle_store_rm(store, tx, w->folders[k]);
	return r == -ENOENT ? 0 : r;
}

int keys_remove(struct socle_store *store, const char *const *folders, unsigned int n)
{
	return transact(store, folders_remove, &(struct to_remove){ folders, n });
}
