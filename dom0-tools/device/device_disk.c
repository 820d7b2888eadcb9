/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/device_disk.c
 *
 * What a disk's worker is given: its image, and what is to be known of it.
 */
#include <string.h>
#include <unistd.h>

#include "device/device.h"
#include "device/image.h"

/* A server that does not answer holds up the guest's other devices meanwhile; one that was away is asked again anyway. */
#define CONNECT_S       10u
#define CONNECT_AGAIN_S 1u

/* More queues than this host has CPUs only cost memory. */
static uint32_t queues_offer(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < 1 ? 1 : cpus > (long)CTL_QUEUES_MAX ? CTL_QUEUES_MAX : (uint32_t)cpus;
}

int device_disk_open(struct device *d, const struct device_host *h, int *fds, unsigned int *n, struct socle_error *e)
{
	struct keys back = keys_of_store(h->store, d->back);
	struct vbd_config config;
	struct image im;

	if (vbd_config_read(&back, &config, e) || image_open(&im, &config, d->away ? CONNECT_AGAIN_S : CONNECT_S, e))
		return -1;
	d->setup.disk = im.setup;
	memcpy(d->setup.limit, config.limit, sizeof(config.limit));
	d->discard = im.discard;
	d->queues = queues_offer();
	fds[(*n)++] = im.fd;
	if (im.direct_fd >= 0)
		fds[(*n)++] = im.direct_fd;
	return 0;
}
