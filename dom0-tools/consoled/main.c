/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/main.c
 *
 * consoled: the consoles of all guests. It looks at the store when a domain was introduced or
 * released, opens the console of each new guest, and moves bytes between its page, its log and those
 * who are connected to /run/socle/console/DOMID. One thread, one poll loop, nothing that blocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consoled/guest.h"
#include "libsocle/domain.h"
#include "libsocle/notify.h"
#include "libsocle/privilege.h"
#include "libsocle/store.h"

#define GUESTS_MAX     1024
#define STORE_RETRY_MS 1000
#define EVENTS_A_ROUND 64

static volatile sig_atomic_t stop;

struct options {
	bool foreground;
	const char *pidfile, *log_dir, *run_dir;
};

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void usage(FILE *out)
{
	fputs("usage: consoled [-f] [--pidfile FILE] [--log-dir DIR] [--run-dir DIR]\n"
	      "  -f, --foreground   stay attached\n"
	      "  --pidfile FILE     written once it serves\n"
	      "  --log-dir DIR      where console-NAME.log go (/var/log/socle)\n"
	      "  --run-dir DIR      where the sockets go (/run/socle/console)\n", out);
}

static void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "foreground", no_argument, NULL, 'f' }, { "pidfile", required_argument, NULL, 'p' },
		{ "log-dir", required_argument, NULL, 'l' }, { "run-dir", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	int c;

	*o = (struct options){ .log_dir = "/var/log/socle", .run_dir = "/run/socle/console" };
	while ((c = getopt_long(argc, argv, "fh", longs, NULL)) != -1) {
		switch (c) {
		case 'f': o->foreground = true; break;
		case 'p': o->pidfile = optarg; break;
		case 'l': o->log_dir = optarg; break;
		case 'r': o->run_dir = optarg; break;
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "consoled: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		exit(2);
	}
}

static void folder_make(const char *path)
{
	char part[256];

	for (size_t i = 1; i <= strlen(path) && i < sizeof(part); i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) && errno != EEXIST) {
			fprintf(stderr, "consoled: cannot make %s: %s\n", part, strerror(errno));
			exit(1);
		}
	}
}

/* One consoled a machine: two would steal each other's bytes. Kept open until the end. */
static int lock_take(const char *run_dir)
{
	char path[300], pid[32] = "unknown";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/lock", run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		fprintf(stderr, "consoled: cannot open %s: %s\n", path, strerror(errno));
		exit(1);
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		n = read(fd, pid, sizeof(pid) - 1);
		if (n > 0)
			pid[strcspn(pid, "\n")] = '\0';
		fprintf(stderr, "consoled: another one serves already, process %s; stop it first\n", pid);
		exit(1);
	}
	return fd;
}

static void pid_write(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
		fprintf(stderr, "consoled: cannot write its process id: %s\n", strerror(errno));
}

static bool store_number(struct socle_store *st, unsigned int domid, const char *key, uint64_t *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	return socle_store_read_u64(st, 0, path, out) == 0;
}

static struct guest *guest_find(struct guest *list, unsigned int domid)
{
	while (list && list->domid != domid)
		list = list->next;
	return list;
}

static bool domain_is_gone(struct host *h, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return socle_domain_info(h->hv, domid, &info) == -ESRCH || (info.flags & XEN_DOMINF_dying);
}

static void guest_try(struct host *h, struct socle_store *st, struct guest **list, unsigned int domid)
{
	char path[64], *name;
	uint64_t mfn, port;
	struct guest *g;

	/* The nodes of a dead domain may outlive it for a moment. */
	if (domid == 0 || guest_find(*list, domid) || domain_is_gone(h, (uint16_t)domid))
		return;
	if (!store_number(st, domid, "console/ring-ref", &mfn) || !store_number(st, domid, "console/port", &port))
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	name = socle_store_read(st, 0, path, NULL);
	g = guest_open(h, (uint16_t)domid, name ? name : "unnamed", mfn, (uint32_t)port);
	free(name);
	if (g) {
		g->next = *list;
		*list = g;
		guest_run(h, g);
	}
}

