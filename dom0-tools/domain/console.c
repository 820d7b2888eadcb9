/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/console.c
 *
 * Finding the console daemon and its sockets; see console.h.  The daemon is recognised by its
 * process name; Xen's own xenconsoled is accepted in its place, but it offers no sockets, so there
 * is nothing to wait for then.
 */
#include "domain/console.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/names.h"

#define WAIT_MS 5000u
#define STEP_MS 10u

static bool process_runs(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	bool found = false;

	while (proc && !found && (d = readdir(proc))) {
		char path[300], comm[32] = "";
		ssize_t n;
		int fd;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, comm, sizeof(comm) - 1);
		close(fd);
		if (n > 0 && comm[n - 1] == '\n')
			comm[n - 1] = '\0';
		found = strcmp(comm, name) == 0;
	}
	if (proc)
		closedir(proc);
	return found;
}

int console_check_daemon(struct socle_error *e)
{
	if (process_runs("consoled") || process_runs("xenconsoled"))
		return 0;
	return socle_fail_id(e, DOMAIN_E_NO_DAEMON, "no-consoled",
			  "the console daemon is not running; start consoled, or "
			  "take <console> out of the description");
}

int console_connect(uint16_t domid, struct socle_error *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	snprintf(addr.sun_path, sizeof(addr.sun_path), SOCLE_RUN_DIR "/console/%u", domid);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return socle_fail(e, errno, "cannot make a socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	err = errno;
	close(fd);
	if (!process_runs("consoled"))
		return socle_fail_id(e, DOMAIN_E_NO_DAEMON, "no-consoled", "the console daemon is not running; start "
				  "consoled");
	return socle_fail_id(e, err, "no-console", "no console at '%s': %s%s", addr.sun_path, strerror(err),
			  err == ENOENT ? " (is there a <console> in the guest's description?)"
					: "");
}

int console_wait(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e)
{
	char path[64];

	if (!process_runs("consoled"))
		return console_check_daemon(e);
	snprintf(path, sizeof(path), SOCLE_RUN_DIR "/console/%u", domid);
	for (unsigned int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (access(path, F_OK) == 0)
			return 0;
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	return socle_fail_id(e, DOMAIN_E_NO_DAEMON, "consoled-slow",
			  "the console daemon did not take the guest's console "
			  "within %u s; see its log",
			  WAIT_MS / 1000);
}

void console_log_path(const char *name, char *out, size_t size)
{
	snprintf(out, size, SOCLE_LOG_DIR "/console-%s.log", name);
}
