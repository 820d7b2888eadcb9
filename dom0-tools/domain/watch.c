/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watch.c
 *
 * The watcher of one guest, and the supervisor of its devices.
 *
 *   forked --born--> guard --release--> watching --guest ends--> destroy | preserve
 *      \               \--creator gone--> take the domain away    \--> restart: a new creator, guard
 *       \--creator gone--> end
 *
 * It sleeps on the store, the workers of the devices and the creator, and asks the hypervisor what
 * became of the guest; a slow poll stands behind that, so that a restarted store daemon costs a
 * second and not a guest.  A domain counts as its own only while the UUID matches: ids are reused.
 * Whatever happens is written to /var/log/socle/<name>.log.
 *
 * A restart is made by a process of its own, as the first start was: it waits for devices that are
 * supervised here.  Restarts are limited: a guest that ends RESTARTS_MAX times in RESTART_WINDOW_S
 * is left off.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <abi/sched.h>

#include "device/supervisor.h"
#include "domain/devices.h"
#include "domain/last.h"
#include "domain/life.h"
#include "domain/names.h"
#include "libsocle/domain.h"

#define POLL_MS          1000
#define EVENTS_A_ROUND   64u
#define DESCRIPTION      "domain.xml"
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
	bool sup_knows;             /* the supervisor has this connection to the store */
	struct supervisor *sup;     /* from the birth of a domain to its end */
	int go_fd;                  /* from the creator; -1 when it has let the guest go */
	pid_t creator;              /* of a restart, our child; else 0 */
	char *argv0;
};

static void log_open(struct watcher *w)
{
	char path[sizeof(SOCLE_LOG_DIR) + DOMAIN_NAME_MAX + 8];

	dir_ensure(SOCLE_LOG_DIR, 0755, NULL);
	snprintf(path, sizeof(path), SOCLE_LOG_DIR "/%s.log", w->cfg->name);
	w->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

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
	if (w->log_fd < 0)
		log_open(w);
	/* A full disk must not end the watch. */
	if (w->log_fd >= 0 && write(w->log_fd, line, (size_t)n) < 0) {
		close(w->log_fd);
		w->log_fd = -1;
	}
}

static void store_lose(struct watcher *w)
{
	if (w->sup)
		supervisor_store(w->sup, NULL);
	socle_store_close(w->ctx.store);
	w->ctx.store = NULL;
	w->watching = w->sup_knows = false;
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
	if (w->ctx.store && !w->watching)
		store_lose(w);
	if (w->ctx.store && w->sup && !w->sup_knows)
		supervisor_store(w->sup, w->ctx.store);
	w->sup_knows = w->ctx.store && w->sup;
}

static void on_event(void *arg, const char *path, const char *token)
{
	struct watcher *w = arg;

	if (w->sup)
		supervisor_event(w->sup, path, token);
}

/* Take in what the store says. */
static bool events_take(struct watcher *w)
{
	int r = w->ctx.store ? socle_store_take_events(w->ctx.store, EVENTS_A_ROUND, on_event, w) : 0;

	if (r < 0)
		store_lose(w);
	return r != 0;
}

/* Sleep until something may have happened; true when the creator has something to say. */
static bool event_wait(struct watcher *w)
{
	struct pollfd pfd[SUPERVISOR_FDS_MAX + 2];
	unsigned int n = 0;
	int ms = POLL_MS, sooner;

	if (events_take(w))
		ms = 0; /* more of them may be queued already, where poll() cannot see them */
	if (w->sup) {
		supervisor_work(w->sup);
		n = supervisor_poll(w->sup, pfd);
		sooner = supervisor_timeout(w->sup);
		if (sooner >= 0 && sooner < ms)
			ms = sooner;
	}
	pfd[n] = (struct pollfd){ .fd = w->go_fd, .events = POLLIN };
	pfd[n + 1] = (struct pollfd){ .fd = w->ctx.store ? socle_store_fd(w->ctx.store) : -1, .events = POLLIN };
	return poll(pfd, n + 2, ms) > 0 && pfd[n].revents;
}

/* --- devices ----------------------------------------------------------------------------------- */

static void on_say(void *arg, const char *text)
{
	say(arg, "%s", text);
}

static bool on_port(void *arg, uint32_t port)
{
	const struct watcher *w = arg;

	return w->ctx.hv && socle_domain_port_is_ours(w->ctx.hv, w->domid, port);
}

