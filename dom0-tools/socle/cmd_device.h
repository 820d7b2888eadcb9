/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_device.h
 *
 * What `socle disk` and `socle net` share.
 */
#ifndef SOCLE_SOCLE_CMD_DEVICE_H
#define SOCLE_SOCLE_CMD_DEVICE_H

#include "domain/devices.h"
#include "socle/cmd.h"

#define DETACH_DEFAULT_S 30u
#define DETACH_MAX_S     3600u

/* One word after the command's name: `attach` of `disk attach`. */
struct action {
	const char *name;
	const char *args;          /* after the action, for messages */
	int min_args, max_args;    /* likewise */
	unsigned int flags;        /* bits of those that it takes, by position in the command */
	int (*run)(const struct invocation *inv);
};

/* Find and run it; arguments of the invocation are those after the action then. */
int action_run(const struct invocation *inv, const struct action *actions, unsigned int n);

/* Both connections, and the guest of this name (0: no name was given). Not the control domain. */
int device_guest_open(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e);

/* A description's device; NULL after complaints on stderr. */
struct domain_config *device_file_load(const char *file);

/* Seconds of --timeout at this position; false after a message. */
bool timeout_read(const struct invocation *inv, int flag, unsigned int *seconds);

/*
 * Flags first .. first + CTL_LIMIT_COUNT - 1 as "RATE[:BURST]", with units of bytes where the name says bytes; which were given
 * as bits.  False after a message.
 */
bool limits_given(const struct invocation *inv, int first, const char *(*name)(unsigned int i),
		  struct ctl_bucket limit[CTL_LIMIT_COUNT], unsigned int *mask);

/* `, "limits": { "read-bytes": [rate, burst], ... }` and `, "stats": {...}`. */
void limits_json(const struct ctl_bucket limit[CTL_LIMIT_COUNT], const char *(*name)(unsigned int i));

/* "10M", "64k" or a plain number with a unit of 1024; false when it is none. */
bool size_parse(const char *text, uint64_t *out);

#endif /* SOCLE_SOCLE_CMD_DEVICE_H */
