/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_device.h
 *
 * What `socle disk` and `socle net` share.
 */
#ifndef SOCLE_SOCLE_CMD_DEVICE_H
#define SOCLE_SOCLE_CMD_DEVICE_H

#include "domain/devices.h"
#include "domain/json.h"
#include "socle/cmd.h"

#define DETACH_DEFAULT_S 30u
#define DETACH_MAX_S     3600u

/* What disks and cards have different of what is done alike with both. */
struct device_words {
	enum device_class cls;
	const char *noun;
	const char *limit_example;                     /* a flag's name */
	const char *(*limit_name)(unsigned int i);     /* is the flag's name as well */
	/* The device that a word means; EXIT_OK, or EXIT_USAGE after a message. */
	int (*devid_read)(const struct invocation *inv, const char *word, uint32_t *devid);
	/* For lists: a heading, a line or more below it, or members of a JSON object after others. */
	void (*heading)(void);
	void (*line)(const struct device_view *v, const char *guest);
	void (*json)(struct json *j, const struct device_view *v);
};

/* `disk detach` and `net detach`, and so on. */
int device_detach_run(const struct invocation *inv, const struct device_words *w);
int device_limit_run(const struct invocation *inv, const struct device_words *w);
int device_list_run(const struct invocation *inv, const struct device_words *w);

/* The guest of the first argument, and its device of this number. */
int device_open(const struct invocation *inv, const struct device_words *w, struct domain_ctx *ctx, uint32_t devid,
		struct device_view *v, struct socle_error *e);

/* Both connections, and the guest of this name (0: no name was given). Not the control domain. */
int device_guest_open(struct domain_ctx *ctx, const char *who, uint16_t *domid, struct socle_error *e);

/* A description's device; NULL after complaints on stderr. */
struct domain_config *device_file_load(const char *file);

/* "limits": { "read-bytes": { "rate": N, "burst": N }, ... }, those that are set. */
void limits_json(struct json *j, const struct ctl_bucket limit[CTL_LIMIT_COUNT], const char *(*name)(unsigned int i));

/* "pid" and "restarts" of who serves it. */
void worker_json(struct json *j, const struct device_view *v);

/* "10M", "64k" or a plain number with a unit of 1024; false when it is none. */
bool size_parse(const char *text, uint64_t *out);

#endif /* SOCLE_SOCLE_CMD_DEVICE_H */
