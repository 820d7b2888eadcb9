/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/disk.c
 *
 * Disks of a guest.  Before anything is made, each file is looked at, so that the usual mistakes
 * are found with a good message and at no cost; the lock that blkd takes on the file is what really
 * keeps two writers apart.  A backend is started by running blkd, which goes to the background when
 * it holds the file and is ready, and otherwise says on stderr why not: that text becomes the
 * error.
 *
 * The process id of a backend is kept in its store node.  Before a signal is sent, the process is
 * checked to be a blkd of that very guest: ids are reused.
 */
#include "domain/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/names.h"
#include "domain/nodes.h"
#include "libsocle/domain.h"

#define BLKD_NAME    "blkd"
#define PATH_BYTES   96
#define STOP_MS      5000u
#define STEP_MS      20u

extern char **environ;

static void backend_path(char *out, uint16_t domid, unsigned int devid)
{
	snprintf(out, PATH_BYTES, "/local/domain/0/backend/vbd/%u/%u", domid, devid);
}

static int file_check(const struct domain_disk *d, struct stat *sb, struct socle_error *e)
{
	int fd = open(d->path, (d->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
	int err = errno, r = 0;

	if (fd < 0)
		return socle_fail(e, DOMAIN_E_CONFIG, "disk %s: cannot open '%s'%s: %s", d->target,
				  d->path, d->readonly ? "" : " for writing", strerror(err));
	if (fstat(fd, sb))
		r = socle_fail(e, errno, "disk %s: cannot look at '%s': %s", d->target, d->path,
			       strerror(errno));
	else if (d->is_block && !S_ISBLK(sb->st_mode))
		r = socle_fail(e, DOMAIN_E_CONFIG, "disk %s: '%s' is not a block device; use "
			       "type='file'", d->target, d->path);
	else if (!d->is_block && !S_ISREG(sb->st_mode))
		r = socle_fail(e, DOMAIN_E_CONFIG, "disk %s: '%s' is not a regular file%s",
			       d->target, d->path,
			       S_ISBLK(sb->st_mode) ? "; use type='block'" : "");
	else if (!d->is_block && sb->st_size < 512)
		r = socle_fail(e, DOMAIN_E_CONFIG,
			       "disk %s: '%s' is smaller than one sector (512 bytes)", d->target,
			       d->path);
	close(fd);
	return r;
}

static bool same_storage(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Does the backend at this path use the same storage in a way that excludes ours? */
static int conflict_check(struct domain_ctx *ctx, const char *path, uint16_t owner,
			  const struct domain_disk *d, const struct stat *sb, struct socle_error *e)
{
	char key[PATH_BYTES + 64], *params, *mode, *name;
	struct xen_domctl_getdomaininfo info;
	struct stat other;
	int r = 0;

	snprintf(key, sizeof(key), "%s/params", path);
	params = socle_store_read(ctx->store, 0, key, NULL);
	snprintf(key, sizeof(key), "%s/mode", path);
	mode = socle_store_read(ctx->store, 0, key, NULL);
	if (params && mode && (mode[0] == 'w' || !d->readonly) && stat(params, &other) == 0 &&
	    same_storage(sb, &other) && socle_domain_info(ctx->hv, owner, &info) == 0) {
		name = names_of(ctx, owner);
		r = socle_fail(e, DOMAIN_E_EXISTS,
			       "disk %s: '%s' is in use by guest '%s' for %s; shut "
			       "that guest down, or give each its own file",
			       d->target, d->path, name ? name : "?",
			       mode[0] == 'w' ? "writing" : "reading");
		free(name);
	}
	free(params);
	free(mode);
	return r;
}

/* Walk all disks that are in use on this host. */
static int users_check(struct domain_ctx *ctx, const struct domain_disk *d, const struct stat *sb,
		       struct socle_error *e)
{
	unsigned int nr_doms = 0;
	char **doms = socle_store_dir(ctx->store, 0, "/local/domain/0/backend/vbd", &nr_doms);
	int r = 0;

	for (unsigned int i = 0; doms && i < nr_doms && !r; i++) {
		char path[PATH_BYTES], full[PATH_BYTES + 32];
		unsigned int nr_devs = 0;
		char **devs;

		snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%.16s", doms[i]);
		devs = socle_store_dir(ctx->store, 0, path, &nr_devs);
		for (unsigned int j = 0; devs && j < nr_devs && !r; j++) {
			snprintf(full, sizeof(full), "%s/%.16s", path, devs[j]);
			r = conflict_check(ctx, full, (uint16_t)atoi(doms[i]), d, sb, e);
		}
		free(devs);
	}
	free(doms);
	return r;
}

int disks_check(struct domain_ctx *ctx, const struct domain_config *cfg, struct socle_error *e)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++) {
		struct stat sb;

		if (file_check(&cfg->disk[i], &sb, e))
			return -1;
		if (ctx->store && users_check(ctx, &cfg->disk[i], &sb, e))
			return -1;
	}
	return 0;
}

/*
 * blkd stands beside this program, in the sbin next to its bin (a tree that was moved whole), or where
 * it was configured to be.
 */
static const char *blkd_find(char *buf, size_t size)
{
	static const char *const beside[] = { "/" BLKD_NAME, "/../sbin/" BLKD_NAME };
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (unsigned int i = 0; slash && i < sizeof(beside) / sizeof(beside[0]); i++) {
		int len = snprintf(buf, size, "%s%s", self, beside[i]);

		if (len > 0 && (size_t)len < size && access(buf, X_OK) == 0)
			return buf;
	}
	return SOCLE_SBINDIR "/" BLKD_NAME;
}

/* Start argv with stderr in a pipe; the process id, or -errno. */
static int spawn_piped(char *const argv[], int *err_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int pipe_fd[2], r;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDERR_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	/* A Ctrl-C is for us; we then end the backends in order. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn(&pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fd[1]);
	if (r) {
		close(pipe_fd[0]);
		return -r;
	}
	*err_fd = pipe_fd[0];
	return pid;
}

/*
 * What the process says until it ends.  The daemon that stays behind may hold the pipe open, so the
 * end of the process is awaited, not that of the pipe.
 */
static int wait_piped(pid_t pid, int fd, char *text, size_t size)
{
	size_t used = 0;
	int status = -1;
	bool ended = false;

	while (!ended) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		ssize_t r;

		ended = waitpid(pid, &status, WNOHANG) == pid;
		while (poll(&pfd, 1, ended ? 0 : (int)STEP_MS) > 0 && (pfd.revents & POLLIN)) {
			char drop[256];
			bool full = used + 1 >= size;

			r = read(fd, full ? drop : text + used,
				 full ? sizeof(drop) : size - used - 1);
			if (r <= 0)
				break;
			used += full ? 0 : (size_t)r;
		}
		if (!ended && (pfd.revents & POLLHUP))
			sleep_ms(STEP_MS);
	}
	text[used] = '\0';
	while (used && strchr(" \n", text[used - 1]))
		text[--used] = '\0';
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return status;
}

static int backend_start(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *d,
			 const char *real_path, struct socle_error *e)
{
	char exe[512], path[PATH_BYTES], dom[8], dev[12], said[600];
	unsigned int devid = domain_disk_devid(d);
	char *argv[] = {
		(char *)(uintptr_t)blkd_find(exe, sizeof(exe)), "--domid", dom, "--devid", dev,
		"--file", (char *)(uintptr_t)real_path, "--backend-path", path,
		d->readonly ? "--readonly" : NULL, NULL,
	};
	int fd = -1, pid, status;

	(void)ctx;
	backend_path(path, domid, devid);
	snprintf(dom, sizeof(dom), "%u", domid);
	snprintf(dev, sizeof(dev), "%u", devid);
	pid = spawn_piped(argv, &fd);
	if (pid < 0)
		return socle_fail(e, DOMAIN_E_BACKEND, "disk %s: cannot run '%s': %s", d->target,
				  argv[0], strerror(-pid));
	status = wait_piped(pid, fd, said, sizeof(said));
	close(fd);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return socle_fail(e, DOMAIN_E_BACKEND, "disk %s: the backend did not start: %s", d->target,
			  *said ? said : "it said nothing; look into the system's log");
}

int disks_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		 struct socle_error *e)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++) {
		const struct domain_disk *d = &cfg->disk[i];
		char *real = realpath(d->path, NULL);
		int r;

		if (!real)
			return socle_fail(e, DOMAIN_E_CONFIG, "disk %s: '%s': %s", d->target,
					  d->path, strerror(errno));
		r = domain_ctx_check_stop(ctx, e);
		if (!r)
			r = nodes_add_disk(ctx, domid, d, real, e);
		if (!r)
			r = backend_start(ctx, domid, d, real, e);
		free(real);
		if (r)
			return -1;
	}
	return 0;
}

