/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/image.c
 *
 * See image.h.  flock() rather than a record lock, because it belongs to the open file: it goes with the descriptor to the
 * worker, and stays until the last I/O in it has ended.  It is taken on the descriptor that the I/O goes through.  A block
 * device is opened for writing with O_EXCL, so one that is mounted or part of an array here is refused by the kernel.
 */
#include "device/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define SECTOR        512u
#define PUNCH_UNIT    4096u /* a hole of a file: its file system's block on every common one */

/* --- the lock ---------------------------------------------------------------------------------- */

/* The process that holds an flock on this file, or 0. */
static int holder_find(const struct stat *sb)
{
	char line[256];
	FILE *f = fopen("/proc/locks", "re");
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned int maj, min;
		unsigned long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &maj, &min, &inode) == 4 &&
		    makedev(maj, min) == sb->st_dev && inode == sb->st_ino)
			found = pid;
	}
	if (f)
		fclose(f);
	return found;
}

/* "process 12 (socle-watch)" */
static void holder_describe(const struct stat *sb, char *out, size_t size)
{
	int pid = holder_find(sb);
	char path[64], name[32] = "";
	FILE *f;

	if (!pid) {
		snprintf(out, size, "another process");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	snprintf(out, size, "process %d%s%s%s", pid, *name ? " (" : "", name, *name ? ")" : "");
}

static int lock_take(const struct image *im, const struct vbd_config *c, const struct stat *sb, struct socle_error *e)
{
	int fd = im->direct_fd >= 0 ? im->direct_fd : im->fd;
	char who[96];

	if (flock(fd, (c->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return socle_fail(e, errno, "cannot lock '%s': %s", c->path, strerror(errno));
	holder_describe(sb, who, sizeof(who));
	return socle_fail_id(e, EAGAIN, "disk-in-use",
			     "'%s' is in use%s by %s; shut that guest down, or give each its own file", c->path,
			  c->readonly ? " for writing" : "", who);
}

/* --- files and block devices ------------------------------------------------------------------- */

static int file_open(struct image *im, const struct vbd_config *c, struct stat *sb, struct socle_error *e)
{
	int flags = (c->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC;
	struct stat direct;

	/* Opening may block or have effects for other kinds of file: look before. */
	if (stat(c->path, sb))
		return socle_fail_id(e, errno, "disk-missing", "cannot find '%s': %s", c->path, strerror(errno));
	if (!S_ISREG(sb->st_mode) && !S_ISBLK(sb->st_mode))
		return socle_fail_id(e, EINVAL, "disk-type", "'%s' is neither a regular file nor a block device", c->path);
	im->fd = open(c->path, flags | O_NONBLOCK | (S_ISBLK(sb->st_mode) && !c->readonly ? O_EXCL : 0));
	if (im->fd < 0 && errno == EBUSY)
		return socle_fail_id(e, EAGAIN, "disk-in-use",
				     "'%s' is in use by this system (mounted, part of another device, or by another "
				  "guest); release it first", c->path);
	if (im->fd < 0 || fstat(im->fd, sb))
		return socle_fail_id(e, errno, "disk-missing",
				     "cannot open '%s' for %s: %s", c->path, c->readonly ? "reading" : "writing",
				  strerror(errno));
	im->direct_fd = open(c->path, flags | O_DIRECT);
	if (im->direct_fd >= 0 &&
	    (fstat(im->direct_fd, &direct) || direct.st_dev != sb->st_dev || direct.st_ino != sb->st_ino))
		return socle_fail_id(e, ESTALE, "disk-missing", "'%s' was replaced while it was opened; try again", c->path);
	return 0;
}

int image_sectors(int fd, uint64_t *sectors)
{
	struct stat sb;
	uint64_t bytes;

	if (fstat(fd, &sb))
		return -errno;
	bytes = (uint64_t)sb.st_size;
	if (S_ISBLK(sb.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes))
		return -errno;
	*sectors = bytes / SECTOR;
	return bytes % SECTOR ? -EINVAL : 0;
}

static uint32_t discard_unit(const struct stat *sb)
{
	static const char *const where[] = { "queue", "../queue" /* a partition has its disk's */ };
	uint32_t unit = 0;

	if (S_ISREG(sb->st_mode))
		return PUNCH_UNIT;
	for (unsigned int i = 0; !unit && i < 2; i++) {
		char path[128];
		FILE *f;

		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s/discard_granularity", major(sb->st_rdev),
			 minor(sb->st_rdev), where[i]);
		f = fopen(path, "re");
		if (f && fscanf(f, "%" SCNu32, &unit) != 1)
			unit = 0;
		if (f)
			fclose(f);
	}
	return unit;
}

static int sizes_find(struct image *im, const struct vbd_config *c, const struct stat *sb, struct socle_error *e)
{
	struct ctl_setup_disk *s = &im->setup;
	unsigned int logical = SECTOR, physical = SECTOR, sector;
	int r = image_sectors(im->fd, &s->sectors);

	if (r || !s->sectors)
		return socle_fail_id(e, r && r != -EINVAL ? -r : EINVAL, "disk-small",
				     "'%s' has %s; a disk needs a multiple of 512 bytes, and "
				  "more than none", c->path, r ? "an odd size" : "no bytes");
	if (S_ISBLK(sb->st_mode) && (ioctl(im->fd, BLKSSZGET, &logical) || ioctl(im->fd, BLKPBSZGET, &physical)))
		return socle_fail(e, errno, "cannot ask '%s' for its sectors: %s", c->path, strerror(errno));
	sector = c->sector_size ? c->sector_size : logical;
	if (s->sectors % (sector / SECTOR))
		return socle_fail_id(e, EINVAL, "disk-small",
				     "'%s' has %" PRIu64 " bytes, which are no whole sectors of %u bytes", c->path,
				  s->sectors * SECTOR, sector);
	s->sector_size = sector;
	s->physical_sector_size = c->physical_sector_size ? c->physical_sector_size : physical;
	if (s->physical_sector_size < sector)
		s->physical_sector_size = sector;
	im->discard = c->discard && !c->readonly ? discard_unit(sb) : 0;
	s->can_discard = im->discard != 0;
	s->has_direct = im->direct_fd >= 0;
	return 0;
}

/* --- NBD --------------------------------------------------------------------------------------- */

static int socket_connect(const struct sockaddr *sa, socklen_t len, unsigned int seconds)
{
	struct timeval limit = { .tv_sec = seconds };
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)); /* bounds connect() as well */
	if (connect(fd, sa, len)) {
		int err = errno;

		close(fd);
		return err == EINPROGRESS ? -ETIMEDOUT : -err;
	}
	limit.tv_sec = 0;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (sa->sa_family != AF_UNIX) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
	return fd;
}

static int tcp_connect(const struct vbd_config *c, unsigned int seconds, struct socle_error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV }, *list = NULL;
	char port[8];
	int r, fd = -EADDRNOTAVAIL;

	snprintf(port, sizeof(port), "%u", c->port);
	r = getaddrinfo(c->host, port, &hints, &list);
	if (r)
		return socle_fail_id(e, EHOSTDOWN, "no-nbd-server",
				     "cannot find the NBD server '%s': %s", c->host, gai_strerror(r));
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = socket_connect(a->ai_addr, a->ai_addrlen, seconds);
	freeaddrinfo(list);
	return fd >= 0 ? fd : socle_fail_id(e, EHOSTDOWN, "no-nbd-server",
					    "cannot reach the NBD server '%s' at port %u: %s", c->host, c->port,
					 strerror(-fd));
}

static int unix_connect(const struct vbd_config *c, unsigned int seconds, struct socle_error *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(c->path) >= sizeof(sa.sun_path))
		return socle_fail(e, ENAMETOOLONG, "the socket's path '%s' is too long", c->path);
	strcpy(sa.sun_path, c->path);
	fd = socket_connect((struct sockaddr *)&sa, sizeof(sa), seconds);
	return fd >= 0 ? fd : socle_fail_id(e, EHOSTDOWN, "no-nbd-server",
					    "cannot reach the NBD server at '%s': %s", c->path, strerror(-fd));
}

