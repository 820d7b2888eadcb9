/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/last.c
 *
 * How guests ended; see last.h.
 */
#include "domain/last.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include <abi/sched.h>

#include "domain/config.h"
#include "domain/names.h"

#define SUFFIX ".uuid"

/* ---- names ----------------------------------------------------------------------------------- */

static void name_path(const char *name, char *out, size_t size)
{
	snprintf(out, size, SOCLE_LOG_DIR "/%s" SUFFIX, name);
}

void last_name_keep(const char *name, const uint8_t uuid[16])
{
	char path[sizeof(SOCLE_LOG_DIR) + DOMAIN_NAME_MAX + 16], text[37];
	FILE *f;

	uuid_unparse_lower(uuid, text);
	name_path(name, path, sizeof(path));
	dir_ensure(SOCLE_LOG_DIR, 0755, NULL);
	f = fopen(path, "we");
	if (!f)
		return;
	fprintf(f, "%s\n", text);
	fclose(f);
}

static bool uuid_read(const char *path, uint8_t uuid[16])
{
	char text[37] = "";
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(text, sizeof(text), f) && uuid_parse(text, uuid) == 0;

	if (f)
		fclose(f);
	return ok;
}

bool last_name_uuid(const char *name, uint8_t uuid[16])
{
	char path[sizeof(SOCLE_LOG_DIR) + DOMAIN_NAME_MAX + 16];

	if (strchr(name, '/') || strlen(name) > DOMAIN_NAME_MAX)
		return false;
	name_path(name, path, sizeof(path));
	return uuid_read(path, uuid);
}

char *last_uuid_name(const uint8_t uuid[16])
{
	DIR *dir = opendir(SOCLE_LOG_DIR);
	struct dirent *entry;
	char *name = NULL;

	if (!dir)
		return NULL;
	while (!name && (entry = readdir(dir)) != NULL) {
		char path[sizeof(SOCLE_LOG_DIR) + sizeof(entry->d_name)];
		size_t len = strlen(entry->d_name);
		uint8_t found[16];

		if (len <= sizeof(SUFFIX) - 1 ||
		    strcmp(entry->d_name + len - (sizeof(SUFFIX) - 1), SUFFIX) != 0)
			continue;
		snprintf(path, sizeof(path), SOCLE_LOG_DIR "/%s", entry->d_name);
		if (uuid_read(path, found) && memcmp(found, uuid, sizeof(found)) == 0)
			name = strndup(entry->d_name, len - (sizeof(SUFFIX) - 1));
	}
	closedir(dir);
	return name;
}

/* ---- ends ------------------------------------------------------------------------------------ */

int last_words_next(struct socle_hv *hv, uint64_t seq, struct socle_last_words *out)
{
	memset(out, 0, sizeof(*out));
	out->seq = seq;
	return socle_own_op(hv, SOCLE_OP_last_words, out, sizeof(*out));
}

static bool fits(const struct socle_last_words *l, const struct last_wanted *w)
{
	return (!w->with_uuid || memcmp(l->handle, w->uuid, sizeof(w->uuid)) == 0) &&
	       (!w->with_domid || l->domid == w->domid);
}

int last_words_find(struct socle_hv *hv, const struct last_wanted *w, struct socle_last_words *out)
{
	struct socle_last_words l;
	bool found = false;
	int r;

	for (uint64_t seq = 1; (r = last_words_next(hv, seq, &l)) == 0; seq = l.seq + 1) {
		if (!fits(&l, w))
			continue;
		*out = l;
		found = true;
	}
	return r == -ENODATA && found ? 0 : r;
}

static const char *shutdown_words(uint32_t reason)
{
	static const char *const words[] = {
		[SHUTDOWN_poweroff] = "powered off", [SHUTDOWN_reboot] = "rebooted",
		[SHUTDOWN_suspend] = "suspended", [SHUTDOWN_crash] = "its kernel gave up",
		[SHUTDOWN_watchdog] = "stopped by its watchdog",
		[SHUTDOWN_soft_reset] = "asked for a soft reset",
	};

	return reason < sizeof(words) / sizeof(words[0]) ? words[reason]
							 : "ended for a reason of its own";
}

void last_words_how(const struct socle_last_words *l, char *out, size_t size)
{
	bool unborn = l->flags & SOCLE_END_UNBORN;

	switch (l->kind) {
	case SOCLE_END_CRASH:
		snprintf(out, size, "crashed: %.*s", (int)sizeof(l->words), l->words);
		break;
	case SOCLE_END_DESTROY:
		snprintf(out, size, unborn ? "taken away before it ran" : "destroyed");
		break;
	default:
		snprintf(out, size, "%s", shutdown_words(l->reason));
		break;
	}
}

void last_words_where(const struct socle_last_words *l, char *out, size_t size)
{
	*out = '\0';
	if (l->flags & SOCLE_END_HAS_VCPU)
		snprintf(out, size, "vCPU %u on CPU %u, in %s at %016" PRIx64, l->vcpu, l->cpu,
			 l->flags & SOCLE_END_IN_KERNEL ? "its kernel" : "user mode", l->regs.rip);
}