/* Is pid a blkd that serves this backend path? */
static bool is_our_backend(pid_t pid, const char *path)
{
	char file[64], cmd[1024];
	ssize_t n;
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/cmdline", (int)pid);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, cmd, sizeof(cmd) - 1);
	close(fd);
	if (n <= 0)
		return false;
	cmd[n] = '\0';
	for (const char *p = cmd; p < cmd + n; p += strlen(p) + 1)
		if (strcmp(p, path) == 0)
			return memmem(cmd, (size_t)n, BLKD_NAME, strlen(BLKD_NAME)) != NULL;
	return false;
}

static void backend_stop(pid_t pid, const char *path)
{
	unsigned int waited = 0;

	if (pid <= 1 || !is_our_backend(pid, path) || kill(pid, SIGTERM))
		return;
	while (is_our_backend(pid, path) && waited < STOP_MS) {
		sleep_ms(STEP_MS);
		waited += STEP_MS;
	}
	if (is_our_backend(pid, path))
		kill(pid, SIGKILL);
}

void disks_detach(struct domain_ctx *ctx, uint16_t domid)
{
	char path[PATH_BYTES], full[PATH_BYTES + 32], key[PATH_BYTES + 48];
	unsigned int n = 0;
	char **devs;

	if (!ctx->store)
		return;
	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u", domid);
	devs = socle_store_dir(ctx->store, 0, path, &n);
	for (unsigned int i = 0; devs && i < n; i++) {
		uint64_t pid;

		snprintf(full, sizeof(full), "%s/%.16s", path, devs[i]);
		snprintf(key, sizeof(key), "%s/blkd-pid", full);
		if (socle_store_read_u64(ctx->store, 0, key, &pid) == 0 && pid <= INT32_MAX)
			backend_stop((pid_t)pid, full);
	}
	free(devs);
}
