/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/reserve.c
 *
 * See reserve.h.  The locks are those of fcntl(2)'s F_OFD_SETLK: they belong to the open file as flock()'s do, and one can ask
 * for them (F_OFD_GETLK) without taking them, so that somebody who lists guests never is in the way of somebody who starts one.
 *
 * Whoever holds a file may remove it, and nobody else.  So a file that was opened is looked at once more after it was locked:
 * when it is not the one of that name any more, its holder gave it up meanwhile, and the next one is tried.
 */
#include "domain/reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "domain/codes.h"

#define LINE_BYTES  128 /* of a fixed length, so that it is written at once */
#define TRIES_MAX   10000u
#define STEP_MS     5u
#define ADOPT_MS    2000u /* a creator that looks at the file has it for a moment */
#define PATH_BYTES  192

static const char *const words[] = { "none", "starting", "running", "rebooting", "ending" };

const char *reserve_state_word(enum reserve_state s)
{
	return s == RESERVE_NONE || s == RESERVE_RUNNING ? NULL : words[s];
}

/* --- one line ---------------------------------------------------------------------------------- */

static void line_write(int fd, const struct reserve_line *l)
{
	char line[LINE_BYTES + 1];
	int n = snprintf(line, sizeof(line), "%s %u %s %s", words[l->state], l->domid, l->uuid, l->name);

	memset(line + n, ' ', LINE_BYTES - (size_t)n);
	line[LINE_BYTES - 1] = '\n';
	if (pwrite(fd, line, LINE_BYTES, 0) < 0)
		return; /* for readers only: the lock is what counts */
}

static bool line_parse(const char *text, struct reserve_line *l)
{
	char word[12], name[DOMAIN_NAME_MAX + 1];
	unsigned int domid;

	*l = (struct reserve_line){ .state = RESERVE_NONE };
	if (sscanf(text, "%11s %u %36s %64s", word, &domid, l->uuid, name) != 4 || domid > UINT16_MAX)
		return false;
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			l->state = (enum reserve_state)i;
	l->domid = (uint16_t)domid;
	strcpy(l->name, name);
	return true;
}

/* Reading and writing are not atomic to each other: what is read twice the same is whole. */
static bool line_read(int fd, struct reserve_line *l)
{
	char text[2][LINE_BYTES + 1];
	ssize_t n = pread(fd, text[1], LINE_BYTES, 0), before;

	do {
		before = n;
		memcpy(text[0], text[1], sizeof(text[0]));
		n = pread(fd, text[1], LINE_BYTES, 0);
	} while (n > 0 && (n != before || memcmp(text[0], text[1], (size_t)n) != 0));
	text[1][n > 0 ? n : 0] = '\0';
	return line_parse(text[1], l);
}

/* --- one file ---------------------------------------------------------------------------------- */

static bool key_is_good(const char *key)
{
	return *key && *key != '.' && !strchr(key, '/') && strlen(key) <= DOMAIN_NAME_MAX;
}

static void path_make(char out[PATH_BYTES], const char *dir, const char *key)
{
	snprintf(out, PATH_BYTES, "%s/%s", dir, key);
}

static bool lock(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &fl) == 0;
}

static bool is_locked(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}

static bool is_current(int fd, const char *path)
{
	struct stat open_file, there;

	return fstat(fd, &open_file) == 0 && lstat(path, &there) == 0 && open_file.st_dev == there.st_dev &&
	       open_file.st_ino == there.st_ino;
}

/* The locked file in *fd; -EWOULDBLOCK with what its holder says; another -errno. */
static int file_take(const char *dir, const char *key, int flags, int *fd, struct reserve_line *said)
{
	char path[PATH_BYTES];

	path_make(path, dir, key);
	for (unsigned int i = 0; i < TRIES_MAX; i++) {
		bool mine;

		*fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
		if (*fd < 0)
			return -errno;
		mine = lock(*fd);
		line_read(*fd, said);
		if (mine && is_current(*fd, path))
			return 0;
		close(*fd);
		*fd = -1;
		if (!mine)
			return -EWOULDBLOCK;
	}
	return -ELOOP;
}

/* By its holder: the name goes first, while the lock is still there. */
static void file_give(const char *dir, const char *key, int fd)
{
	char path[PATH_BYTES];

	path_make(path, dir, key);
	if (is_current(fd, path))
		unlink(path);
	close(fd);
}

