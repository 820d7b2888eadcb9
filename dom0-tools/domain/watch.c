/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watch.c
 *
 * The watcher of one guest.
 *
 *   forked --born--> guard --release--> watching --guest ends--> destroy | restart | preserve
 *      \               \--creator gone--> take the domain away, end
 *       \--creator gone--> end
 *
 * It sleeps on the store's @releaseDomain and asks the hypervisor what became of the guest; a slow
 * poll stands behind that, so that a restarted store daemon costs a second and not a guest.  A
 * domain counts as its own only while the UUID matches: ids are reused.  Whatever happens is
 * written to /var/log/socle/<name>.log.
 *
 * Restarts are limited: a guest that ends RESTARTS_MAX times in RESTART_WINDOW_S is left off.
 */
#include "domain/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <abi/sched.h>

#include "domain/last.h"
#include "domain/life.h"
#include "domain/names.h"
#include "libsocle/domain.h"

#define POLL_MS          1000
#define RESTARTS_MAX     3u
#define RESTART_WINDOW_S 60u

/* What the creator says through the pipe. */
struct word {
	uint16_t domid;
	bool released;
};

struct watcher {
	struct domain_ctx ctx;
	struct domain_config *cfg;
	uint16_t domid;
	int log_fd;
	bool watching;              /* the store's watch is set */
	unsigned int restarts;
	uint64_t window_begin_ns;
};

__attribute__((format(printf, 2, 3)))
static void say(struct watcher *w, const char *fmt, ...)
{
	char line[1400], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;
	int n, m;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(line, sizeof(line), "%s domain %u: ", stamp, w->domid);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = m < 0 || (size_t)(n + m) > sizeof(line) - 2 ? (int)sizeof(line) - 2 : n + m;
	line[n++] = '\n';
	if (w->log_fd >= 0 && write(w->log_fd, line, (size_t)n) < 0)
		w->log_fd = -1; /* a full disk must not end the watch */
}

static void log_open(struct watcher *w)
{
	char path[sizeof(SOCLE_LOG_DIR) + DOMAIN_NAME_MAX + 8];

	dir_ensure(SOCLE_LOG_DIR, 0755, NULL);
	snprintf(path, sizeof(path), SOCLE_LOG_DIR "/%s.log", w->cfg->name);
	w->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

/* Connections are made anew whenever they broke; without the store the hypervisor still answers. */
static void connections_keep(struct watcher *w)
{
	struct socle_error err;

	if (!w->ctx.hv)
		w->ctx.hv = socle_hv_open(NULL);
	if (!w->ctx.store) {
		w->watching = false;
		w->ctx.store = socle_store_open(&err);
	}
	if (w->ctx.store && !w->watching)
		w->watching = socle_store_watch(w->ctx.store, "@releaseDomain", "end") == 0;
	if (w->ctx.store && !w->watching) {
		socle_store_close(w->ctx.store);
		w->ctx.store = NULL;
	}
}

/* Sleep until something may have happened. */
static void event_wait(struct watcher *w)
{
	struct pollfd pfd = { .fd = w->ctx.store ? socle_store_fd(w->ctx.store) : -1,
			      .events = POLLIN };
	char *path, *token;
	int r;

	poll(&pfd, 1, POLL_MS);
	while (w->ctx.store && (r = socle_store_next_event(w->ctx.store, &path, &token)) != 0) {
		if (r < 0) {
			socle_store_close(w->ctx.store);
			w->ctx.store = NULL;
			break;
		}
		free(path);
		free(token);
	}
}

enum fate { FATE_RUNS, FATE_ENDED, FATE_GONE };

static enum fate fate_look(struct watcher *w, uint32_t *flags)
{
	struct xen_domctl_getdomaininfo info;
	int r;

	if (!w->ctx.hv)
		return FATE_RUNS;
	r = socle_domain_info(w->ctx.hv, w->domid, &info);
	if (r == -ESRCH || (r == 0 && memcmp(info.handle, w->cfg->uuid, sizeof(info.handle)) != 0))
		return FATE_GONE;
	if (r < 0)
		return FATE_RUNS;
	*flags = info.flags;
	if (info.flags & XEN_DOMINF_dying)
		return FATE_GONE;
	return info.flags & XEN_DOMINF_shutdown ? FATE_ENDED : FATE_RUNS;
}

static enum domain_action action_for(const struct watcher *w, uint32_t flags)
{
	switch (flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) {
	case SHUTDOWN_poweroff:
		return w->cfg->on_poweroff;
	case SHUTDOWN_reboot:
		return w->cfg->on_reboot;
	case SHUTDOWN_suspend: /* nobody here saves it: the same as off */
		return w->cfg->on_poweroff;
	default:
		return w->cfg->on_crash;
	}
}

static bool restart_allowed(struct watcher *w)
{
	uint64_t now = clock_ns();

	if (!w->restarts || now - w->window_begin_ns > RESTART_WINDOW_S * UINT64_C(1000000000)) {
		w->restarts = 0;
		w->window_begin_ns = now;
	}
	return ++w->restarts <= RESTARTS_MAX;
}

static bool guest_restart(struct watcher *w)
{
	struct socle_error err = { 0 };

	if (!restart_allowed(w)) {
		say(w, "not restarted: it ended %u times within %u s", RESTARTS_MAX + 1,
		    RESTART_WINDOW_S);
		return false;
	}
	connections_keep(w);
	if (domain_create(&w->ctx, w->cfg, &w->domid, &err)) {
		say(w, "not restarted: %s", err.text);
		return false;
	}
	if (domain_start(&w->ctx, w->domid, &err)) {
		say(w, "restarted, but: %s", err.text);
		return true; /* the loop sees the end and decides again, up to the limit */
	}
	say(w, "restarted");
	return true;
}

/* Where and why it ended goes into its log: that outlives the hypervisor's memory of it. */
static void last_words_say(struct watcher *w)
{
	struct last_wanted wanted = { .with_uuid = true, .with_domid = true, .domid = w->domid };
	struct socle_last_words l;
	char how[192], where[96];

	memcpy(wanted.uuid, w->cfg->uuid, sizeof(wanted.uuid));
	if (!w->ctx.hv || last_words_find(w->ctx.hv, &wanted, &l))
		return;
	last_words_how(&l, how, sizeof(how));
	last_words_where(&l, where, sizeof(where));
	say(w, "last words: %s%s%s", how, *where ? "; " : "", where);
}

/* What the description says for this end; true when there is a guest to watch again. */
static bool end_handle(struct watcher *w, uint32_t flags)
{
	enum domain_action action = action_for(w, flags);
	struct socle_error err = { 0 };

	say(w, "guest '%s' %s; %s", w->cfg->name, domain_end_name(flags),
	    domain_action_name(action));
	last_words_say(w);
	if (action == DOMAIN_ACTION_PRESERVE) {
		say(w, "kept for a look; end it with 'socle destroy %s'", w->cfg->name);
		return false;
	}
	connections_keep(w);
	if (domain_teardown(&w->ctx, w->domid, &err))
		say(w, "%s", err.text);
	return action == DOMAIN_ACTION_RESTART && guest_restart(w);
}

static void watch_loop(struct watcher *w)
{
	for (;;) {
		uint32_t flags = 0;
		enum fate fate;

		connections_keep(w);
		fate = fate_look(w, &flags);
		if (fate == FATE_GONE) {
			say(w, "guest '%s' was destroyed", w->cfg->name);
			return;
		}
		if (fate == FATE_ENDED && !end_handle(w, flags))
			return;
		if (fate == FATE_RUNS)
			event_wait(w);
	}
}

/* Listen to the creator until it lets the guest go or goes away; domid 0 when nothing was born. */
static struct word word_wait(int go_fd)
{
	struct word last = { 0 }, next;
	ssize_t r;

	do {
		r = read(go_fd, &next, sizeof(next));
		if (r == (ssize_t)sizeof(next))
			last = next;
	} while ((r < 0 && errno == EINTR) || (r == (ssize_t)sizeof(next) && !last.released));
	close(go_fd);
	return last;
}

static void descriptors_detach(int keep)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 1024; fd++)
		if (fd != keep)
			close(fd);
}

