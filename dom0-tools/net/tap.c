/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/net/tap.c
 *
 * A tap of several queues.  Each queue is a descriptor of /dev/net/tun; the interface ends with the last of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net/internal.h"

#define VNET_HEADER 10     /* struct virtio_net_hdr without num_buffers */
#define FRAMES_WAITING 1000 /* a tap's own default of 500 is what one round of eight queues takes */

static int queue_open(const char *name, struct socle_error *e)
{
	struct ifreq want = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE) };
	int header = VNET_HEADER, fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return socle_fail_id(e, errno, "no-kernel-module", "cannot open /dev/net/tun: %s%s", strerror(errno),
				  errno == ENOENT || errno == ENODEV ? "; load the module tun" : "");
	strcpy(want.ifr_name, name);
	if (!ioctl(fd, TUNSETIFF, &want) && !ioctl(fd, TUNSETVNETHDRSZ, &header) && !ioctl(fd, TUNSETOFFLOAD, 0UL))
		return fd;
	socle_fail(e, errno, "the kernel refuses a tap of that name: %s%s", strerror(errno),
		   errno == EPERM ? "; this needs root" : "");
	close(fd);
	return -1;
}

/*
 * The address is dom0's end of the cable, never seen on it; being the highest there is, it does not become the bridge's,
 * which is the lowest among its ports.
 */
static int interface_prepare(struct net_host *h, const char *name, struct socle_error *e)
{
	static const uint8_t highest[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct nl_msg m;
	struct link l;

	if (link_get(h, name, &l, e) != 1)
		return socle_wrap(e, "the new tap is gone again");
	nl_link_begin(&m, RTM_NEWLINK, 0, AF_UNSPEC, l.index);
	mnl_attr_put(m.head, IFLA_ADDRESS, sizeof(highest), highest);
	mnl_attr_put_u32(m.head, IFLA_TXQLEN, FRAMES_WAITING);
	if (nl_talk(h, &m, NULL, NULL, e))
		return -1;
	return link_without_addresses(h, l.index, e);
}

int net_tap_open(struct net_host *h, const char *name, unsigned int queues, int fd[], struct socle_error *e)
{
	unsigned int n = 0;
	struct link l;
	int r;

	if (!queues || queues > NET_QUEUES_MAX)
		return socle_fail(e, EINVAL, "a tap has 1 to %u queues, not %u", NET_QUEUES_MAX, queues);
	r = link_get(h, name, &l, e);
	if (r)
		return r < 0 ? -1 : socle_fail_id(e, EEXIST, "interface-taken",
						  "interface '%s' exists already; remove it (ip link del %s) or "
					       "name another in <target dev=.../>", name, name);
	while (n < queues && (fd[n] = queue_open(name, e)) >= 0)
		n++;
	if (n == queues && !interface_prepare(h, name, e))
		return 0;
	while (n)
		close(fd[--n]);
	return socle_wrap(e, "cannot make tap '%s'", name);
}
