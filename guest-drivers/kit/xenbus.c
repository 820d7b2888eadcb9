/* SPDX-License-Identifier: BSD-2-Clause */
/* See xenbus.h. */
#include "kit/kit.h"
#include "kit/xenbus.h"

#define TX_TRIES  32
#define STEPS_MAX 8

static struct kit_device *devices[32];

int kit_device_put(struct kit_device *d, uint32_t tx, const char *key, const char *fmt, ...)
{
	char path[96], value[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kit_vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(value) || kit_snprintf(path, sizeof(path), "%s/%s", d->node, key) >= (int)sizeof(path))
		return -XEN_E2BIG;
	return kit_store_write(tx, path, value);
}

int kit_device_clear(struct kit_device *d, uint32_t tx, const char *key)
{
	char path[96];
	int rc;

	kit_snprintf(path, sizeof(path), "%s/%s", d->node, key);
	rc = kit_store_remove(tx, path);
	return rc == -XEN_ENOENT ? 0 : rc;
}

uint64_t kit_device_get(struct kit_device *d, const char *key, uint64_t max, uint64_t otherwise)
{
	char path[160];
	uint64_t value;

	kit_snprintf(path, sizeof(path), "%s/%s", d->backend, key);
	return kit_store_number(0, path, &value) || value > max ? otherwise : value;
}

static void say_state(struct kit_device *d, unsigned int state)
{
	kit_device_put(d, 0, "state", "%u", state);
}

/*
 * The phase comes first: who is called back from here, and asks something of the device at once, finds it as it is now. A
 * device that has no rings may have been told to expect a backend, which it waits for no longer then.
 */
static void take_down(struct kit_device *d, enum kit_device_phase phase, bool again)
{
	bool prepared = d->prepared, expected = d->expected;

	d->phase = phase;
	d->prepared = false;
	if (prepared) {
		d->expected = again;
		d->ops->disconnect(d, again);
	} else if (expected && !again) {
		d->expected = false;
		if (d->ops->gone)
			d->ops->gone(d);
	}
}

/* One that is only stopped for an upgrade stays online; what is in flight waits for its successor. */
static bool is_online(struct kit_device *d)
{
	return kit_device_get(d, "online", 1, 0);
}

void kit_device_fail(struct kit_device *d, const char *fmt, ...)
{
	va_list ap;

	if (d->phase == KIT_DEVICE_BROKEN)
		return;
	va_start(ap, fmt);
	kit_vsnprintf(d->error, sizeof(d->error), fmt, ap);
	va_end(ap);
	kit_printf("%s: %s\n", d->node, d->error);
	take_down(d, KIT_DEVICE_BROKEN, false);
	kit_device_put(d, 0, "error", "%s", d->error);
	say_state(d, XenbusStateClosed);
}

/* All keys and the state at once: the backend looks when the state changes. */
static int publish(struct kit_device *d)
{
	uint32_t tx;
	int rc = -XEN_EAGAIN;

	for (unsigned int i = 0; i < TX_TRIES && rc == -XEN_EAGAIN; i++) {
		rc = kit_store_begin(&tx);
		if (rc)
			return rc;
		rc = d->ops->publish(d, tx);
		if (!rc)
			rc = kit_device_put(d, tx, "state", "%u", d->ops->offered);
		if (rc)
			kit_store_end(tx, false);
		else
			rc = kit_store_end(tx, true);
	}
	return rc;
}

static void negotiate(struct kit_device *d)
{
	int rc = d->ops->prepare(d);

	d->prepared = !rc;
	if (!rc)
		rc = publish(d);
	if (rc)
		kit_device_fail(d, "cannot offer rings to its backend: error %d", -rc);
	else
		d->phase = KIT_DEVICE_OFFERED;
}

static void connect(struct kit_device *d)
{
	int rc = d->ops->connect(d);

	if (rc) {
		kit_device_fail(d, "what its backend says of it cannot be used: error %d", -rc);
		return;
	}
	d->phase = KIT_DEVICE_UP;
	if (d->ops->offered != XenbusStateConnected)
		say_state(d, XenbusStateConnected);
}

/*
 * Moves on as far as the backend's present state allows: three steps at most while that stays the same. One that changes it meanwhile
 * is looked at again later, for each change is told by the watch.
 */
