/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_dmesg.c
 *
 * socle dmesg: the hypervisor's log, as it is or followed.  While following, an event (VIRQ_CON_RING) tells of news.  Only one process can have that event: a
 * second one looks every second instead.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <abi/xen.h>

#include "domain/json.h"
#include "libsocle/evtchn.h"
#include "libsocle/hvlog.h"
#include "socle/cmd.h"

#define POLL_MS 1000

static int piece_read(struct socle_hvlog *log, bool clear)
{
	int n = socle_hvlog_read(log, clear);

	if (n >= 0 && log->lost)
		warn_id("log-lost", "%u bytes of the log are lost", log->lost);
	return n;
}

/* Where the log goes: to stdout as it is, or line by line as JSON. */
struct sink {
	bool json;
	size_t len;
	char line[1024]; /* longer ones are cut into pieces */
};

static void line_json(struct sink *s)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_text_n(&j, "text", s->line, s->len);
	json_end(&j);
	s->len = 0;
}

static void sink_feed(struct sink *s, const char *p, size_t len)
{
	if (!s->json) {
		fwrite(p, 1, len, stdout);
		return;
	}
	for (; len--; p++) {
		if (*p != '\n')
			s->line[s->len++] = *p;
		if (*p == '\n' || s->len == sizeof(s->line))
			line_json(s);
	}
}

/* All there is. */
static int rest_print(struct socle_hvlog *log, bool clear, struct sink *s, struct socle_error *e)
{
	int n;

	while ((n = piece_read(log, false)) > 0)
		sink_feed(s, log->buf, (size_t)n);
	/* What came since is printed by the read that clears. */
	if (n == 0 && clear && (n = piece_read(log, true)) > 0) {
		sink_feed(s, log->buf, (size_t)n);
		n = 0;
	}
	return n < 0 ? socle_refused(e, n, "the hypervisor refused") : 0;
}

/* Sleep until there may be news. */
static void news_wait(struct socle_evtchn *ec, int port)
{
	/* A reader of our output that goes away is an error of its end of the pipe. */
	struct pollfd pfd[2] = { { .fd = STDOUT_FILENO }, { .fd = -1, .events = POLLIN } };
	int fired;

	if (port >= 0)
		pfd[1].fd = socle_evtchn_fd(ec);
	if (poll(pfd, 2, port >= 0 ? -1 : POLL_MS) > 0 && pfd[0].revents)
		stop_asked = 1;
	while (port >= 0 && (fired = socle_evtchn_pending(ec)) >= 0)
		socle_evtchn_unmask(ec, (uint32_t)fired);
}

/* Until Ctrl-C, or until nobody reads what is printed. */
static int follow(struct socle_hvlog *log, struct sink *s, struct socle_error *e)
{
	struct socle_evtchn *ec = socle_evtchn_open(e);
	int port, r;

	if (!ec)
		return -1;
	stop_catch();
	port = socle_evtchn_bind_virq(ec, VIRQ_CON_RING);
	if (port < 0 && port != -EEXIST) {
		socle_evtchn_close(ec);
		return socle_fail(e, -port, "cannot be told of news: %s", strerror(-port));
	}
	/* News that come after the read find the event bound and unmasked: they end the wait. */
	while ((r = rest_print(log, false, s, e)) == 0 && !fflush(stdout) && !stop_asked)
		news_wait(ec, port);
	socle_evtchn_close(ec);
	return r;
}

int cmd_dmesg(const struct invocation *inv)
{
	struct socle_error err = { 0 };
	struct sink sink = { .json = flag_given(inv, "json") };
	struct socle_hvlog log;
	struct socle_hv *hv;
	int r;

	if (flag_given(inv, "clear") && flag_given(inv, "follow"))
		return usage_error(inv->cmd, "'--clear' and '--follow' exclude each other");
	hv = socle_hv_open(&err);
	if (!hv)
		return report("read the hypervisor's log", NULL, &err);
	r = socle_hvlog_open(&log, hv, &err);
	if (!r)
		r = flag_given(inv, "follow") ? follow(&log, &sink, &err) : rest_print(&log, flag_given(inv, "clear"), &sink, &err);
	if (sink.len)
		line_json(&sink);
	socle_hvlog_close(&log);
	socle_hv_close(hv);
	return r ? report("read the hypervisor's log", NULL, &err) : EXIT_OK;
}
