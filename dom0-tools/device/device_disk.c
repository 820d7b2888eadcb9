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

	if (vbd_config_read(&back, &config, e) || image_open(&im, &config, e))
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
