/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/keys.h
 *
 * The nodes of one end of a device: a folder of the store, read key by key with every value checked, written all or nothing.
 * Reading goes through a function, so that what a hostile frontend may have written is tested without a store.
 */
#ifndef SOCLE_DEVICE_KEYS_H
#define SOCLE_DEVICE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libsocle/store.h"

#define KEYS_PATH_MAX 128u /* of a folder */
#define KEY_MAX       64u  /* of a key in it, such as queue-7/event-channel-tx */

struct keys {
	/* malloc'ed text, or NULL: there is none, or it cannot be read. */
	char *(*read)(const struct keys *k, const char *key);
	struct socle_store *store;
	const char *folder;
	const void *arg; /* of a read() that is not the store's */
};

struct keys keys_of_store(struct socle_store *store, const char *folder);

/* malloc'ed, or NULL when it is missing, longer than max or has other than printable ASCII. */
char *keys_text(const struct keys *k, const char *key, size_t max);

/* A decimal or 0x number of at most max: 0, -ENOENT, -EINVAL when it is no number, -ERANGE. */
int keys_number(const struct keys *k, const char *key, uint64_t max, uint64_t *out);

/* The number that a frontend must have in where/name ("" or "queue-3/"); -1 with what is wrong with it. */
int keys_need(const struct keys *k, const char *where, const char *name, uint64_t max, uint32_t *out, struct socle_error *e);

/* The frontend's `key` is missing, out of range or not a number, as keys_number() found: -1. */
int keys_wrong(const char *key, int r, struct socle_error *e);

/* 1 is yes; all else, and nothing at all, is no. */
bool keys_flag(const struct keys *k, const char *key);

struct key_value {
	char key[KEY_MAX];
	char value[KEY_MAX];
};

/* A list to be written; more than fit are a mistake of ours. */
#define KEY_LIST_MAX 24u

struct key_list {
	unsigned int n;
	struct key_value kv[KEY_LIST_MAX];
	const char *text_key, *text; /* one more, of any length; NULL: none */
};

__attribute__((format(printf, 3, 4)))
void key_list_add(struct key_list *l, const char *key, const char *fmt, ...);

/*
 * Write them into the backend's folder, all or none, and only while it has a node "frontend": a plain write would bring a
 * folder back that the tools have just removed.  0, -ENOENT when it is gone, -errno.
 */
int keys_write(struct socle_store *store, const char *folder, const struct key_list *l);

/* Remove folders in one transaction; missing ones are fine. */
int keys_remove(struct socle_store *store, const char *const *folders, unsigned int n);

#endif /* SOCLE_DEVICE_KEYS_H */
