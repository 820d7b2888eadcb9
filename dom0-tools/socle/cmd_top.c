/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_top.c
 *
 * socle top: what the domains do, again and again.  Each picture compares two looks, so the first
 * comes after one interval.  On a terminal the picture is drawn in place and q ends it; elsewhere
 * (or with -b) one picture follows the other.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <abi/vcpu.h>

#include "domain/json.h"
#include "domain/names.h"
#include "domain/roster.h"
#include "domain/share.h"
#include "domain/usage.h"
#include "libsocle/domain.h"
#include "socle/cmd.h"

#define DOMAINS_MAX 1024u
#define DELAY_DEFAULT_MS 2000u

/* All domains at one moment. */
struct look {
	size_t nr;
	struct usage u[DOMAINS_MAX];
};

struct top {
	struct domain_ctx ctx;
	struct xen_sysctl_physinfo host;
	struct look *now, *then;
	enum usage_order order;
	unsigned int delay_ms;
	unsigned long pictures; /* 0: for ever */
	bool json, screen;
};

/* ---- looking --------------------------------------------------------------------------------- */

static void times_add(struct socle_hv *hv, struct usage *u)
{
	struct socle_vcpu_times t;

	for (unsigned int n = 0; vcpu_times(hv, (uint16_t)u->domid, n, &t) == 0; n = t.vcpu + 1) {
		u->run_ns += t.time_ns[RUNSTATE_running];
		u->wait_ns += t.time_ns[RUNSTATE_runnable];
		u->now_ns = t.now_ns;
	}
}

static void domain_look(struct top *top, const struct xen_domctl_getdomaininfo *info,
			struct usage *u)
{
	char *name = names_of(&top->ctx, info->domain);

	*u = (struct usage){ .domid = info->domain, .state = domain_state_word(info),
			     .vcpus = info->nr_online_vcpus, .memory_kib = info->tot_pages * 4 };
	snprintf(u->name, sizeof(u->name), "%s", name ? name : "?");
	memcpy(u->uuid, info->handle, sizeof(u->uuid));
	times_add(top->ctx.hv, u);
	free(name);
}

static int look(struct top *top, struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	struct xen_domctl_getdomaininfo info;
	struct look *swap = top->then;
	int n = 0, r = socle_sysctl(top->ctx.hv, &op);

	top->then = top->now;
	top->now = swap;
	swap->nr = 0;
	top->host = op.u.physinfo;
	for (uint16_t next = 0; !r && swap->nr < DOMAINS_MAX &&
	     (n = socle_domain_list(top->ctx.hv, next, &info, 1)) == 1;
	     next = (uint16_t)(info.domain + 1))
		domain_look(top, &info, &swap->u[swap->nr++]);
	if (r < 0 || n < 0)
		return socle_refused(e, r < 0 ? r : n, "the hypervisor refused");
	usage_compare(top->now->u, top->now->nr, top->then->u, top->then->nr);
	usage_sort(top->now->u, top->now->nr, top->order);
	return 0;
}

static double busy(const struct top *top)
{
	double sum = 0;

	for (size_t i = 0; i < top->now->nr; i++)
		sum += top->now->u[i].cpu;
	return top->host.nr_cpus ? sum / top->host.nr_cpus : 0;
}

/* ---- drawing --------------------------------------------------------------------------------- */

static unsigned int screen_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row ? 24 : size.ws_row;
}

static void draw_text(const struct top *top)
{
	const char *eol = top->screen ? "\033[K\r\n" : "\n";
	size_t rows = top->now->nr;

	if (top->screen) {
		printf("\033[H");
		rows = screen_rows() > 4 && rows > screen_rows() - 4 ? screen_rows() - 4 : rows;
	}
	printf("%u CPU%s, %.1f %% busy; memory %" PRIu64 " MiB, %" PRIu64 " MiB free; %zu domains%s",
	       top->host.nr_cpus, top->host.nr_cpus == 1 ? "" : "s", busy(top),
	       top->host.total_pages / 256, top->host.free_pages / 256, top->now->nr, eol);
	printf("%5s  %-24s %-8s %5s %7s %7s %9s %10s%s", "ID", "NAME", "STATE", "VCPUS", "CPU %",
	       "WAIT %", "MEM MiB", "CPU s", eol);
	for (size_t i = 0; i < rows; i++) {
		const struct usage *u = &top->now->u[i];

		printf("%5u  %-24s %-8s %5u %7.1f %7.1f %9" PRIu64 " %10.1f%s", u->domid, u->name,
		       u->state, u->vcpus, u->cpu, u->wait, u->memory_kib / 1024,
		       (double)u->run_ns / 1e9, eol);
	}
	printf("%s", top->screen ? "\033[J" : "\n");
}