/* Two guests may have one name, when others than our tools made them: then they write to one log. */
static bool log_is_shared(const struct guest *list, const struct guest *g, const char *dir, const char *name)
{
	for (; list; list = list->next)
		if (list != g && (logfile_is(&list->log, dir, name) || strcmp(list->log.path, g->log.path) == 0))
			return true;
	return false;
}

/* One that was given another name has its log under that; the watch of the name comes with the first look. */
static void guest_name_follow(struct host *h, struct socle_store *st, struct guest *list, struct guest *g)
{
	char path[64], *name;

	snprintf(path, sizeof(path), "/local/domain/%u/name", g->domid);
	if (!g->named)
		g->named = socle_store_watch(st, path, "n") == 0;
	name = socle_store_read(st, 0, path, NULL);
	if (name && !logfile_is(&g->log, h->log_dir, name)) {
		if (!log_is_shared(list, g, h->log_dir, name)) {
			logfile_rename(&g->log, h->log_dir, name);
		} else {
			logfile_close(&g->log);
			logfile_open(&g->log, h->log_dir, name);
		}
	}
	free(name);
}

static void guest_forget(struct socle_store *st, const struct guest *g)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", g->domid);
	if (st && g->named)
		socle_store_unwatch(st, path, "n");
}

/* The store said that something changed: close what is gone, open what is new. */
static void guests_scan(struct host *h, struct socle_store *st, struct guest **list)
{
	unsigned int n = 0;
	char **ids;

	for (struct guest **p = list; *p;) {
		struct guest *g = *p;

		if (domain_is_gone(h, g->domid)) {
			*p = g->next;
			guest_forget(st, g);
			guest_close(h, g);
		} else {
			if (st)
				guest_name_follow(h, st, *list, g);
			p = &g->next;
		}
	}
	ids = st ? socle_store_dir(st, 0, "/local/domain", &n) : NULL;
	for (unsigned int i = 0; ids && i < n && i < GUESTS_MAX; i++)
		guest_try(h, st, list, (unsigned int)strtoul(ids[i], NULL, 10));
	free(ids);
}

static size_t poll_prepare(struct host *h, struct socle_store *st, struct guest *list, struct pollfd **fds)
{
	size_t count = 2, n = 2;

	for (const struct guest *g = list; g; g = g->next)
		count += READERS_MAX + 1;
	*fds = realloc(*fds, count * sizeof(**fds));
	if (!*fds) {
		fprintf(stderr, "consoled: out of memory\n");
		exit(1);
	}
	(*fds)[0] = (struct pollfd){ .fd = st ? socle_store_fd(st) : -1, .events = POLLIN };
	(*fds)[1] = (struct pollfd){ .fd = socle_evtchn_fd(h->ec), .events = POLLIN };
	for (struct guest *g = list; g; g = g->next) {
		g->polled = *fds + n;
		g->nr_polled = readers_poll(&g->readers, g->polled);
		/* A guest that does not take its input must not make poll() return for more. */
		for (size_t i = 0; g->input_used == INPUT_SIZE && i < g->nr_polled; i++)
			if (g->polled[i].fd != g->readers.listener && !(g->polled[i].events &= ~POLLIN))
				g->polled[i].fd = -1; /* one that has hung up would be reported without end */
		n += g->nr_polled;
	}
	return n;
}

/* A bounded number a round: a guest that sends without end must not keep the others, or the store, waiting. */
static void events_serve(struct host *h, struct guest *list)
{
	int port;

	for (int i = 0; i < EVENTS_A_ROUND && (port = socle_evtchn_pending(h->ec)) >= 0; i++) {
		socle_evtchn_unmask(h->ec, (uint32_t)port);
		for (struct guest *g = list; g; g = g->next)
			if (g->port == port)
				guest_run(h, g);
	}
}

/* st: a new connection. */
static struct socle_store *store_watch(struct socle_store *st, struct socle_error *e)
{
	if (!st)
		return NULL;
	/* Whatever becomes of the store, consoles are not to wait for it. */
	socle_store_set_patience(st, 0);
	if (!socle_store_watch(st, "@introduceDomain", "i") && !socle_store_watch(st, "@releaseDomain", "r"))
		return st;
	socle_fail(e, EIO, "the store daemon takes no watches");
	socle_store_close(st);
	return NULL;
}