static void step_sleep(void)
{
	struct timespec ts = { .tv_nsec = STEP_MS * 1000000 };

	nanosleep(&ts, NULL);
}

/* --- both of a guest --------------------------------------------------------------------------- */

/* Will the holder give it up soon?  One whose domain is gone has only not noticed yet. */
static bool ends(const struct reserve_place *p, const struct reserve_line *l)
{
	return l->state == RESERVE_ENDING || (l->state == RESERVE_RUNNING && l->domid && !p->lives(p->arg, l));
}

/* *fd stays -1 on failure: -EWOULDBLOCK or -EEXIST with who has it. */
static int key_take(const struct reserve_place *p, const char *key, unsigned int ms, int *fd, struct reserve_line *said)
{
	int r;

	for (unsigned int waited = 0;; waited += STEP_MS) {
		r = file_take(p->dir, key, O_CREAT, fd, said);
		if (r != -EWOULDBLOCK || waited >= ms || !ends(p, said))
			break;
		step_sleep();
	}
	if (r == 0 && said->domid && p->lives(p->arg, said)) {
		close(*fd);
		*fd = -1;
		r = -EEXIST;
	}
	return r;
}

static int refuse(const struct reserve *r, bool by_uuid, const struct reserve_line *l, int err, struct socle_error *e)
{
	char domain[24] = "";

	if (err != -EWOULDBLOCK && err != -EEXIST)
		return socle_fail_id(e, -err, "run-dir", "cannot reserve it in '%s': %s", r->dir, strerror(-err));
	if (l->domid)
		snprintf(domain, sizeof(domain), " (domain %u)", l->domid);
	if (by_uuid)
		return socle_fail_id(e, DOMAIN_E_EXISTS, "uuid-taken", "its UUID %s is that of '%s'%s; leave <uuid> out, or make a new one with "
				  "uuidgen", r->line.uuid, *l->name ? l->name : "a guest that is being started", domain);
	if (strcmp(l->name, r->line.name) != 0 && *l->name)
		return socle_fail_id(e, DOMAIN_E_EXISTS, "name-taken", "its name is the UUID of '%s'%s; choose another <name>", l->name, domain);
	return socle_fail_id(e, DOMAIN_E_EXISTS, "name-taken", "a guest of this name is %s%s; choose another <name>, or end it with 'socle destroy "
			  "%s'", l->state == RESERVE_NONE ? "being started" : words[l->state], domain, r->line.name);
}

static int begin(struct reserve *r, const struct reserve_place *p, const char *name, const uint8_t uuid[16], struct socle_error *e)
{
	*r = RESERVE_EMPTY;
	snprintf(r->dir, sizeof(r->dir), "%s", p->dir);
	snprintf(r->line.name, sizeof(r->line.name), "%s", name);
	uuid_unparse_lower(uuid, r->line.uuid);
	if (!key_is_good(name))
		return socle_fail_id(e, DOMAIN_E_CONFIG, "bad-name", "'%.80s' cannot be a name", name);
	if (mkdir(p->dir, 0700) && errno != EEXIST)
		return socle_fail_id(e, errno, "run-dir", "cannot make directory '%s': %s", p->dir, strerror(errno));
	return 0;
}

/* A guest may be called as its own UUID: then there is one file. */
static bool has_two(const struct reserve *r)
{
	return strcmp(r->line.name, r->line.uuid) != 0;
}

int reserve_take(struct reserve *r, const struct reserve_place *p, const char *name, const uint8_t uuid[16], unsigned int ms,
		 struct socle_error *e)
{
	struct reserve_line said = { 0 };
	int err;

	if (begin(r, p, name, uuid, e))
		return -1;
	err = key_take(p, name, ms, &r->fd[0], &said);
	if (err)
		return refuse(r, false, &said, err, e);
	err = has_two(r) ? key_take(p, r->line.uuid, ms, &r->fd[1], &said) : 0;
	if (err) {
		refuse(r, true, &said, err, e);
		reserve_release(r);
		return -1;
	}
	reserve_say(r, RESERVE_STARTING, 0);
	return 0;
}

/* Whoever only looks at the file has it for a moment. */
static int adopt_key(const struct reserve_place *p, const char *key, int *fd)
{
	struct reserve_line said;
	int r;

	for (unsigned int waited = 0; (r = file_take(p->dir, key, O_CREAT, fd, &said)) == -EWOULDBLOCK && waited < ADOPT_MS;
	     waited += STEP_MS)
		step_sleep();
	return r;
}

