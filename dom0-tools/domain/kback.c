/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/kback.c
 *
 * See kback.h.  A loop device that is made here goes by itself with its last user (LO_FLAGS_AUTOCLEAR), so nothing has to be
 * taken away when the guest ends; the lock on the file lives in the loop device's open file.
 */
#include "domain/kback.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/plug.h"
#include "domain/codes.h"
#include "domain/devices.h"

#define WAIT_MS    10000u
#define STEP_MS    20u
#define LOOP_TRIES 32

int kback_check(enum device_class cls, struct socle_error *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/drivers/%s", device_front_type(cls));
	if (access(path, F_OK) == 0)
		return 0;
	return socle_fail_id(e, DOMAIN_E_BACKEND, "no-kernel-module",
			     "the kernel has no backend for it; load the module %s, or use "
			  "<driver name='socle'/>", cls == DEVICE_DISK ? "xen-blkback" : "xen-netback");
}

/* Tie a free loop device to a file; its descriptor, or -errno. */
static int loop_make(int file, bool readonly)
{
	struct loop_config config = { .fd = (uint32_t)file,
				      .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO |
						       (readonly ? LO_FLAGS_READ_ONLY : 0u) };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), r = -EBUSY;

	if (control < 0)
		return -errno;
	/* Somebody else may take the free one before we do. */
	for (int i = 0; i < LOOP_TRIES && r == -EBUSY; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE), fd;
		char path[32];

		snprintf(path, sizeof(path), "/dev/loop%d", number);
		fd = number < 0 ? -1 : open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) == 0) {
			r = fd;
			break;
		}
		r = -errno;
		if (fd >= 0)
			close(fd);
	}
	close(control);
	return r;
}

static int file_open(const struct vbd_config *c, struct socle_error *e)
{
	int file = open(c->path, (c->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC), fd;

	if (file < 0)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "disk-missing", "cannot open '%s': %s", c->path, strerror(errno));
	if (flock(file, (c->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
		close(file);
		return socle_fail_id(e, DOMAIN_E_EXISTS, "disk-in-use",
				     "'%s' is in use; shut that guest down, or give each its own file", c->path);
	}
	fd = loop_make(file, c->readonly);
	close(file);
	return fd >= 0 ? fd : socle_fail_id(e, DOMAIN_E_BACKEND, "no-loop-device",
					    "cannot make a loop device for '%s': %s%s", c->path, strerror(-fd),
					 fd == -ENOENT ? " (is the module loop loaded?)" : "");
}

int kback_disk_open(const struct vbd_config *c, char physical[KBACK_PHYSICAL_MAX], struct socle_error *e)
{
	struct stat sb;
	int fd = c->kind == VBD_BLOCK ? open(c->path, (c->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC) : file_open(c, e);

	if (fd < 0)
		return c->kind == VBD_BLOCK ? socle_fail_id(e, DOMAIN_E_CONFIG, "disk-missing",
							    "cannot open '%s': %s", c->path, strerror(errno)) : -1;
	if (fstat(fd, &sb) || !S_ISBLK(sb.st_mode)) {
		close(fd);
		return socle_fail_id(e, DOMAIN_E_CONFIG, "disk-type", "'%s' is not a block device", c->path);
	}
	snprintf(physical, KBACK_PHYSICAL_MAX, "%x:%x", major(sb.st_rdev), minor(sb.st_rdev));
	return fd;
}

int kback_disk_wait(struct domain_ctx *ctx, uint16_t domid, uint32_t devid, struct socle_error *e)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device", domid, devid);
	/* The backend makes this file when it has the device. */
	for (unsigned int ms = 0; access(path, F_OK); ms += STEP_MS) {
		if (ms >= WAIT_MS)
			return socle_fail_id(e, DOMAIN_E_BACKEND, "backend-silent",
					     "the kernel's backend did not open the device; see dmesg");
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	return 0;
}

void kback_gone_wait(enum device_class cls, uint16_t domid, uint32_t devid)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s-%u-%u", device_front_type(cls), domid, devid);
	for (unsigned int ms = 0; ms < WAIT_MS && access(path, F_OK) == 0; ms += STEP_MS)
		sleep_ms(STEP_MS);
}

static int interface_wait(struct domain_ctx *ctx, struct net_host *net, const char *name, struct socle_error *e)
{
	int there;

	for (unsigned int ms = 0; (there = net_link_exists(net, name, e)) == 0; ms += STEP_MS) {
		if (ms >= WAIT_MS)
			return socle_fail_id(e, DOMAIN_E_BACKEND, "backend-silent",
					     "the kernel's backend did not make the interface %s; see dmesg", name);
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		sleep_ms(STEP_MS);
	}
	return there < 0 ? -1 : 0;
}

int kback_card_plug(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e)
{
	struct device_ref ref = { .cls = DEVICE_CARD, .devid = card->index, .kernel = true };
	char back[KEYS_PATH_MAX], name[NET_NAME_MAX];
	struct net_host *net = net_host_open(e);
	struct key_list l = { 0 };
	int r = -1;

	if (net && net_vif_name(name, domid, card->index) && interface_wait(ctx, net, name, e) == 0)
		r = plug_in(net, name, &card->want, e);
	net_host_close(net);
	if (r)
		return -1;
	device_back_path(back, domid, &ref);
	key_list_add(&l, "hotplug-status", "connected");
	r = keys_write(ctx->store, back, &l);
	return r ? socle_fail_id(e, -r, "store-refused", "cannot change its nodes: %s", strerror(-r)) : 0;
}

void kback_card_unplug(const struct vif_config *c)
{
	struct net_host *net = net_host_open(NULL);

	/* What stays is only a bridge without ports. */
	if (net)
		plug_out(net, c, NULL);
	net_host_close(net);
}
