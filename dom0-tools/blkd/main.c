/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/main.c
 *
 * blkd: one disk of one guest, as a worker of that guest's supervisor, which starts it.  All that it serves comes over the
 * control socket.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blkd/worker.h"
#include "device/control.h"

#define EXIT_USAGE 2

static const char usage[] =
	"usage: blkd --control FD\n"
	"The server of one disk of a guest.  The guest's supervisor (socle-watch) starts it, with one end of a\n"
	"socket as descriptor FD; docs/blkd.md tells what is said there.\n";

/* The descriptor, or -1: it has to be a socket of datagrams in order, or everything would be sent astray. */
static int control_parse(const char *text)
{
	int type = 0;
	socklen_t len = sizeof(type);
	char *end;
	long fd;

	errno = 0;
	fd = strtol(text, &end, 10);
	if (errno || end == text || *end || fd < 3 || fd > 1023)
		return -1;
	if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_SEQPACKET)
		return -1;
	return (int)fd;
}

/*
 * A disk of an NBD server is another program's, blkd-nbd (nbd.h): the first question tells, and is left in the socket for it.
 * In that program, and where it is missing, nothing happens here.
 */
static void program_choose(int fd, char **argv)
{
	static const char suffix[] = "-nbd";
	char path[PATH_MAX];
	struct ctl_msg q;
	ssize_t n = recv(fd, &q, sizeof(q), MSG_PEEK);

	if (n != sizeof(q) || q.version != CTL_VERSION || q.what != CTL_SETUP || !q.setup.disk.nbd)
		return;
	n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(suffix));
	if (n <= 0 || (n >= (ssize_t)strlen(suffix) && !memcmp(path + n - strlen(suffix), suffix, strlen(suffix))))
		return;
	memcpy(path + n, suffix, sizeof(suffix));
	execv(path, argv);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "--control") != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	fd = control_parse(argv[2]);
	if (fd < 0) {
		fprintf(stderr, "blkd: '%s' is not the descriptor of a control socket\n", argv[2]);
		return EXIT_USAGE;
	}
	program_choose(fd, argv);
	return blk_worker_run(fd);
}