static void title_set(char *argv0, const char *name)
{
	char title[DOMAIN_NAME_MAX + 32];
	size_t room = strlen(argv0);

	snprintf(title, sizeof(title), "socle: watch %s", name);
	prctl(PR_SET_NAME, "socle-watch");
	/* Only the room of the old title may be overwritten. */
	memset(argv0, 0, room);
	strncpy(argv0, title, room);
}

/* After an orderly undo there is nothing left; after a kill there is. */
static void orphan_remove(struct watcher *w)
{
	struct socle_error err = { 0 };
	uint32_t flags;

	connections_keep(w);
	if (!w->ctx.hv || fate_look(w, &flags) == FATE_GONE)
		return;
	log_open(w);
	say(w, "its creator died; taking it away");
	if (domain_teardown(&w->ctx, w->domid, &err))
		say(w, "%s", err.text);
}

static void watcher_run(struct domain_config *cfg, int go_fd, char *argv0)
{
	struct watcher w = { .cfg = cfg, .log_fd = -1 };
	struct word word;

	descriptors_detach(go_fd);
	title_set(argv0, cfg->name);
	if (chdir("/"))
		_exit(1);
	word = word_wait(go_fd);
	w.domid = word.domid;
	if (!word.released) {
		if (word.domid)
			orphan_remove(&w);
		_exit(0);
	}
	log_open(&w);
	say(&w, "guest '%s' started from %s", cfg->name, cfg->file);
	watch_loop(&w);
	_exit(0);
}

int watch_fork(struct domain_config *cfg, char *argv0, struct socle_error *e)
{
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return socle_fail(e, errno, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0) {
		close(go[0]);
		close(go[1]);
		return socle_fail(e, errno, "cannot start the guest's watcher: %s",
				  strerror(errno));
	}
	if (pid == 0) {
		/* A second fork: nobody has to wait for the watcher, and it has no terminal. */
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		signal(SIGPIPE, SIG_IGN);
		setsid();
		if (fork() != 0)
			_exit(0);
		close(go[1]);
		watcher_run(cfg, go[0], argv0);
	}
	close(go[0]);
	waitpid(pid, NULL, 0);
	return go[1];
}

static void word_send(int fd, struct word word)
{
	ssize_t r;

	do
		r = write(fd, &word, sizeof(word)); /* small enough for a pipe to take it whole */
	while (r < 0 && errno == EINTR);
}

void watch_born(int fd, uint16_t domid)
{
	word_send(fd, (struct word){ .domid = domid });
}

void watch_release(int fd, uint16_t domid)
{
	word_send(fd, (struct word){ .domid = domid, .released = true });
	close(fd);
}
