/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watchtell.c
 *
 * What a watcher tells of its guest: lines of the guest's log, with those of the hypervisor, and events.
 */
#include <stdio.h>
#include <string.h>

#include <uuid/uuid.h>

#include "device/device.h"
#include "domain/event.h"
#include "domain/hvline.h"
#include "domain/watcher.h"
#include "libsocle/stamp.h"

void watcher_tell(const struct watcher *w, const char *what, const char *device, const char *reason, const char *text)
{
	char uuid[37];

	uuid_unparse_lower(w->cfg->uuid, uuid);
	event_tell((struct event){ .what = what, .name = w->cfg->name, .uuid = uuid, .domid = w->domid, .device = device,
				   .reason = reason, .text = text && *text ? text : NULL });
}

void watcher_say_text(void *arg, const char *text)
{
	struct watcher *w = arg;

	watcher_say(w, "%s", text);
}

void watcher_say_device(void *arg, const struct device_line *l)
{
	static const char *const names[] = {
		[DEVICE_ATTACHED] = EVENT_DEVICE_ATTACHED, [DEVICE_DETACHED] = EVENT_DEVICE_DETACHED,
		[DEVICE_FAILED] = EVENT_DEVICE_FAILED, [DEVICE_RESTARTED] = EVENT_DEVICE_RESTARTED,
		[DEVICE_LIMITED] = EVENT_LIMITS, [DEVICE_RESIZED] = EVENT_DEVICE_RESIZED,
	};
	struct watcher *w = arg;
	char name[DEVICE_NAME_MAX];

	device_name(name, l->cls, l->devid);
	watcher_say(w, "%s: %s", name, l->text);
	if (names[l->what])
		watcher_tell(w, names[l->what], name, NULL, l->text);
}

#define PIECES_A_ROUND 16u

/* Whole lines of what was read; the number of bytes that they have. */
static size_t lines_take(struct watcher *w, uint32_t number, const char *buf, size_t len)
{
	size_t done = 0;
	const char *end;

	while (done < len && (end = memchr(buf + done, '\n', len - done))) {
		size_t n = (size_t)(end - buf) - done;
		const char *text;
		uint64_t ms;

		if (hvline_domain(buf + done, n, &text) == w->domid) {
			char line[512];

			snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
			ms = socle_hvlog_time(&w->hvlog, number + (uint32_t)done);
			guestlog_hypervisor(w->cfg->name, ms ? ms : stamp_now(), line);
		}
		done += n + 1;
	}
	return done;
}

/* What was said before may be about another domain of that number. */
static void hear_begin(struct watcher *w)
{
	if (socle_hvlog_open(&w->hvlog, w->ctx.hv, NULL))
		return;
	while (socle_hvlog_read(&w->hvlog, false) > 0)
		;
}

/* A piece may end inside a line: the next begins there. */
void watcher_hear(struct watcher *w)
{
	if (!w->ctx.hv || !w->domid)
		return;
	if (!w->hvlog.buf)
		hear_begin(w);
	if (!w->hvlog.buf)
		return;
	for (unsigned int i = 0; i < PIECES_A_ROUND; i++) {
		uint32_t number = w->hvlog.next;
		int n = socle_hvlog_read(&w->hvlog, false);
		size_t done;

		if (n <= 0)
			return;
		number = w->hvlog.next - (uint32_t)n;
		done = lines_take(w, number, w->hvlog.buf, (size_t)n);
		if (done == (size_t)n)
			continue;
		if (done)
			w->hvlog.next = number + (uint32_t)done;
		return; /* the rest of a line comes later */
	}
}

void watcher_hear_end(struct watcher *w)
{
	watcher_hear(w);
	if (w->hvlog.buf)
		socle_hvlog_close(&w->hvlog);
}