int reserve_adopt(struct reserve *r, const struct reserve_place *p, const char *name, const uint8_t uuid[16], uint16_t domid,
		  struct socle_error *e)
{
	int err;

	if (begin(r, p, name, uuid, e))
		return -1;
	err = adopt_key(p, name, &r->fd[0]);
	if (!err && has_two(r))
		err = adopt_key(p, r->line.uuid, &r->fd[1]);
	if (err) {
		reserve_forget(r);
		return err == -EWOULDBLOCK ? socle_fail_id(e, DOMAIN_E_BUSY, "supervised", "it has a supervisor already (somebody holds its name)")
					   : socle_fail_id(e, -err, "run-dir", "cannot reserve its name in '%s': %s", p->dir, strerror(-err));
	}
	reserve_say(r, RESERVE_RUNNING, domid);
	return 0;
}

void reserve_say(struct reserve *r, enum reserve_state state, uint16_t domid)
{
	r->line.state = state;
	r->line.domid = domid;
	for (unsigned int i = 0; i < 2; i++)
		if (r->fd[i] >= 0)
			line_write(r->fd[i], &r->line);
}

int reserve_rename(struct reserve *r, const struct reserve_place *p, const char *name, struct socle_error *e)
{
	struct reserve as = *r;
	struct reserve_line said = { 0 }, now;
	int fd, err;

	snprintf(as.line.name, sizeof(as.line.name), "%s", name);
	/* A guest that is called as its UUID has one file, which it keeps. */
	if (!key_is_good(name) || !has_two(&as))
		return socle_fail_id(e, DOMAIN_E_CONFIG, "bad-name", "'%.80s' cannot be its name", name);
	err = key_take(p, name, 0, &fd, &said);
	if (err)
		return refuse(&as, false, &said, err, e);
	as.fd[0] = fd;
	if (!has_two(r))
		as.fd[1] = r->fd[0];
	/* What it says may be another holder's word: a creator's.  Readers find it by both names for a moment, and not by none. */
	if (!line_read(r->fd[0], &now))
		now = r->line;
	reserve_say(&as, now.state, now.domid);
	if (has_two(r))
		file_give(r->dir, r->line.name, r->fd[0]);
	*r = as;
	return 0;
}

void reserve_release(struct reserve *r)
{
	if (r->fd[0] >= 0)
		file_give(r->dir, r->line.name, r->fd[0]);
	if (r->fd[1] >= 0)
		file_give(r->dir, r->line.uuid, r->fd[1]);
	r->fd[0] = r->fd[1] = -1;
}

void reserve_forget(struct reserve *r)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (r->fd[i] >= 0)
			close(r->fd[i]);
		r->fd[i] = -1;
	}
}

/* --- readers ----------------------------------------------------------------------------------- */

int reserve_look(const char *dir, const char *who, struct reserve_line *l, bool *held)
{
	char path[PATH_BYTES];
	int fd;

	*l = (struct reserve_line){ .state = RESERVE_NONE };
	*held = false;
	if (!key_is_good(who))
		return -ENOENT;
	path_make(path, dir, who);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*held = is_locked(fd);
	line_read(fd, l);
	close(fd);
	return 0;
}

int reserve_each(const char *dir, int (*fn)(void *arg, const struct reserve_line *l), void *arg)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort), r = n < 0 && errno != ENOENT ? -1 : 0;

	for (int i = 0; i < n; i++) {
		struct reserve_line l;
		bool held;

		/* The file of the UUID says the same once more. */
		if (!r && reserve_look(dir, list[i]->d_name, &l, &held) == 0 && held && strcmp(l.name, list[i]->d_name) == 0)
			r = fn(arg, &l);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return r;
}

bool reserve_wait_free(const char *dir, const char *who, unsigned int ms)
{
	struct reserve_line said;
	int fd, r = -ENOENT;

	if (!key_is_good(who))
		return true;
	for (unsigned int waited = 0; (r = file_take(dir, who, 0, &fd, &said)) == -EWOULDBLOCK && waited < ms; waited += STEP_MS)
		step_sleep();
	if (r == 0)
		file_give(dir, who, fd);
	return r != -EWOULDBLOCK;
}
