/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/keeper.c
 *
 * See keeper.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stored/keeper.h"
#include "stored/log.h"
#include "stored/replay.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static int64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len; bytes += n, len -= (size_t)n) {
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return n < 0 ? -errno : -EIO;
	}
	return 0;
}

/* Records of a snapshot are small and many. */
struct batch {
	int fd;
	int ret;
	size_t used;
	char bytes[65536];
};

static void batch_flush(struct batch *b)
{
	int ret = b->used ? write_all(b->fd, b->bytes, b->used) : 0;

	b->used = 0;
	if (!b->ret)
		b->ret = ret;
}

static int batch_write(void *ctx, const void *bytes, size_t len)
{
	struct batch *b = ctx;

	if (!bytes)
		return b->ret = -ENOMEM;
	if (len > sizeof(b->bytes) - b->used)
		batch_flush(b);
	if (len > sizeof(b->bytes)) {
		int ret = write_all(b->fd, bytes, len);

		b->ret = b->ret ? b->ret : ret;
	} else {
		memcpy(b->bytes + b->used, bytes, len);
		b->used += len;
	}
	return b->ret;
}

/* The whole store to this file; *size: bytes written. */
static int snapshot_to(struct keeper *k, int fd, uint64_t *size)
{
	static struct batch b;	/* no allocation: memory may be what we are short of */
	struct journal j;
	int ret;

	b = (struct batch){ .fd = fd };
	journal_init(&j, batch_write, &b);
	ret = snapshot_write(k->store, &j, k->boot_id);
	batch_flush(&b);
	*size = j.bytes;
	journal_fini(&j);
	return ret ? ret : b.ret;
}

