/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/progress.c
 *
 * See progress.h.
 */
#include "socle/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "domain/context.h"

#define NS            UINT64_C(1000000000)
#define QUIET_NS      NS     /* what ends sooner is not shown */
#define TICK_MS       200u
#define BAR_MAX       30u
#define BAR_MIN       8u
#define BAR_FRAME     9u     /* " [", "] 100 %" */
#define LINE_MAX      256u
#define RATE_WEIGHT   0.3    /* of the newest interval against those before */
#define ESTIMATE_NS   (NS / 2) /* a rate of less than that is no rate */

bool colour_wanted(void)
{
	const char *no = getenv("NO_COLOR");

	return !no || !*no;
}

bool progress_possible(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

/* --- the words --------------------------------------------------------------------------------- */

static void bytes_format(char *out, size_t size, double n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned int u = 0;

	for (; n >= 1024 && u < 4; u++)
		n /= 1024;
	snprintf(out, size, "%.*f %s", u && n < 10 ? 1 : 0, n, units[u]);
}

static void time_format(char *out, size_t size, uint64_t seconds)
{
	if (seconds < 60)
		snprintf(out, size, "%" PRIu64 " s", seconds);
	else if (seconds < 3600)
		snprintf(out, size, "%" PRIu64 ":%02" PRIu64 " min", seconds / 60, seconds % 60);
	else
		snprintf(out, size, "%" PRIu64 ":%02" PRIu64 " h", seconds / 3600, seconds / 60 % 60);
}

/* "512 MiB of 1.0 GiB, 85 MiB/s, 6 s left" */
static void bytes_describe(const struct progress *p, uint64_t done, uint64_t total, char *out, size_t size)
{
	char a[24], b[24], left[24];
	size_t n;

	bytes_format(a, sizeof(a), (double)done);
	bytes_format(b, sizeof(b), (double)total);
	snprintf(out, size, total ? "%s of %s" : "%s", a, b);
	if (p->rate <= 0)
		return;
	n = strlen(out);
	bytes_format(a, sizeof(a), p->rate);
	snprintf(out + n, size - n, ", %s/s", a);
	if (total <= done || (double)(total - done) / p->rate > 359999)
		return;
	n = strlen(out);
	time_format(left, sizeof(left), (uint64_t)((double)(total - done) / p->rate + 0.5));
	snprintf(out + n, size - n, ", %s left", left);
}

static void describe(const struct progress *p, uint64_t now_ns, uint64_t done, uint64_t total, char *out, size_t size)
{
	char a[24], b[24];

	if (p->work->unit == WORK_MS && total) {
		time_format(a, sizeof(a), done / 1000);
		time_format(b, sizeof(b), total / 1000);
		snprintf(out, size, "%s of %s", a, b);
	} else if (p->work->unit == WORK_GUESTS && total) {
		snprintf(out, size, "%" PRIu64 " of %" PRIu64 " guests", done, total);
	} else if (p->work->unit == WORK_BYTES && (total || done)) {
		bytes_describe(p, done, total, out, size);
	} else {
		time_format(out, size, (now_ns - p->step_ns) / NS);
	}
}

/* --- the rate ---------------------------------------------------------------------------------- */

/* Of the bytes of one step, smoothed: a pause of a disk is no reason to tell of hours. */
static void rate_update(struct progress *p, const char *step, uint64_t done, uint64_t now_ns)
{
	double seconds, rate;

	if (step != p->step || done < p->last_done) {
		p->step = step;
		p->step_ns = p->last_ns = now_ns;
		p->last_done = done;
		p->rate = 0;
		return;
	}
	if (now_ns - p->last_ns < ESTIMATE_NS)
		return;
	seconds = (double)(now_ns - p->last_ns) / 1e9;
	rate = (double)(done - p->last_done) / seconds;
	p->rate = p->rate > 0 ? p->rate + RATE_WEIGHT * (rate - p->rate) : rate;
	p->last_ns = now_ns;
	p->last_done = done;
}

/* --- the line ---------------------------------------------------------------------------------- */

static void bar_format(const struct progress *p, unsigned int width, uint64_t done, uint64_t total, char *out, size_t size)
{
	double part = (double)(done < total ? done : total) / (double)total;
	unsigned int full = (unsigned int)(part * width);
	char cells[BAR_MAX + 1];

	for (unsigned int i = 0; i < width; i++)
		cells[i] = i < full ? '=' : i == full ? '>' : ' ';
	cells[width] = '\0';
	snprintf(out, size, " [%s%s%s] %3u %%", p->colour ? "\033[32m" : "", cells, p->colour ? "\033[0m" : "", (unsigned int)(part * 100));
}

/* At most columns - 1 characters on the screen: a line that fills the last column may wrap. */
static void line_format(const struct progress *p, unsigned int columns, uint64_t now_ns, char *out, size_t size)
{
	uint64_t done = p->work->done, total = p->work->total;
	char what[160], amount[96], bar[BAR_MAX + 32] = "";
	unsigned int used, room = columns > 1 ? columns - 1 : 1;

	snprintf(what, sizeof(what), "%s%s%s", p->title, p->step ? ": " : "", p->step ? p->step : "");
	describe(p, now_ns, done, total, amount, sizeof(amount));
	used = (unsigned int)(strlen(what) + 2 + strlen(amount));
	if (total && used + BAR_FRAME + BAR_MIN <= room) {
		unsigned int width = room - used - BAR_FRAME;

		bar_format(p, width < BAR_MAX ? width : BAR_MAX, done, total, bar, sizeof(bar));
	}
	if (*bar)
		snprintf(out, size, "%s%s  %s", what, bar, amount);
	else
		snprintf(out, size < room + 1 ? size : room + 1, "%s  %s", what, amount);
}

static void put(const struct progress *p, const char *text)
{
	ssize_t n = write(p->fd, text, strlen(text));

	(void)n; /* a picture that does not arrive is no loss */
}

void progress_init(struct progress *p, const char *title, struct work *w, int fd, uint64_t now_ns)
{
	*p = (struct progress){ .fd = fd, .work = w, .begin_ns = now_ns, .step_ns = now_ns, .last_ns = now_ns };
	snprintf(p->title, sizeof(p->title), "%s", title);
}

void progress_tick(struct progress *p, unsigned int columns, uint64_t now_ns)
{
	char line[LINE_MAX], all[LINE_MAX + 8];

	if (p->fd < 0)
		return;
	rate_update(p, p->work->step, p->work->done, now_ns);
	if (now_ns - p->begin_ns < QUIET_NS)
		return;
	line_format(p, columns, now_ns, line, sizeof(line));
	snprintf(all, sizeof(all), "\r%s\033[K", line);
	put(p, all);
	p->drawn = true;
}

void progress_wipe(struct progress *p)
{
	if (p->drawn)
		put(p, "\r\033[K");
	p->drawn = false;
}

/* --- the thread -------------------------------------------------------------------------------- */

static unsigned int columns_of(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

static void *draw(void *arg)
{
	struct progress *p = arg;

	for (unsigned int ms = 0; !p->ending; ms += 20) {
		if (ms % TICK_MS == 0)
			progress_tick(p, columns_of(p->fd), clock_ns());
		sleep_ms(20);
	}
	return NULL;
}

void progress_begin(struct progress *p, const char *title, struct work *w)
{
	sigset_t all, before;

	progress_init(p, title, w, progress_possible(STDERR_FILENO) ? STDERR_FILENO : -1, clock_ns());
	p->colour = colour_wanted();
	if (p->fd < 0)
		return;
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&p->thread, NULL, draw, p))
		p->fd = -1;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_end(struct progress *p)
{
	if (p->fd < 0)
		return;
	p->ending = true;
	pthread_join(p->thread, NULL);
	progress_wipe(p);
	p->fd = -1;
}
