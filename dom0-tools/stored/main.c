/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/main.c
 *
 * The store daemon's start and end:
 *	options -> (fork: the parent waits for the child's word) -> lock -> store (the state of
 *	a predecessor, if there is one) -> Xen -> rings -> journal -> socket -> pid file -> "ready" to the parent, terminal left -> loop -> clean up
 * The parent exits 0 only when the daemon serves, so a script can go on at once. The lock lies
 * beside the socket and is a record lock, which tells who holds it and ends with its process.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsocle/notify.h"
#include "libsocle/privilege.h"
#include "stored/log.h"
#include "stored/loop.h"
#include "stored/replay.h"

#define DEFAULT_SOCKET "/run/xenstored/socket"
#define DEFAULT_STATE  "/run/socle/stored/journal"

struct options {
	const char *socket;
	const char *pidfile;
	const char *state;		/* NULL: nothing is kept */
	bool no_domains;
	bool foreground;
	bool verbose;
};

struct daemon {
	struct options opt;
	int lock_fd;
	struct store store;
	struct keeper keeper;
	struct xen *xen;
	struct conn_socket_set sockets;
	struct conn_ring_set rings;
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "state", required_argument, NULL, 't' },
	{ "no-domains", no_argument, NULL, 'n' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *to)
{
	fputs("usage: stored [options]\n"
	      "The store daemon of domain 0.\n"
	      "  --socket PATH     socket for local clients (default " DEFAULT_SOCKET ")\n"
	      "  --pidfile FILE    write the process id there once the daemon serves\n"
	      "  --state FILE      what a successor takes over, on a file system in memory (default\n"
	      "                    " DEFAULT_STATE " with the default socket, else none)\n"
	      "  --no-domains      serve the socket only; needs no Xen\n"
	      "  -f, --foreground  stay in the foreground, messages to stderr\n"
	      "  -v, --verbose     log every request\n"
	      "  -h, --help        this text\n", to);
}

/* Exits on --help and on bad options (2). */
static struct options parse_options(int argc, char **argv)
{
	struct options opt = { .socket = DEFAULT_SOCKET };
	int c;

	while ((c = getopt_long(argc, argv, "fvh", long_options, NULL)) != -1) {
		switch (c) {
		case 's': opt.socket = optarg; break;
		case 'p': opt.pidfile = optarg; break;
		case 't': opt.state = optarg; break;
		case 'n': opt.no_domains = true; break;
		case 'f': opt.foreground = true; break;
		case 'v': opt.verbose = true; break;
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "stored: unexpected argument \"%s\"\n", argv[optind]);
		usage(stderr);
		exit(2);
	}
	if (!opt.state && !strcmp(opt.socket, DEFAULT_SOCKET))
		opt.state = DEFAULT_STATE;
	return opt;
}

/* The directory of the default socket may not exist yet after a boot. */
static void make_socket_dir(const char *path)
{
	if (!strcmp(path, DEFAULT_SOCKET) && mkdir("/run/xenstored", 0755) && errno != EEXIST)
		log_warn("cannot make /run/xenstored: %s", strerror(errno));
}

