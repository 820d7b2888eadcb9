/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/acts.c
 *
 * What changes something, each by a command of the program.  Names come behind "--": one that begins with "-" is no flag.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "domain/codes.h"
#include "domain/config.h"
#include "domain/console.h"
#include "domain/names.h"

#define ARGS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* --- descriptions ------------------------------------------------------------------------------ */

/* Read here first: faults are told with their places, and without the hypervisor. */
static struct domain_config *description_read(struct socle *s, const char *xml, size_t len)
{
	struct domain_config *cfg;

	if (!xml) {
		api_misuse(s, "a description is missing");
		return NULL;
	}
	if (len > DOMAIN_FILE_MAX)
		diag_add(&s->faults, 0, 0, "%zu bytes is too large for a domain description", len);
	cfg = s->faults.count ? NULL : domain_config_parse("description", xml, len, &s->faults);
	if (!cfg) {
		socle_fail_id(&s->error, DOMAIN_E_CONFIG, "bad-description", "the description has errors");
		api_end(s, -1);
	}
	return cfg;
}

API int socle_validate(struct socle *s, const char *xml, size_t len)
{
	api_begin(s);
	domain_config_free(description_read(s, xml, len));
	return -s->code;
}

/* A command that takes a description as a file. */
static int describe(struct socle *s, const char *const *args, const char *xml, size_t len, struct program_said *said)
{
	struct domain_config *cfg;

	api_begin(s);
	cfg = description_read(s, xml, len);
	domain_config_free(cfg);
	return cfg ? program_run(s, args, xml, len, said) : -s->code;
}

/* The number of this key in the program's JSON. */
static int number_of(struct socle *s, const struct program_said *said, const char *key)
{
	const char *at = strstr(said->out, key);
	unsigned int n;

	if (at && sscanf(at + strlen(key), ": %u", &n) == 1 && n <= UINT16_MAX)
		return (int)n;
	socle_fail_id(&s->error, EPROTO, "no-program", "the program 'socle' is of another version: it does not say %s", key);
	return api_fail_code(s, SOCLE_E_PARTIAL);
}

API int socle_create(struct socle *s, const char *xml, size_t len)
{
	struct program_said said;
	int r = describe(s, ARGS("create", "--json", "--", PROGRAM_FILE), xml, len, &said);

	return r ? r : number_of(s, &said, "\"id\"");
}

API int socle_define(struct socle *s, const char *xml, size_t len)
{
	struct program_said said;

	return describe(s, ARGS("define", "--", PROGRAM_FILE), xml, len, &said);
}

/* --- one guest --------------------------------------------------------------------------------- */

/* A command with nothing but a guest's name, and perhaps flags before it and a word behind it. */
static int about(struct socle *s, const char *who, const char *const *args, struct program_said *said)
{
	api_begin(s);
	if (!who || !*who)
		return api_misuse(s, "which guest? its name is missing");
	return program_run(s, args, NULL, 0, said);
}

API int socle_start(struct socle *s, const char *name)
{
	struct program_said said;
	int r = about(s, name, ARGS("start", "--json", "--", name), &said);

	return r ? r : number_of(s, &said, "\"id\"");
}

API int socle_undefine(struct socle *s, const char *name)
{
	struct program_said said;

	return about(s, name, ARGS("undefine", "--", name), &said);
}

API int socle_rename(struct socle *s, const char *name, const char *to)
{
	struct program_said said;

	if (to && *to)
		return about(s, name, ARGS("rename", "--", name, to), &said);
	api_begin(s);
	return api_misuse(s, "the new name is missing");
}

/* shutdown and reboot: "--wait" and how long. */
static int ask(struct socle *s, const char *command, const char *who, unsigned int seconds)
{
	struct program_said said;
	char limit[32];

	snprintf(limit, sizeof(limit), "--timeout=%u", seconds);
	return seconds ? about(s, who, ARGS(command, "--wait", limit, "--", who), &said) : about(s, who, ARGS(command, "--", who), &said);
}

API int socle_shutdown(struct socle *s, const char *who, unsigned int seconds)
{
	return ask(s, "shutdown", who, seconds);
}

API int socle_reboot(struct socle *s, const char *who, unsigned int seconds)
{
	return ask(s, "reboot", who, seconds);
}

API int socle_destroy(struct socle *s, const char *who)
{
	struct program_said said;

	return about(s, who, ARGS("destroy", "--", who), &said);
}

API int socle_pause(struct socle *s, const char *who)
{
	struct program_said said;

	return about(s, who, ARGS("pause", "--", who), &said);
}

API int socle_unpause(struct socle *s, const char *who)
{
	struct program_said said;

	return about(s, who, ARGS("unpause", "--", who), &said);
}

/* --- devices ----------------------------------------------------------------------------------- */

/* What a description of one device is of; NULL with faults. */
static struct domain_config *device_read(struct socle *s, const char *xml, size_t len)
{
	struct domain_config *cfg = xml && len <= DOMAIN_FILE_MAX ? domain_device_parse("description", xml, len, &s->faults) : NULL;

	if (!cfg && xml) {
		socle_fail_id(&s->error, DOMAIN_E_CONFIG, "bad-description", "the description has errors");
		api_end(s, -1);
	} else if (!cfg) {
		api_misuse(s, "a description is missing");
	}
	return cfg;
}

API int socle_attach(struct socle *s, const char *who, const char *xml, size_t len)
{
	struct program_said said;
	struct domain_config *cfg;
	bool disk;
	int r;

	api_begin(s);
	if (!who || !*who)
		return api_misuse(s, "which guest? its name is missing");
	cfg = device_read(s, xml, len);
	if (!cfg)
		return -s->code;
	disk = cfg->nr_disks;
	domain_config_free(cfg);
	if (disk)
		return program_run(s, ARGS("disk", "attach", "--", who, PROGRAM_FILE), xml, len, &said);
	r = program_run(s, ARGS("net", "attach", "--json", "--", who, PROGRAM_FILE), xml, len, &said);
	return r ? r : number_of(s, &said, "\"card\"");
}

API int socle_detach(struct socle *s, const char *who, const char *device, unsigned int flags, unsigned int seconds)
{
	const char *args[PROGRAM_ARGS_MAX + 1] = { NULL };
	struct program_said said;
	unsigned int n = 0;
	char limit[32];

	if (!device || !*device || (flags & ~SOCLE_FORCE)) {
		api_begin(s);
		return api_misuse(s, device && *device ? "there is no such flag" : "which device? a disk's target or a card's number is missing");
	}
	args[n++] = device[strspn(device, "0123456789")] ? "disk" : "net";
	args[n++] = "detach";
	if (flags & SOCLE_FORCE)
		args[n++] = "--force";
	snprintf(limit, sizeof(limit), "--timeout=%u", seconds);
	if (seconds)
		args[n++] = limit;
	args[n++] = "--";
	args[n++] = who;
	args[n++] = device;
	return about(s, who, args, &said);
}

/* --- console ----------------------------------------------------------------------------------- */

API int socle_console(struct socle *s, const char *who)
{
	uint16_t domid = 0;
	int fd = -1;

	api_begin(s);
	if (!who || !*who)
		return api_misuse(s, "which guest? its name is missing");
	if (!api_connect(s, true) && !names_find(&s->ctx, who, &domid, &s->error))
		fd = console_connect(domid, &s->error);
	return fd < 0 ? api_end(s, -1) : fd;
}