/* The description goes where a successor finds it, as it was when the guest was made. */
static void description_keep(struct watcher *w)
{
	char path[GUEST_RUN_DIR_MAX + 16], dir[GUEST_RUN_DIR_MAX];
	int fd;

	guest_run_dir(dir, w->domid);
	snprintf(path, sizeof(path), "%s/" DESCRIPTION, dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, w->cfg->text, w->cfg->text_len) != (ssize_t)w->cfg->text_len)
		say(w, "cannot keep its description: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int supervise(struct watcher *w, struct socle_error *e)
{
	char dir[GUEST_RUN_DIR_MAX];
	struct supervisor_options o = { .domid = w->domid, .run_dir = dir, .log_dir = SOCLE_LOG_DIR, .say = on_say,
					.port_is_ours = on_port, .arg = w };

	guest_run_dir(dir, w->domid);
	dir_ensure(SOCLE_RUN_DIR, 0755, NULL);
	dir_ensure(SOCLE_LOG_DIR, 0755, NULL);
	w->sup = supervisor_open(&o, e);
	if (!w->sup)
		return -1;
	w->sup_knows = false;
	return 0;
}

static void supervise_end(struct watcher *w)
{
	supervisor_close(w->sup);
	w->sup = NULL;
}

/* --- the guest's end --------------------------------------------------------------------------- */

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

/* A creator of its own, as for the first start; its words come through go_fd. */
static bool guest_restart(struct watcher *w)
{
	struct socle_error err = { 0 };
	uint16_t domid = 0;
	int go[2];
	pid_t pid;

	if (!restart_allowed(w)) {
		say(w, "not restarted: it ended %u times within %u s", RESTARTS_MAX + 1,
		    RESTART_WINDOW_S);
		return false;
	}
	if (pipe2(go, O_CLOEXEC) || (pid = fork()) < 0) {
		say(w, "not restarted: %s", strerror(errno));
		return false;
	}
	if (pid > 0) {
		close(go[1]);
		w->go_fd = go[0];
		w->creator = pid;
		w->domid = 0;
		return true;
	}
	close(go[0]);
	w->ctx = (struct domain_ctx){ .guard_fd = go[1] };
	if (domain_create(&w->ctx, w->cfg, &domid, &err)) {
		say(w, "not restarted: %s", err.text);
		_exit(1);
	}
	w->domid = domid;
	if (domain_start(&w->ctx, domid, &err))
		say(w, "restarted, but: %s", err.text); /* the watcher sees the end and decides again, up to the limit */
	else
		say(w, "restarted");
	watch_release(go[1], domid);
	_exit(0);
}

/* What the description says for this end; true when there is a guest to guard again. */
static bool end_handle(struct watcher *w, uint32_t flags)
{
	enum domain_action action = action_for(w, flags);
	struct socle_error err = { 0 };

	say(w, "guest '%s' %s; %s", w->cfg->name, domain_end_name(flags),
	    domain_action_name(action));
	last_words_say(w);
	supervise_end(w);
	if (action == DOMAIN_ACTION_PRESERVE) {
		say(w, "kept for a look; end it with 'socle destroy %s'", w->cfg->name);
		return false;
	}
	connections_keep(w);
	if (domain_teardown(&w->ctx, w->domid, &err))
		say(w, "%s", err.text);
	return action == DOMAIN_ACTION_RESTART && guest_restart(w);
}

/* After an orderly undo there is nothing left; after a kill there is. */
static void orphan_remove(struct watcher *w)
{
	struct socle_error err = { 0 };
	uint32_t flags;

	supervise_end(w);
	connections_keep(w);
	if (!w->ctx.hv || fate_look(w, &flags) == FATE_GONE)
		return;
	say(w, "its creator died; taking it away");
	if (domain_teardown(&w->ctx, w->domid, &err))
		say(w, "%s", err.text);
}

/* A word of the creator: false when it is gone. */
static bool word_take(struct watcher *w, bool *released)
{
	struct socle_error err = { 0 };
	struct word word;
	ssize_t r;

	do
		r = read(w->go_fd, &word, sizeof(word)); /* small enough for a pipe to give it whole */
	while (r < 0 && errno == EINTR);
	if (r != (ssize_t)sizeof(word))
		return false;
	*released = word.released;
	w->domid = word.domid;
	if (!w->sup && supervise(w, &err))
		say(w, "its devices are not supervised: %s", err.text);
	if (!word.released)
		description_keep(w);
	return true;
}

/* Serve its devices until the creator lets it go; false when there is no guest to watch. */
static bool guard(struct watcher *w)
{
	bool released = false, there = true;

	while (there && !released) {
		if (w->domid)
			connections_keep(w);
		if (event_wait(w))
			there = word_take(w, &released);
	}
	close(w->go_fd);
	w->go_fd = -1;
	if (w->creator)
		waitpid(w->creator, NULL, 0); /* these were its last words */
	w->creator = 0;
	if (there)
		say(w, "guest '%s' started from %s", w->cfg->name, w->cfg->file);
	else if (w->domid)
		orphan_remove(w);
	return there;
}

/* Until the guest's end; true when it is made again. */
static bool watch_guest(struct watcher *w)
{
	for (;;) {
		uint32_t flags = 0;
		enum fate fate;

		connections_keep(w);
		fate = fate_look(w, &flags);
		if (fate == FATE_GONE) {
			say(w, "guest '%s' was destroyed", w->cfg->name);
			supervise_end(w);
			return false;
		}
		if (fate == FATE_ENDED)
			return end_handle(w, flags);
		event_wait(w);
	}
}

/* --- the process ------------------------------------------------------------------------------- */

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

static void detach(const struct watcher *w, int keep)
{
	descriptors_detach(keep);
	title_set(w->argv0, w->cfg->name);
	if (chdir("/"))
		_exit(1);
}

__attribute__((noreturn))
static void watcher_run(struct watcher *w)
{
	bool there = w->go_fd < 0 || guard(w);

	while (there)
		there = watch_guest(w) && guard(w);
	_exit(0);
}

/* A second fork: nobody has to wait for the watcher, and it has no terminal. */
static void process_leave(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	setsid();
	if (fork() != 0)
		_exit(0);
}

int watch_fork(struct domain_config *cfg, char *argv0, struct socle_error *e)
{
	struct watcher w = { .cfg = cfg, .log_fd = -1, .argv0 = argv0 };
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return socle_fail_id(e, errno, "no-process", "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0) {
		close(go[0]);
		close(go[1]);
		return socle_fail_id(e, errno, "no-process", "cannot start the guest's watcher: %s",
				  strerror(errno));
	}
	if (pid == 0) {
		process_leave();
		close(go[1]);
		w.go_fd = go[0];
		detach(&w, w.go_fd);
		watcher_run(&w);
	}
	close(go[0]);
	waitpid(pid, NULL, 0);
	return go[1];
}

/* --- adoption ---------------------------------------------------------------------------------- */

/* The description that the guest was made from. */
static struct domain_config *description_find(uint16_t domid, struct socle_error *e)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	char path[GUEST_RUN_DIR_MAX + 16], dir[GUEST_RUN_DIR_MAX];
	struct domain_config *cfg = NULL;

	guest_run_dir(dir, domid);
	snprintf(path, sizeof(path), "%s/" DESCRIPTION, dir);
	if (diags)
		cfg = domain_config_load(path, diags);
	if (!cfg)
		socle_fail_id(e, ENOENT, "no-description",
			      "its description '%s' cannot be used%s%s", path, diags && diags->kept ? ": " : "",
			   diags && diags->kept ? diags->item[0].text : "");
	if (diags)
		diag_clear(diags);
	free(diags);
	return cfg;
}