static int take_lock(struct daemon *d, struct socle_error *e)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096];

	snprintf(path, sizeof(path), "%s.lock", d->opt.socket);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (d->lock_fd < 0)
		return socle_fail(e, errno, "cannot open the lock %s: %s", path, strerror(errno));
	if (!fcntl(d->lock_fd, F_SETLK, &lock))
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return socle_fail(e, errno, "cannot take the lock %s: %s", path, strerror(errno));
	if (fcntl(d->lock_fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	return socle_fail(e, EBUSY, "already running as process %ld (it holds %s)",
			  (long)lock.l_pid, path);
}

static int open_domains(struct daemon *d, struct socle_error *e)
{
	uint32_t port;
	int ret;

	if (xen_dom0_port(NULL, &port, e))
		return -1;
	d->xen = xen_open(e);
	if (!d->xen)
		return -1;
	d->rings.xen = d->xen;
	ret = replay_rejoin(&d->store, port);
	if (!ret && !domain_find(&d->store, 0))
		ret = domain_introduce(&d->store, 0, 0, port);
	if (ret)
		return socle_fail(e, -ret, "cannot serve the kernel of domain 0: %s",
				  strerror(-ret));
	return 0;
}

static int write_pidfile(const char *path, struct socle_error *e)
{
	FILE *f = fopen(path, "we");
	int bad;

	if (!f)
		return socle_fail(e, errno, "cannot write %s: %s", path, strerror(errno));
	bad = fprintf(f, "%ld\n", (long)getpid()) < 0;
	if (fclose(f) || bad)
		return socle_fail(e, errno, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

static int open_store(struct daemon *d, struct socle_error *e)
{
	const struct domain_ops *ops = d->opt.no_domains ? NULL : &conn_ring_domain_ops;
	bool found = false;

	conn_socket_init(&d->sockets, &d->store);
	conn_ring_init(&d->rings, &d->store, NULL);
	if (!d->opt.state) {
		if (store_init(&d->store, ops, &d->rings))
			return socle_fail(e, ENOMEM, "no memory for the store");
		return 0;
	}
	if (keeper_load(&d->keeper, &d->store, d->opt.state, ops, &d->rings, &found, e))
		return -1;
	if (!found && store_furnish(&d->store))
		return socle_fail(e, ENOMEM, "no memory for the store");
	return 0;
}

static int start(struct daemon *d, struct socle_error *e)
{
	make_socket_dir(d->opt.socket);
	if (take_lock(d, e) || open_store(d, e))
		return -1;
	if (!d->opt.no_domains && open_domains(d, e))
		return -1;
	if (d->opt.state)
		keeper_begin(&d->keeper);
	/* Those who died while nobody was told of it. */
	if (!d->opt.no_domains)
		domain_scan(&d->store);
	if (conn_socket_listen(&d->sockets, d->opt.socket, e))
		return -1;
	if (d->opt.pidfile && write_pidfile(d->opt.pidfile, e))
		return -1;
	return socle_privileges_drop(e);
}

static void stop(struct daemon *d)
{
	/* The guests stay; a successor goes on from what is kept. */
	if (d->opt.state)
		keeper_end(&d->keeper);
	if (d->opt.pidfile)
		unlink(d->opt.pidfile);
	unlink(d->opt.socket);
	conn_socket_close_all(&d->sockets);
	if (d->xen) {
		conn_ring_close_all(&d->rings);
		xen_close(d->xen);
	}
	store_fini(&d->store);
	close(d->lock_fd);
}

static int block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* In the child: the daemon serves now. */
static void leave_terminal(int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_use_syslog();
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close(null);
	}
	if (write(ready_fd, "", 1) != 1)
		log_warn("nobody waits for this daemon's start");
	close(ready_fd);
}

/* ready_fd: -1 in the foreground. */
static int serve(struct daemon *d, int ready_fd)
{
	struct socle_error error = { 0 };
	struct loop loop = { .store = &d->store, .sockets = &d->sockets };
	int ret;

	d->sockets.listener = -1;
	loop.signal_fd = block_signals();
	if (start(d, &error)) {
		log_error("%s", error.text);
		if (d->sockets.listener >= 0)
			unlink(d->opt.socket);
		return 1;
	}
	if (d->xen)
		loop.rings = &d->rings;
	if (d->opt.state)
		loop.keeper = &d->keeper;
	if (ready_fd >= 0)
		leave_terminal(ready_fd);
	socle_notify("READY=1");
	ret = loop_run(&loop);
	if (ret)
		log_error("cannot wait for events: %s", strerror(-ret));
	socle_notify("STOPPING=1");
	stop(d);
	return ret ? 1 : 0;
}

/* The parent: waits until the child says that it serves, or has ended without. */
static int wait_ready(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct daemon d;		/* the quota table makes it large */
	int ready[2];
	pid_t child;

	d.opt = parse_options(argc, argv);
	log_set_verbose(d.opt.verbose);
	if (d.opt.foreground)
		return serve(&d, -1);
	if (pipe2(ready, O_CLOEXEC) || (child = fork()) < 0) {
		log_error("cannot go to the background: %s", strerror(errno));
		return 1;
	}
	if (child > 0) {
		close(ready[1]);
		return wait_ready(ready[0]);
	}
	close(ready[0]);
	setsid();
	if (chdir("/"))
		log_warn("cannot change to the root directory: %s", strerror(errno));
	return serve(&d, ready[1]);
}