static int nbd_open(struct image *im, const struct vbd_config *c, unsigned int seconds, struct socle_error *e)
{
	struct ctl_setup_disk *s = &im->setup;

	im->fd = c->host[0] ? tcp_connect(c, seconds, e) : unix_connect(c, seconds, e);
	if (im->fd < 0)
		return -1;
	s->nbd = true;
	s->sector_size = c->sector_size ? c->sector_size : SECTOR;
	s->physical_sector_size = c->physical_sector_size ? c->physical_sector_size : s->sector_size;
	im->discard = c->discard && !c->readonly ? PUNCH_UNIT : 0; /* the worker asks the server, and refuses what it cannot */
	s->can_discard = im->discard != 0;
	memcpy(s->nbd_export, c->nbd_export, sizeof(s->nbd_export));
	return 0;
}

/* ----------------------------------------------------------------------------------------------- */

int image_open(struct image *im, const struct vbd_config *c, unsigned int seconds, struct socle_error *e)
{
	struct stat sb;

	*im = (struct image){ .fd = -1, .direct_fd = -1, .setup.readonly = c->readonly };
	if (c->kind == VBD_NBD ? nbd_open(im, c, seconds, e)
			       : file_open(im, c, &sb, e) || lock_take(im, c, &sb, e) || sizes_find(im, c, &sb, e)) {
		image_close(im);
		return -1;
	}
	return 0;
}

void image_close(struct image *im)
{
	if (im->direct_fd >= 0)
		close(im->direct_fd);
	if (im->fd >= 0)
		close(im->fd);
	im->fd = im->direct_fd = -1;
}
