/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/config.h
 *
 * A domain description as the tools use it: every field is checked, every default is filled in.
 * It is made from XML in libvirt's vocabulary (docs/domain-xml.md) by domain_config_load(), which
 * reports all that is wrong with a file at once, each with its place.  No device, store or
 * hypervisor is touched here, and no file but the description itself.
 */
#ifndef SOCLE_DOMAIN_CONFIG_H
#define SOCLE_DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/vbd.h"
#include "device/vif.h"
#include "domain/diag.h"

#define DOMAIN_NAME_MAX    64u
#define DOMAIN_DISKS_MAX   16u       /* xvda .. xvdp */
#define DOMAIN_CARDS_MAX   8u
#define DOMAIN_VCPUS_MAX   32u       /* what the PV shared_info page has room for */
#define DOMAIN_CMDLINE_MAX 1023u     /* start_info.cmd_line with its NUL is 1024 bytes */
#define DOMAIN_MEM_MIN_KIB 4096u     /* no kernel fits below */
#define DOMAIN_FILE_MAX    (1u << 20) /* bytes of XML; a description has a few hundred */

enum domain_action {
	DOMAIN_ACTION_DESTROY,
	DOMAIN_ACTION_RESTART,
	DOMAIN_ACTION_PRESERVE,
};

struct domain_disk {
	unsigned int index;     /* 0 = xvda */
	char target[8];         /* "xvda" */
	bool kernel;            /* served by xen-blkback, not by us */
	struct vbd_config want; /* path is absolute */
};

enum card_filter { CARD_FILTER_DEFAULT, CARD_FILTER_CLEAN, CARD_FILTER_MAC, CARD_FILTER_NONE };

struct domain_card {
	unsigned int index;     /* of the interface, in the order of the description */
	bool kernel;            /* served by xen-netback */
	bool has_mac;           /* else it follows from the guest's UUID */
	enum card_filter filter;
	char network[VIF_NAME_MAX]; /* of <source network=...>: its kind and bridge are not known yet; else empty */
	struct vif_config want;
};

struct domain_config {
	char *file;          /* where it was read from, for messages */
	char *text;          /* what stood there, text_len bytes and a NUL */
	size_t text_len;
	char name[DOMAIN_NAME_MAX + 1];
	bool has_uuid;
	uint8_t uuid[16];
	uint64_t max_kib;    /* <memory>, a multiple of 4 */
	uint64_t start_kib;  /* <currentMemory>, a multiple of 4, <= max_kib */
	unsigned int vcpus;
	unsigned int vcpus_online; /* of one that runs, as it was asked for; 0: all */
	char *kernel, *initrd, *cmdline; /* absolute paths; initrd may be NULL, cmdline never */
	bool console;
	unsigned int nr_disks;
	struct domain_disk disk[DOMAIN_DISKS_MAX];
	unsigned int nr_cards;
	struct domain_card card[DOMAIN_CARDS_MAX];
	enum domain_action on_poweroff, on_reboot, on_crash;
};

/*
 * Read, check and convert a file.  NULL when anything is wrong, with at least one entry in diags;
 * else a config for domain_config_free().
 */
struct domain_config *domain_config_load(const char *file, struct diag_list *diags);

/* The same for text in memory; name stands for the file in messages. */
struct domain_config *domain_config_parse(const char *name, const char *text, size_t len,
					  struct diag_list *diags);

/*
 * The same for a file with one device, <disk> or <interface> as inside <devices>: a config of which only that counts.
 */
struct domain_config *domain_device_load(const char *file, struct diag_list *diags);
struct domain_config *domain_device_parse(const char *name, const char *text, size_t len, struct diag_list *diags);

/* The text of such a file, malloc'ed; NULL with a complaint: missing, too long, no file. */
char *domain_file_read(const char *file, size_t *len, struct diag_list *diags);

/* Letters, digits and _ . + -, and more that docs/domain-xml.md tells. */
bool domain_name_is_good(const char *name);

void domain_config_free(struct domain_config *cfg); /* NULL is allowed */

/* Device number of a disk in the store: major 202, 16 minors a disk (blkfront's numbering). */
static inline unsigned int domain_disk_devid(const struct domain_disk *d)
{
	return 202u << 8 | d->index << 4;
}

const char *domain_action_name(enum domain_action a);

#endif /* SOCLE_DOMAIN_CONFIG_H */
