/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/device_card.c
 *
 * What a card's worker is given: the queues of a tap, which is plugged in where the description says.  The tap is kept here
 * as well, so that it does not vanish with a worker that was killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/device.h"
#include "device/plug.h"

static int tap_make(struct device *d, const struct device_host *h, struct net_host *net, const struct vif_config *c,
		    struct socle_error *e)
{
	int there;

	if (c->ifname[0])
		memcpy(d->ifname, c->ifname, sizeof(d->ifname));
	else if (!net_vif_name(d->ifname, h->domid, d->devid))
		return socle_fail(e, EINVAL, "its tap has no name that would fit");
	there = net_link_exists(net, d->ifname, e);
	if (there < 0)
		return -1;
	/* That of a supervisor before us, whose worker is about to end; or somebody else's. */
	if (there)
		return socle_fail(e, EAGAIN, "an interface '%s' exists already", d->ifname);
	if (net_tap_open(net, d->ifname, c->queues, d->tap, e))
		return -1;
	d->nr_taps = c->queues;
	d->plugged = *c;
	return plug_in(net, d->ifname, c, e);
}

int device_card_open(struct device *d, const struct device_host *h, int *fds, unsigned int *n, struct socle_error *e)
{
	struct keys back = keys_of_store(h->store, d->back);
	struct vif_config c;
	struct net_host *net;
	int r = 0;

	if (vif_config_read(&back, &c, e))
		return -1;
	if (!d->nr_taps) {
		net = net_host_open(e);
		r = net ? tap_make(d, h, net, &c, e) : -1;
		net_host_close(net);
		if (r && d->nr_taps)
			device_card_close(d, h);
	}
	for (unsigned int i = 0; !r && i < d->nr_taps; i++) {
		int fd = fcntl(d->tap[i], F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			r = socle_fail(e, errno, "no descriptor is left: %s", strerror(errno));
		else
			fds[(*n)++] = fd;
	}
	d->queues = c.queues;
	memcpy(d->setup.limit, c.limit, sizeof(c.limit));
	d->setup.net = (struct ctl_setup_net){ .queues = c.queues, .mtu = c.mtu, .filter_mac = c.filter_mac,
					       .filter_ip = c.filter_ip, .nr_ip4 = c.nr_ip4, .nr_ip6 = c.nr_ip6 };
	memcpy(d->setup.net.mac, c.mac, sizeof(c.mac));
	memcpy(d->setup.net.ip4, c.ip4, sizeof(c.ip4));
	memcpy(d->setup.net.ip6, c.ip6, sizeof(c.ip6));
	return r;
}

void device_card_close(struct device *d, const struct device_host *h)
{
	struct socle_error e = { 0 };
	struct net_host *net;

	for (unsigned int i = 0; i < d->nr_taps; i++)
		close(d->tap[i]);
	if (!d->nr_taps)
		return;
	d->nr_taps = 0;
	net = net_host_open(&e);
	if (!net || net_link_remove(net, d->ifname, &e) || plug_out(net, &d->plugged, &e))
		h->say(h->arg, &(struct device_line){ DEVICE_SAID, d->cls, d->devid, e.text });
	net_host_close(net);
}