/* A picture is a line, for programs that read one after the other. */
static void draw_json(const struct top *top)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_uint(&j, "cpus", top->host.nr_cpus);
	json_real(&j, "busy", busy(top), 1);
	json_uint(&j, "total_kib", top->host.total_pages * 4);
	json_uint(&j, "free_kib", top->host.free_pages * 4);
	json_array(&j, "domains");
	for (size_t i = 0; i < top->now->nr; i++) {
		const struct usage *u = &top->now->u[i];

		json_object(&j, NULL);
		json_uint(&j, "id", u->domid);
		json_text(&j, "name", u->name);
		json_text(&j, "state", u->state);
		json_uint(&j, "vcpus", u->vcpus);
		json_real(&j, "cpu", u->cpu, 1);
		json_real(&j, "wait", u->wait, 1);
		json_uint(&j, "memory_kib", u->memory_kib);
		json_real(&j, "cpu_seconds", (double)u->run_ns / 1e9, 3);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static struct termios saved_terminal;
static bool terminal_changed;

static void terminal_restore(void)
{
	if (terminal_changed)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_terminal);
	terminal_changed = false;
}

static void terminal_prepare(void)
{
	struct termios t;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved_terminal))
		return;
	t = saved_terminal;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	atexit(terminal_restore);
	terminal_changed = tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

/* Sleep; a key q, or nobody reading the output, ends it all. */
static void pause_between(const struct top *top)
{
	uint64_t end = clock_ns() + top->delay_ms * UINT64_C(1000000), now;
	struct pollfd pfd[2] = { { .fd = STDOUT_FILENO },
				 { .fd = terminal_changed ? STDIN_FILENO : -1,
				   .events = POLLIN } };
	char key;

	while (!stop_asked && (now = clock_ns()) < end) {
		if (poll(pfd, 2, (int)((end - now) / 1000000) + 1) <= 0)
			continue;
		if (pfd[0].revents)
			stop_asked = 1;
		if (pfd[1].revents && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q'))
			stop_asked = 1;
	}
}

/* ---- the command ----------------------------------------------------------------------------- */

static int run(struct top *top, struct socle_error *e)
{
	if (look(top, e))
		return -1;
	if (top->screen) {
		terminal_prepare();
		printf("\033[2J");
	}
	for (unsigned long n = 0; !stop_asked && (!top->pictures || n < top->pictures); n++) {
		pause_between(top);
		if (stop_asked)
			break;
		if (look(top, e))
			return -1;
		if (top->json)
			draw_json(top);
		else
			draw_text(top);
		if (fflush(stdout))
			break;
	}
	return 0;
}

static int flags_read(const struct invocation *inv, struct top *top)
{
	char *end;

	if (flag_given(inv, "count")) {
		top->pictures = strtoul(flag_value(inv, "count"), &end, 10);
		if (*end || !top->pictures || flag_value(inv, "count")[0] == '-')
			return usage_error(inv->cmd, "'--count' takes a number, not '%.40s'",
					   flag_value(inv, "count"));
	}
	if (flag_given(inv, "delay")) {
		double seconds = strtod(flag_value(inv, "delay"), &end);

		if (*end || !(seconds >= 0.1 && seconds <= 3600))
			return usage_error(inv->cmd,
					   "'--delay' takes 0.1 to 3600 seconds, not '%.40s'",
					   flag_value(inv, "delay"));
		top->delay_ms = (unsigned int)(seconds * 1000);
	}
	if (flag_given(inv, "sort") && !usage_order_read(flag_value(inv, "sort"), &top->order))
		return usage_error(inv->cmd, "'--sort' takes cpu, wait, memory, name or id, not "
				   "'%.40s'", flag_value(inv, "sort"));
	return EXIT_OK;
}

int cmd_top(const struct invocation *inv)
{
	struct top top = { .delay_ms = DELAY_DEFAULT_MS, .order = USAGE_BY_CPU,
			   .json = flag_given(inv, "json") };
	struct socle_error err = { 0 };
	int r = flags_read(inv, &top);

	if (r)
		return r;
	top.screen = !top.json && !flag_given(inv, "batch") && isatty(STDOUT_FILENO);
	top.ctx.hv = socle_hv_open(&err);
	if (!top.ctx.hv)
		return report("watch the domains", NULL, &err);
	top.ctx.store = socle_store_open(NULL); /* it only lends names */
	top.now = calloc(1, sizeof(*top.now));
	top.then = calloc(1, sizeof(*top.then));
	stop_catch();
	r = top.now && top.then ? run(&top, &err) : socle_fail_id(&err, ENOMEM, "dom0-memory", "out of memory");
	terminal_restore();
	free(top.now);
	free(top.then);
	domain_ctx_close(&top.ctx);
	return r ? report("watch the domains", NULL, &err) : EXIT_OK;
}
