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
 * Whatever happens is written to the guest's log.
 *
 * From its birth on it holds the guest's reservation (reserve.h), through every restart.  A restart is made by a process of its own, as the first start was: it waits for devices that are
 * supervised here.  Restarts are limited: a guest that ends RESTARTS_MAX times in RESTART_WINDOW_S
 * is left off.
 */
#include "domain/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <abi/sched.h>

#include "domain/devices.h"
#include "domain/event.h"
#include "domain/last.h"
#include "domain/life.h"
#include "domain/names.h"
#include "domain/process.h"
#include "domain/watcher.h"
#include "libsocle/domain.h"

#define POLL_MS          1000
#define EVENTS_A_ROUND   64u
#define RESTARTS_MAX     3u
#define RESTART_WINDOW_S 60u

/* What the creator says through the pipe. */
struct word {
	uint16_t domid;
	bool released;
};

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
		w->ctx.store = socle_store_open_now(&err);
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

/*
 * At a guest's end there is nothing else to do, and nobody comes later to take its nodes away: a store daemon that is being
 * restarted is waited for.
 */
static int teardown(struct watcher *w, struct socle_error *e)
{
	int r;

	connections_keep(w);
	if (!w->ctx.store)
		w->ctx.store = socle_store_open(NULL);
	if (w->ctx.store)
		socle_store_set_patience(w->ctx.store, SOCLE_STORE_PATIENCE_MS);
	r = domain_teardown(&w->ctx, w->domid, e);
	if (w->ctx.store)
		socle_store_set_patience(w->ctx.store, 0);
	return r;
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

static bool on_port(void *arg, uint32_t port)
{
	const struct watcher *w = arg;

	return w->ctx.hv && socle_domain_port_is_ours(w->ctx.hv, w->domid, port);
}

/* The description goes where a successor finds it, as it was when the guest was made. */
void watcher_description_keep(struct watcher *w)
{
	char path[GUEST_RUN_DIR_MAX + 16], dir[GUEST_RUN_DIR_MAX];
	int fd;

	guest_run_dir(dir, w->domid);
	snprintf(path, sizeof(path), "%s/" WATCHER_DESCRIPTION, dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, w->cfg->text, w->cfg->text_len) != (ssize_t)w->cfg->text_len)
		watcher_say(w, "cannot keep its description: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

int watcher_supervise(struct watcher *w, struct socle_error *e)
{
	char dir[GUEST_RUN_DIR_MAX];
	struct supervisor_options o = { .domid = w->domid, .run_dir = dir, .log_dir = SOCLE_LOG_DIR, .name = w->cfg->name,
					.say = watcher_say_text, .device_say = watcher_say_device, .rename = watcher_rename, .port_is_ours = on_port, .arg = w };

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

#define LAST_WORDS_MAX 300

/* Where and why it ended goes into its log: that outlives the hypervisor's memory of it.  out is empty when it is not known. */
static void last_words_say(struct watcher *w, char out[LAST_WORDS_MAX])
{
	struct last_wanted wanted = { .with_uuid = true, .with_domid = true, .domid = w->domid };
	struct socle_last_words l;
	char how[192], where[96];

	*out = '\0';
	memcpy(wanted.uuid, w->cfg->uuid, sizeof(wanted.uuid));
	if (!w->ctx.hv || last_words_find(w->ctx.hv, &wanted, &l))
		return;
	last_words_how(&l, how, sizeof(how));
	last_words_where(&l, where, sizeof(where));
	snprintf(out, LAST_WORDS_MAX, "%s%s%s", how, *where ? "; " : "", where);
	watcher_say(w, "last words: %s", out);
}

/* In a process of its own: what the creator of a first start does. */
__attribute__((noreturn))
static void guest_recreate(struct watcher *w, int go)
{
	struct socle_error err = { 0 };
	uint16_t domid = 0;

	w->ctx = (struct domain_ctx){ .guard_fd = go, .reserve = &w->reserve };
	if (domain_create(&w->ctx, w->cfg, &domid, &err)) {
		watcher_say(w, "not restarted: %s", err.text);
		watcher_tell(w, EVENT_FAILED, NULL, "not restarted", err.text);
		_exit(1);
	}
	w->domid = domid;
	if (domain_start(&w->ctx, domid, &err))
		watcher_say(w, "restarted, but: %s", err.text); /* the watcher sees the end and decides again, up to the limit */
	else
		watcher_say(w, "restarted");
	watch_release(go, domid);
	_exit(0);
}

/* A creator of its own, as for the first start; its words come through go_fd. */
static bool guest_restart(struct watcher *w)
{
	int go[2];
	pid_t pid;

	reserve_say(&w->reserve, RESERVE_REBOOTING, 0);
	if (pipe2(go, O_CLOEXEC) || (pid = fork()) < 0) {
		watcher_say(w, "not restarted: %s", strerror(errno));
		watcher_tell(w, EVENT_GONE, NULL, "not restarted", strerror(errno));
		return false;
	}
	if (pid == 0) {
		close(go[0]);
		guest_recreate(w, go[1]);
	}
	close(go[1]);
	w->go_fd = go[0];
	w->creator = pid;
	w->domid = 0;
	return true;
}

static bool has_crashed(uint32_t flags)
{
	uint32_t code = flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	return code == SHUTDOWN_crash || code == SHUTDOWN_watchdog;
}

/* Its end, as a line of its log and as an event. */
static void end_tell(struct watcher *w, uint32_t flags, enum domain_action action)
{
	char words[LAST_WORDS_MAX];

	watcher_say(w, "guest '%s' %s; %s", w->cfg->name, domain_end_name(flags), domain_action_name(action));
	last_words_say(w, words);
	watcher_tell(w, has_crashed(flags) ? EVENT_CRASHED : EVENT_SHUTDOWN, NULL, domain_end_name(flags), words);
}

static void limit_tell(struct watcher *w)
{
	char text[80];

	snprintf(text, sizeof(text), "it ended %u times within %u s", RESTARTS_MAX + 1, RESTART_WINDOW_S);
	watcher_say(w, "not restarted: %s", text);
	watcher_tell(w, EVENT_FAILED, NULL, "not restarted", text);
}

/* What the description says for this end; true when there is a guest to guard again. */
static bool end_handle(struct watcher *w, uint32_t flags)
{
	enum domain_action action = action_for(w, flags);
	struct socle_error err = { 0 };
	bool again = action == DOMAIN_ACTION_RESTART && restart_allowed(w);

	if (action != DOMAIN_ACTION_PRESERVE)
		reserve_say(&w->reserve, again ? RESERVE_REBOOTING : RESERVE_ENDING, w->domid);
	watcher_hear_end(w);
	end_tell(w, flags, action);
	supervise_end(w);
	if (action == DOMAIN_ACTION_PRESERVE) {
		watcher_say(w, "kept for a look; end it with 'socle destroy %s'", w->cfg->name);
		watcher_tell(w, EVENT_KEPT, NULL, NULL, "its description keeps it for a look");
		w->kept = true;
		return false;
	}
	if (teardown(w, &err))
		watcher_say(w, "%s", err.text);
	if (action == DOMAIN_ACTION_RESTART && !again)
		limit_tell(w);
	watcher_tell(w, again ? EVENT_REBOOTING : EVENT_GONE, NULL, NULL, err.text);
	return again && guest_restart(w);
}

/* After an orderly undo there is nothing left; after a kill there is. */
static void orphan_remove(struct watcher *w)
{
	struct socle_error err = { 0 };
	uint32_t flags;

	reserve_say(&w->reserve, RESERVE_ENDING, w->domid);
	supervise_end(w);
	if (!w->domid)
		return;
	connections_keep(w);
	if (w->ctx.hv && fate_look(w, &flags) != FATE_GONE) {
		watcher_say(w, "its creator died; taking it away");
		if (teardown(w, &err))
			watcher_say(w, "%s", err.text);
	}
	watcher_tell(w, EVENT_GONE, NULL, "not started", err.text);
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
	if (!w->sup && watcher_supervise(w, &err))
		watcher_say(w, "its devices are not supervised: %s", err.text);
	if (!word.released) {
		watcher_description_keep(w);
		watcher_tell(w, EVENT_MADE, NULL, NULL, NULL);
	}
	return true;
}

/* Serve its devices until the creator lets it go; false when there is no guest to watch. */
static bool guard(struct watcher *w)
{
	bool released = false, there = true;

	while (there && !released) {
		if (w->domid)
			connections_keep(w);
		watcher_hear(w);
		if (event_wait(w))
			there = word_take(w, &released);
	}
	close(w->go_fd);
	w->go_fd = -1;
	if (w->creator)
		waitpid(w->creator, NULL, 0); /* these were its last words */
	w->creator = 0;
	w->paused = false;
	if (there) {
		watcher_say(w, "guest '%s' started from %s", w->cfg->name, w->cfg->file);
		watcher_tell(w, EVENT_RUNNING, NULL, NULL, w->cfg->file);
	} else {
		orphan_remove(w);
	}
	return there;
}

static void pause_tell(struct watcher *w, uint32_t flags)
{
	bool paused = flags & XEN_DOMINF_paused;

	if (paused != w->paused)
		watcher_tell(w, paused ? EVENT_PAUSED : EVENT_UNPAUSED, NULL, NULL, NULL);
	w->paused = paused;
}

/* Until the guest's end; true when it is made again. */
static bool watch_guest(struct watcher *w)
{
	for (;;) {
		uint32_t flags = w->paused ? XEN_DOMINF_paused : 0; /* unless the hypervisor says otherwise */
		enum fate fate;

		connections_keep(w);
		watcher_hear(w);
		fate = fate_look(w, &flags);
		if (fate == FATE_GONE) {
			reserve_say(&w->reserve, RESERVE_ENDING, 0);
			watcher_say(w, "guest '%s' was destroyed", w->cfg->name);
			watcher_tell(w, EVENT_GONE, NULL, "destroyed", NULL);
			watcher_hear_end(w);
			supervise_end(w);
			return false;
		}
		if (fate == FATE_ENDED)
			return end_handle(w, flags);
		pause_tell(w, flags);
		event_wait(w);
	}
}

/* --- the process ------------------------------------------------------------------------------- */

void watcher_detach(const struct watcher *w, int keep)
{
	const int fds[] = { keep, w->reserve.fd[0], w->reserve.fd[1] };

	process_close_all(fds, sizeof(fds) / sizeof(fds[0]));
	process_title(w->argv0, w->cfg->name);
	if (chdir("/"))
		_exit(1);
}

void watcher_run(struct watcher *w)
{
	bool there = w->go_fd < 0 || guard(w);

	while (there)
		there = watch_guest(w) && guard(w);
	/* A dead guest that is kept still has its domain, and with it its name. */
	if (!w->kept)
		reserve_release(&w->reserve);
	_exit(0);
}

int watch_fork(struct domain_config *cfg, const struct reserve *reserve, char *argv0, struct socle_error *e)
{
	struct watcher w = { .cfg = cfg, .reserve = *reserve, .argv0 = argv0 };
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
		watcher_detach(&w, w.go_fd);
		watcher_run(&w);
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