static bool store_events(struct socle_store *st)
{
	char *path, *token;
	bool any = false;

	while (socle_store_next_event(st, &path, &token) == 1) {
		any = true;
		free(path);
		free(token);
	}
	return any;
}

/*
 * The store daemon may be restarted under us: consoles go on, and once a second it is looked for again. Until then the
 * hypervisor alone says which guests are gone.
 */
static struct socle_store *store_check(struct socle_store *st, short revents)
{
	if (st && (revents & (POLLHUP | POLLERR))) {
		fprintf(stderr, "consoled: the store daemon has gone; new guests wait until it is back\n");
		socle_store_close(st);
		return NULL;
	}
	if (st)
		return st;
	st = store_watch(socle_store_open_now(NULL), NULL);
	if (st)
		fprintf(stderr, "consoled: the store daemon is back\n");
	return st;
}

static struct socle_store *serve(struct host *h, struct socle_store *st)
{
	struct guest *list = NULL, *g;
	struct pollfd *fds = NULL;
	struct socle_watchdog watchdog;
	bool more = false;
	int wait;

	socle_watchdog_init(&watchdog);
	guests_scan(h, st, &list);
	while (!stop) {
		size_t n;

		if (!st || store_events(st))
			guests_scan(h, st, &list);
		n = poll_prepare(h, st, list, &fds);
		wait = socle_watchdog_timeout(&watchdog);
		if (!st && (wait < 0 || wait > STORE_RETRY_MS))
			wait = STORE_RETRY_MS;
		if (poll(fds, n, more ? 0 : wait) < 0)
			continue;	/* a signal: the condition above decides */
		socle_watchdog_turn(&watchdog);
		more = false;
		for (g = list; g; g = g->next) {
			g->input_used += readers_serve(&g->readers, g->polled, g->nr_polled, g->input + g->input_used,
						       INPUT_SIZE - g->input_used);
			more |= guest_run(h, g);
		}
		events_serve(h, list);
		st = store_check(st, fds[0].revents);
	}
	while ((g = list)) {
		list = g->next;
		guest_close(h, g);
	}
	free(fds);
	return st;
}

static void host_open(struct host *h, struct socle_store **st, const struct options *o)
{
	struct socle_error e = { 0 };

	*h = (struct host){ .log_dir = o->log_dir, .run_dir = o->run_dir };
	if (!(h->hv = socle_hv_open(&e)) || !(h->ec = socle_evtchn_open(&e)) || !(h->gt = socle_gnttab_open(&e)) ||
	    !(*st = store_watch(socle_store_open(&e), &e))) {
		fprintf(stderr, "consoled: %s\n", e.text);
		exit(1);
	}
}

/* The parent waits until the child serves, so that its exit code means something. */
static void go_background(int *ready)
{
	char byte;
	int fds[2];
	pid_t pid;

	if (pipe(fds)) {
		perror("consoled: pipe");
		exit(1);
	}
	pid = fork();
	if (pid < 0) {
		perror("consoled: fork");
		exit(1);
	}
	if (pid > 0) {
		close(fds[1]);
		_exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	setsid();
	*ready = fds[1];
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct options o;
	struct socle_error e = { 0 };
	struct socle_store *st;
	struct host h;
	int lock, ready = -1, fd;

	options_parse(&o, argc, argv);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	folder_make(o.run_dir);
	folder_make(o.log_dir);
	lock = lock_take(o.run_dir);
	if (!o.foreground)
		go_background(&ready);
	host_open(&h, &st, &o);
	pid_write(lock);
	if (o.pidfile) {
		fd = open(o.pidfile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (fd < 0)
			fprintf(stderr, "consoled: cannot write %s: %s\n", o.pidfile, strerror(errno));
		else
			pid_write(fd), close(fd);
	}
	if (socle_privileges_drop(&e)) {
		fprintf(stderr, "consoled: %s\n", e.text);
		exit(1);
	}
	if (ready >= 0 && write(ready, "r", 1) == 1)
		close(ready);
	socle_notify("READY=1");
	st = serve(&h, st);
	socle_notify("STOPPING=1");
	if (o.pidfile)
		unlink(o.pidfile);
	socle_store_close(st);
	socle_gnttab_close(h.gt);
	socle_evtchn_close(h.ec);
	socle_hv_close(h.hv);
	return 0;
}
