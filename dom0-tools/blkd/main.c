/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/main.c
 *
 * blkd: one disk of one guest, served from a file or block device of this domain.  One process a
 * disk, one thread, one poll loop over the store, the event channel, I/O completions and signals.
 *
 * The starter's exit code tells: it ends with 0 only when the file is locked, the devices are open
 * and the store knows that the backend waits for its frontend.  The lock is taken by the process
 * that stays, so that /proc/locks names one that is alive.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blkd/file.h"
#include "blkd/log.h"
#include "blkd/vbd.h"
#include "blkd/worker.h"

#define EVENTS_A_ROUND 64
#define DOMID_LAST 0x7fefu /* below the reserved ids (pv-abi 4.11) */
#define EXIT_USAGE 2
#define NO_STORE_MS 1000

struct options {
	unsigned int domid, devid;
	const char *file, *backend_path, *log_dir;
	bool readonly, foreground;
};

static void usage(FILE *out)
{
	fputs("usage: blkd --domid N --devid D --file PATH --backend-path NODE [--readonly]\n"
	      "            [--foreground] [--log-dir DIR]\n"
	      "  --domid N            the guest\n"
	      "  --devid D            the disk's number, 51712 for xvda\n"
	      "  --file PATH          regular file or block device, a multiple of 512 bytes\n"
	      "  --backend-path NODE  its node in the store, /local/domain/0/backend/vbd/N/D\n"
	      "  --readonly           refuse writes; several guests may share the file so\n"
	      "  --foreground         stay attached, log to stderr\n"
	      "  --log-dir DIR        where blkd-N-D.log goes (/var/log/socle)\n", out);
}

static void __attribute__((noreturn)) usage_error(const char *what, const char *value)
{
	fprintf(stderr, "blkd: %s '%s'\n", what, value);
	usage(stderr);
	exit(EXIT_USAGE);
}

static unsigned int number_parse(const char *name, const char *text, unsigned int min,
				 unsigned int max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < min || n > max)
		usage_error(name, text);
	return (unsigned int)n;
}

static void options_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "domid", required_argument, NULL, 'd' }, { "devid", required_argument, NULL, 'v' },
		{ "file", required_argument, NULL, 'f' }, { "readonly", no_argument, NULL, 'r' },
		{ "backend-path", required_argument, NULL, 'b' },
		{ "foreground", no_argument, NULL, 'F' },
		{ "log-dir", required_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool have_dom = false, have_dev = false;
	int c;

	*o = (struct options){ .log_dir = "/var/log/socle" };
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->domid = number_parse("not a guest's id:", optarg, 1, DOMID_LAST);
			have_dom = true;
			break;
		case 'v':
			o->devid = number_parse("not a disk's number:", optarg, 0, INT_MAX);
			have_dev = true;
			break;
		case 'f': o->file = optarg; break;
		case 'b': o->backend_path = optarg; break;
		case 'l': o->log_dir = optarg; break;
		case 'r': o->readonly = true; break;
		case 'F': o->foreground = true; break;
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(EXIT_USAGE);
		}
	}
	if (optind < argc)
		usage_error("unexpected argument", argv[optind]);
	if (!have_dom || !have_dev || !o->file || !o->backend_path)
		usage_error("missing option:", !have_dom ? "--domid" : !have_dev ? "--devid" :
			    !o->file ? "--file" : "--backend-path");
	if (strlen(o->backend_path) >= VBD_PATH_MAX || o->backend_path[0] != '/')
		usage_error("not a node of the store:", o->backend_path);
}

/* Fork; the parent waits for one byte and exits. Returns in the child: where to write it. */
static int go_background(void)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) || (pid = fork()) < 0) {
		fprintf(stderr, "blkd: cannot go to the background: %s\n", strerror(errno));
		exit(1);
	}
	if (pid > 0) {
		close(fds[1]);
		_exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	setsid();
	return fds[1];
}

/* From here on nobody listens to our stderr. */
static void log_redirect(const struct options *o, int ready)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), out;
	char path[PATH_MAX];

	mkdir(o->log_dir, 0755);
	snprintf(path, sizeof(path), "%s/blkd-%u-%u.log", o->log_dir, o->domid, o->devid);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (out < 0)
		log_line("cannot write %s: %s; it goes on without a log", path, strerror(errno));
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(out >= 0 ? out : null, STDERR_FILENO);
	}
	if (chdir("/"))
		log_line("cannot leave its folder: %s", strerror(errno));
	if (write(ready, "r", 1) != 1)
		log_line("its starter did not wait for it");
	close(ready);
}