/* In the new process: tell the starter how it went, and go on alone. */
__attribute__((noreturn))
static void adopt_run(struct watcher *w, int tell)
{
	struct socle_error err = { 0 };
	ssize_t told;

	process_leave();
	detach(w, tell);
	if (supervise(w, &err) && !err.code)
		err.code = EIO;
	told = write(tell, &err, sizeof(err));
	close(tell);
	if (err.code || told != (ssize_t)sizeof(err))
		_exit(1);
	say(w, "supervised again, by process %d", (int)getpid());
	watcher_run(w);
}

/* The UUID tells this guest from others of its id, whatever the description says. */
static int identity_find(uint16_t domid, struct domain_config *cfg, struct socle_error *e)
{
	struct domain_ctx ctx = { .hv = socle_hv_open(e) };
	struct xen_domctl_getdomaininfo info;
	int r = ctx.hv ? socle_domain_info(ctx.hv, domid, &info) : -1;

	if (ctx.hv && r < 0)
		socle_refused(e, r, "the hypervisor does not tell about domain %u", domid);
	if (r == 0) {
		memcpy(cfg->uuid, info.handle, sizeof(cfg->uuid));
		cfg->has_uuid = true;
	}
	domain_ctx_close(&ctx);
	return r ? -1 : 0;
}

int watch_adopt(uint16_t domid, char *argv0, struct socle_error *e)
{
	struct watcher w = { .log_fd = -1, .go_fd = -1, .argv0 = argv0, .domid = domid };
	struct socle_error got = { .code = EPIPE, .text = "the new supervisor ended at once" };
	int tell[2];
	pid_t pid;

	w.cfg = description_find(domid, e);
	if (!w.cfg || identity_find(domid, w.cfg, e) || pipe2(tell, O_CLOEXEC)) {
		domain_config_free(w.cfg);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		adopt_run(&w, tell[1]);
	close(tell[1]);
	if (pid < 0 || read(tell[0], &got, sizeof(got)) != (ssize_t)sizeof(got))
		got.code = EPIPE;
	close(tell[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	domain_config_free(w.cfg);
	if (got.code)
		*e = got;
	return got.code ? -1 : 0;
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
