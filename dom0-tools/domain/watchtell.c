/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watchtell.c
 *
 * What a watcher tells of its guest: lines of the guest's log and events.
 */
#include <string.h>

#include <uuid/uuid.h>

#include "device/device.h"
#include "domain/event.h"
#include "domain/watcher.h"

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