static int signals_take(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* The engine is in v only when it was made: host_close() goes by that. */
static int host_open(struct vbd *v, struct blk_disk *disk, const struct options *o,
		     struct socle_error *e)
{
	static struct blk_engine engine;
	static struct blk_file file;
	static struct blk_guest guest;
	static struct blk_journal journal; /* nobody succeeds to this one */
	struct blk_limits limits;
	uint8_t *memory = blk_engine_memory();

	if (!memory)
		return socle_fail(e, errno, "no memory for buffers: %s", strerror(errno));
	if (blk_disk_open(disk, o->file, o->readonly, e))
		return -1;
	if (!(v->hv = socle_hv_open(e)) || !(v->ec = socle_evtchn_open(e)) ||
	    !(v->gt = socle_gnttab_open(e)) || !(v->store = socle_store_open(e)))
		return -1;
	if (blk_file_open(&file, disk->fd, disk->direct_fd, memory, disk->can_discard, e))
		return -1;
	guest = (struct blk_guest){ .gt = v->gt, .ec = v->ec, .domid = v->domid };
	limits = (struct blk_limits){ .sectors = disk->sectors, .unit = 1, .readonly = disk->readonly,
				      .can_discard = disk->can_discard };
	blk_engine_init(&engine, &file.image, &guest, &journal, memory, &limits);
	v->engine = &engine;
	return vbd_start(v, e);
}

static void host_close(struct vbd *v, struct blk_disk *disk)
{
	if (v->engine)
		v->engine->image->ops->close(v->engine->image);
	socle_store_close(v->store);
	socle_gnttab_close(v->gt);
	socle_evtchn_close(v->ec);
	socle_hv_close(v->hv);
	blk_disk_close(disk);
}

/* 1 = something changed, 0 = nothing, -1 = the store is lost. */
static int store_events(struct vbd *v)
{
	char *path, *token;
	int r, any = 0;

	while ((r = socle_store_next_event(v->store, &path, &token)) == 1) {
		any = 1;
		free(path);
		free(token);
	}
	return r < 0 ? -1 : any;
}

static void port_events(struct vbd *v)
{
	int port;

	/* Bounded: a guest that sends without end must not keep the store's word from us. */
	for (int i = 0; i < EVENTS_A_ROUND && (port = socle_evtchn_pending(v->ec)) >= 0; i++)
		socle_evtchn_unmask(v->ec, (uint32_t)port);
}

/*
 * A lost store costs the handshake, not the guest's disk: I/O goes on, and the hypervisor is asked
 * from time to time whether the guest still exists. No attempt to connect again: a new store daemon
 * begins without this disk's nodes, which would look as if the tools had removed them.
 */
static int serve(struct vbd *v, int signal_fd)
{
	bool more = false, have_store = true;

	while (!v->over) {
		struct pollfd p[] = {
			{ .fd = signal_fd, .events = POLLIN },
			{ .fd = socle_evtchn_fd(v->ec), .events = POLLIN },
			v->engine->image->ops->waits_for(v->engine->image),
			{ .fd = have_store ? socle_store_fd(v->store) : -1, .events = POLLIN },
		};
		int r = have_store ? store_events(v) : 0;

		if (r > 0) {
			vbd_update(v);
			continue;
		}
		if (r < 0) {
			log_line("the connection to the store is lost; the disk goes on until its guest "
				 "is gone");
			have_store = false;
			continue;
		}
		r = poll(p, sizeof(p) / sizeof(p[0]), more ? 0 : have_store ? -1 : NO_STORE_MS);
		if (r < 0 && errno != EINTR) {
			log_line("cannot poll: %s", strerror(errno));
			return 1;
		}
		if (!have_store && r == 0 && vbd_domain_is_gone(v))
			return 0;
		if (p[0].revents)
			return 0;
		if (p[1].revents)
			port_events(v);
		if (more || p[1].revents || p[2].revents)
			more = vbd_work(v);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct socle_error e = { 0 };
	struct blk_disk disk = { .fd = -1, .direct_fd = -1 };
	struct options o;
	struct vbd v;
	int ready = -1, signal_fd, rc = 1;

	if (argc == 3 && !strcmp(argv[1], "--control"))
		return blk_worker_run((int)number_parse("not a descriptor:", argv[2], 3, INT_MAX));
	options_parse(&o, argc, argv);
	log_init(o.domid, o.devid);
	if (!o.foreground)
		ready = go_background();
	signal_fd = signals_take();
	v = (struct vbd){ .domid = (uint16_t)o.domid, .path = o.backend_path, .disk = &disk };
	if (signal_fd < 0) {
		log_line("cannot receive signals: %s", strerror(errno));
	} else if (host_open(&v, &disk, &o, &e)) {
		log_line("%s", e.text);
	} else {
		if (ready >= 0)
			log_redirect(&o, ready);
		rc = serve(&v, signal_fd);
		vbd_stop(&v);
	}
	host_close(&v, &disk);
	return rc;
}
