/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/disk.c
 *
 * See disk.h.  flock() rather than a record lock because /proc/locks then tells who holds the file,
 * and because device managers take the same kind of lock while they probe a block device: that is
 * why a held lock is tried again for a moment.  A block device is opened for writing with O_EXCL, so
 * one that is mounted or part of an array here is refused by the kernel.
 */
#include "blkd/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define SECTOR      512u
#define DIRECT_UNIT 4096u /* what every common device and file system accepts */
#define LOCK_TRIES  10
#define LOCK_WAIT_MS 100

/* The process that holds an flock on this file, or 0. */
static int holder_find(const struct stat *sb)
{
	char line[256];
	FILE *f = fopen("/proc/locks", "re");
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned int major, minor;
		unsigned long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major, &minor, &inode) == 4 &&
		    makedev(major, minor) == sb->st_dev && inode == sb->st_ino)
			found = pid;
	}
	if (f)
		fclose(f);
	return found;
}

/* "process 12 (blkd --domid 3 ...)" */
static void holder_describe(const struct stat *sb, char *out, size_t size)
{
	char path[64], cmd[160];
	int pid = holder_find(sb), fd;
	ssize_t n = 0;

	if (!pid) {
		snprintf(out, size, "another process");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, cmd, sizeof(cmd) - 1);
		close(fd);
	}
	n = n < 0 ? 0 : n;
	while (n && cmd[n - 1] == '\0')
		n--;
	cmd[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if (cmd[i] < ' ')
			cmd[i] = ' ';
	snprintf(out, size, "process %d%s%s%s", pid, n ? " (" : "", cmd, n ? ")" : "");
}

static int lock_take(int fd, bool readonly, const struct stat *sb, const char *path,
		     struct socle_error *e)
{
	const struct timespec pause = { .tv_nsec = LOCK_WAIT_MS * 1000000L };
	char who[300];

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return socle_fail(e, errno, "cannot lock '%s': %s", path, strerror(errno));
		nanosleep(&pause, NULL);
	}
	holder_describe(sb, who, sizeof(who));
	return socle_fail(e, EBUSY, "'%s' is in use%s by %s; shut that guest down, or give each its own "
			  "file", path, readonly ? " for writing" : "", who);
}

static int size_check(struct blk_disk *d, const struct stat *sb, const char *path,
		      struct socle_error *e)
{
	uint64_t bytes = (uint64_t)sb->st_size;
	unsigned int block = 0;

	if (S_ISBLK(sb->st_mode) && ioctl(d->fd, BLKGETSIZE64, &bytes))
		return socle_fail(e, errno, "cannot ask '%s' for its size: %s", path, strerror(errno));
	if (bytes == 0 || bytes % SECTOR)
		return socle_fail(e, EINVAL, "'%s' has %llu bytes; a disk needs a multiple of 512, and "
				  "more than none", path, (unsigned long long)bytes);
	d->sectors = bytes / SECTOR;
	if (!S_ISBLK(sb->st_mode) || ioctl(d->fd, BLKPBSZGET, &block) || block < SECTOR)
		block = SECTOR;
	d->block = block;
	return 0;
}

static int file_open(struct blk_disk *d, const char *path, struct stat *sb, struct socle_error *e)
{
	int flags = (d->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC;

	/* Opening may block or have effects for other kinds of file: look before. */
	if (stat(path, sb))
		return socle_fail(e, errno, "cannot find '%s': %s", path, strerror(errno));
	if (!S_ISREG(sb->st_mode) && !S_ISBLK(sb->st_mode))
		return socle_fail(e, EINVAL, "'%s' is neither a regular file nor a block device", path);
	if (S_ISBLK(sb->st_mode) && !d->readonly)
		flags |= O_EXCL;
	d->fd = open(path, flags | O_NONBLOCK);
	if (d->fd < 0 && errno == EBUSY)
		return socle_fail(e, EBUSY, "'%s' is in use by this system (mounted, or part of another "
				  "device); release it first", path);
	if (d->fd < 0 || fstat(d->fd, sb))
		return socle_fail(e, errno, "cannot open '%s' for %s: %s", path,
				  d->readonly ? "reading" : "writing", strerror(errno));
	return 0;
}

int blk_disk_open(struct blk_disk *d, const char *path, bool readonly, struct socle_error *e)
{
	struct stat sb, direct;

	*d = (struct blk_disk){ .fd = -1, .direct_fd = -1, .readonly = readonly };
	if (file_open(d, path, &sb, e) || lock_take(d->fd, readonly, &sb, path, e) ||
	    size_check(d, &sb, path, e)) {
		blk_disk_close(d);
		return -1;
	}
	d->can_discard = !readonly && S_ISREG(sb.st_mode);
	d->direct_fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);
	if (d->direct_fd >= 0 && (fstat(d->direct_fd, &direct) || direct.st_dev != sb.st_dev ||
				  direct.st_ino != sb.st_ino)) {
		blk_disk_close(d);
		return socle_fail(e, ESTALE, "'%s' was replaced while it was opened; try again", path);
	}
	return 0;
}

void blk_disk_close(struct blk_disk *d)
{
	if (d->direct_fd >= 0)
		close(d->direct_fd);
	if (d->fd >= 0)
		close(d->fd);
	d->fd = d->direct_fd = -1;
}

bool blk_disk_is_direct(const struct blk_disk *d, uint64_t offset, uint64_t len)
{
	return d->direct_fd >= 0 && (offset | len) % DIRECT_UNIT == 0;
}