/* A new file in the place of the old one. */
static int renew(struct keeper *k)
{
	char fresh[sizeof(k->path) + 8];
	uint64_t size;
	int fd, ret;

	snprintf(fresh, sizeof(fresh), "%s.new", k->path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = snapshot_to(k, fd, &size);
	if (!ret && rename(fresh, k->path))
		ret = -errno;
	if (ret) {
		unlink(fresh);
		close(fd);
		return ret;
	}
	if (k->fd >= 0)
		close(k->fd);
	k->fd = fd;
	k->round_bytes = k->journal.bytes + (size * 2 > KEEPER_ROUND_MIN ? size * 2 : KEEPER_ROUND_MIN);
	return 0;
}

/*
 * The file is worth nothing any more. What it takes may be the very space that a new one wants; to die in between costs the state, as
 * it would without another try.
 */
static int start_over(struct keeper *k)
{
	unlink(k->path);
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	return renew(k);
}

/* A new file, or none. */
static void renew_or_stop(struct keeper *k)
{
	int ret = renew(k);

	if (ret)
		ret = start_over(k);
	if (!ret)
		return;
	log_error("cannot keep the store's state in %s: %s; if stored ends now, the state is lost (tried again every %u s)",
		  k->path, strerror(-ret), KEEPER_RETRY_S);
	k->retry_at = now_s() + KEEPER_RETRY_S;
}

static int append(void *ctx, const void *bytes, size_t len)
{
	struct keeper *k = ctx;
	int ret;

	if (k->fd < 0)
		return -EIO;
	ret = bytes ? write_all(k->fd, bytes, len) : -ENOMEM;
	if (!ret)
		return 0;
	/* Half a record may stand there now. What it says is in the store already, so a new snapshot has it. */
	renew_or_stop(k);
	return ret;
}

static void boot_id_read(char *to, size_t size)
{
	FILE *f = fopen(BOOT_ID, "re");

	if (!f || !fgets(to, (int)size, f))
		snprintf(to, size, "unknown");
	to[strcspn(to, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The folders above the file; an error shows when the file is made. */
static void folders_make(const char *path)
{
	char part[256];

	for (size_t i = 1; path[i] && i < sizeof(part); i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			log_warn("cannot make %s: %s", part, strerror(errno));
	}
}

/* malloc'ed; NULL with *len 0 when there is no file, with *len 1 when it cannot be read. */
static void *file_read(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	char *bytes = NULL;
	size_t have = 0;
	ssize_t n;

	*len = fd >= 0 || errno != ENOENT;
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !(bytes = malloc((size_t)st.st_size + 1)))
		goto out;
	while (have < (size_t)st.st_size && (n = read(fd, bytes + have, (size_t)st.st_size - have)) > 0)
		have += (size_t)n;
	*len = have;
out:
	if (fd >= 0)
		close(fd);
	return bytes;
}

/* Somebody may want to see why. */
static void set_aside(struct keeper *k, const char *why)
{
	char aside[sizeof(k->path) + 8];

	snprintf(aside, sizeof(aside), "%s.bad", k->path);
	if (rename(k->path, aside))
		unlink(k->path);
	log_error("the state in %s cannot be taken over: %s; it is %s now, and the store begins empty", k->path, why, aside);
}

static void tell(const struct keeper *k, const struct replay_result *r, size_t len)
{
	log_info("took over the state in %s: %lu entries, restart %llu", k->path, r->entries,
		 (unsigned long long)k->store->generation);
	if (r->good < len)
		log_info("the last record was not whole (%zu bytes); nobody had been told of it", len - r->good);
	if (r->senseless)
		log_error("%lu entries of %s made no sense and were left out", r->senseless, k->path);
}

int keeper_load(struct keeper *k, struct store *s, const char *path, const struct domain_ops *ops, void *ops_ctx,
		bool *found, struct socle_error *e)
{
	struct replay_result r = { 0 };
	void *bytes;
	size_t len;
	int ret;

	memset(k, 0, sizeof(*k));
	k->store = s;
	k->fd = -1;
	journal_init(&k->journal, append, k);
	if ((size_t)snprintf(k->path, sizeof(k->path), "%s", path) >= sizeof(k->path) - sizeof(".bad"))
		return socle_fail(e, ENAMETOOLONG, "the path of the state is too long: %s", path);
	folders_make(k->path);
	boot_id_read(k->boot_id, sizeof(k->boot_id));
	bytes = file_read(k->path, &len);
	if (store_init_empty(s, ops, ops_ctx))
		return socle_fail(e, ENOMEM, "no memory for the store");
	ret = bytes ? replay(s, bytes, len, k->boot_id, &r) : 0;
	if (!bytes && len)
		r.refused = "it cannot be read";
	*found = bytes && len && !r.refused;
	free(bytes);
	if (ret)
		return socle_fail(e, ENOMEM, "no memory for the state in %s", path);
	if (*found)
		tell(k, &r, len);
	else if (r.refused && strcmp(r.refused, REPLAY_OTHER_BOOT) != 0)
		set_aside(k, r.refused);
	return 0;
}

void keeper_begin(struct keeper *k)
{
	renew_or_stop(k);
	k->store->journal = &k->journal;
}

/* The file that there is has all that happened, and takes more: without room for a new one it only grows on. */
static void round_late(struct keeper *k, int why)
{
	if (!k->late)
		log_warn("cannot write the store's state anew beside %s: %s; it grows until that works", k->path, strerror(-why));
	k->late = true;
	k->round_bytes = k->journal.bytes + KEEPER_ROUND_MIN;
}

void keeper_round(struct keeper *k)
{
	int ret;

	if (k->fd >= 0 ? k->journal.bytes < k->round_bytes : now_s() < k->retry_at)
		return;
	ret = renew(k);
	if (!ret) {
		if (k->retry_at)
			log_warn("the store's state is kept in %s again", k->path);
		k->retry_at = 0;
		k->late = false;
	} else if (k->fd >= 0) {
		round_late(k, ret);
	} else {
		k->retry_at = now_s() + KEEPER_RETRY_S;
	}
}

void keeper_end(struct keeper *k)
{
	k->store->journal = NULL;
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	journal_fini(&k->journal);
}