static void step(struct kit_device *d)
{
	enum kit_device_act act = KIT_ACT_AGAIN;

	for (unsigned int i = 0; i < STEPS_MAX && (act == KIT_ACT_AGAIN || act == KIT_ACT_NEGOTIATE); i++) {
		act = kit_device_act(d->phase, kit_device_get(d, "state", XenbusStateReconfigured, XenbusStateUnknown));
		switch (act) {
		case KIT_ACT_NONE:
			break;
		case KIT_ACT_NEGOTIATE:
			negotiate(d);
			break;
		case KIT_ACT_CONNECT:
			connect(d);
			break;
		case KIT_ACT_CHANGED:
			d->ops->changed(d);
			break;
		case KIT_ACT_AGAIN:
			take_down(d, KIT_DEVICE_START, true);
			say_state(d, XenbusStateInitialising);
			break;
		case KIT_ACT_CLOSE:
			take_down(d, KIT_DEVICE_CLOSED, is_online(d));
			say_state(d, XenbusStateClosed);
			break;
		}
	}
	if (d->phase == KIT_DEVICE_CLOSED && d->expected && !is_online(d))
		take_down(d, KIT_DEVICE_CLOSED, false);
}

static void on_change(void *arg)
{
	step(arg);
}

int kit_device_name(const char *type, unsigned int n, char *name, size_t size)
{
	char path[32], list[1024], *at = list;
	int count;

	kit_snprintf(path, sizeof(path), "device/%s", type);
	count = kit_store_list(0, path, list, sizeof(list));
	if (count < 0)
		return count;
	if (n >= (unsigned int)count)
		return -XEN_ENOENT;
	while (n--)
		at += strlen(at) + 1;
	return kit_snprintf(name, size, "%s", at) < (int)size ? 0 : -XEN_E2BIG;
}

/* Where the backend is: the tools write it, the guest may not. */
static int find_backend(struct kit_device *d)
{
	char path[96];
	uint64_t id;
	int rc;

	kit_snprintf(path, sizeof(path), "%s/backend", d->node);
	rc = kit_store_read(0, path, d->backend, sizeof(d->backend));
	kit_snprintf(path, sizeof(path), "%s/backend-id", d->node);
	if (!rc)
		rc = kit_store_number(0, path, &id);
	if (!rc && id >= DOMID_FIRST_RESERVED)
		rc = -XEN_EINVAL;
	d->backend_id = rc ? 0 : (uint16_t)id;
	return rc;
}

static struct kit_device **place_of(const struct kit_device *d)
{
	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (devices[i] == d)
			return &devices[i];
	return NULL;
}

static int start(struct kit_device *d)
{
	say_state(d, XenbusStateInitialising);
	return kit_watch_add(&d->watch, on_change, d, "%s", d->backend);
}

int kit_device_open(struct kit_device *d, const struct kit_device_ops *ops, const char *name, void *driver)
{
	struct kit_device **place = place_of(NULL);
	int rc;

	*d = (struct kit_device){ .ops = ops, .driver = driver };
	if (!place || kit_snprintf(d->node, sizeof(d->node), "device/%s/%s", ops->type, name) >= (int)sizeof(d->node))
		return -XEN_ENOSPC;
	rc = find_backend(d);
	if (!rc)
		rc = start(d);
	if (!rc)
		*place = d;
	return rc;
}

void kit_device_close(struct kit_device *d)
{
	struct kit_device **place = place_of(d);
	enum kit_device_phase before = d->phase;

	if (!place)
		return;
	*place = NULL;
	kit_watch_remove(&d->watch);
	take_down(d, KIT_DEVICE_CLOSED, false);
	if (before != KIT_DEVICE_CLOSED && before != KIT_DEVICE_BROKEN)
		say_state(d, XenbusStateClosed);
}

static bool settled(void *arg)
{
	const struct kit_device *d = arg;

	return d->phase != KIT_DEVICE_START && d->phase != KIT_DEVICE_OFFERED;
}

int kit_device_wait(struct kit_device *d, uint64_t until)
{
	if (!kit_loop_until(settled, d, until))
		return -XEN_ETIMEDOUT;
	return d->phase == KIT_DEVICE_UP ? 0 : -XEN_EIO;
}

/* The other machine's backend may have another path. */
void kit_devices_resume(void)
{
	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct kit_device *d = devices[i];

		if (!d)
			continue;
		take_down(d, KIT_DEVICE_START, true);
		kit_watch_remove(&d->watch);
		if (find_backend(d) || start(d))
			kit_device_fail(d, "it has no backend after a resume");
	}
}
