/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watchname.c
 *
 * Another name for a guest that runs.  Its watcher does it, since it holds the name; whatever can fail comes before the name
 * changes hands, and from then on the guest has the new one whatever becomes of its logs.  consoled follows the name in the store.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/event.h"
#include "domain/names.h"
#include "domain/process.h"
#include "domain/rewrite.h"
#include "domain/watcher.h"
#include "libsocle/logname.h"

#define LOG_PATH_MAX (sizeof(SOCLE_LOG_DIR) + 256)

/* The description with the new name. */
static struct domain_config *description_make(const struct domain_config *cfg, const char *name, struct socle_error *e)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	struct identity id = { .name = name };
	struct domain_config *new = NULL;
	char *text = NULL;
	size_t len = 0;

	memcpy(id.uuid, cfg->uuid, sizeof(id.uuid));
	if (diags)
		text = description_rewrite(cfg->text, cfg->text_len, &id, &len, diags);
	if (text)
		new = domain_config_parse(cfg->file, text, len, diags);
	if (!new)
		socle_fail_id(e, DOMAIN_E_CONFIG, "bad-description", "its description cannot be given another name%s%s",
			      diags && diags->kept ? ": " : "", diags && diags->kept ? diags->item[0].text : "");
	free(text);
	if (diags)
		diag_clear(diags);
	free(diags);
	return new;
}

static int store_name(struct watcher *w, const char *name, struct socle_error *e)
{
	char path[80], uuid[37];
	int r;

	uuid_unparse_lower(w->cfg->uuid, uuid);
	snprintf(path, sizeof(path), "/vm/%s/name", uuid);
	r = w->ctx.store ? socle_store_write(w->ctx.store, 0, path, "%s", name) : -ENOTCONN;
	snprintf(path, sizeof(path), "/local/domain/%u/name", w->domid);
	if (!r)
		r = socle_store_write(w->ctx.store, 0, path, "%s", name);
	return r < 0 ? socle_fail_id(e, -r, "store-refused", "cannot write its name into the store: %s", strerror(-r)) : 0;
}

/* "blkd-OLD-51712.log" and the like: where the name stands, or NULL. */
static const char *name_in(const char *file, const char *old)
{
	static const char *const before[] = { "", "blkd-", "netd-" };
	size_t n = strlen(old);

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		const char *at = file + strlen(before[i]), *rest = at + n;

		if (strncmp(file, before[i], strlen(before[i])) != 0 || strncmp(at, old, n) != 0)
			continue;
		if (i) /* the device's number comes next */
			rest += *rest == '-' ? 1 + strspn(rest + 1, "0123456789") : strlen(rest);
		if (strcmp(rest, ".log") == 0 || strcmp(rest, ".log.1") == 0 || (!i && strcmp(rest, ".uuid") == 0))
			return at;
	}
	return NULL;
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && strcmp(path + n - m, end) == 0;
}

/* The older part of a log goes with it; alone it goes behind that of an earlier guest of that name. */
static void older_rename(const char *from, const char *to)
{
	char log[LOG_PATH_MAX];

	snprintf(log, sizeof(log), "%.*s", (int)(strlen(from) - strlen(".1")), from);
	if (access(log, F_OK))
		(void)log_join(to, from);
}

/* An earlier guest of that name keeps its lines, before these.  A log that stays behind is no reason to go back. */
static void file_rename(const char *from, const char *to)
{
	if (ends_with(from, ".log.1"))
		older_rename(from, to);
	else if (ends_with(from, ".log"))
		(void)log_rename(from, to, log_join);
	else
		(void)rename(from, to);
}

static void logs_rename(const char *old, const char *name)
{
	DIR *d = opendir(SOCLE_LOG_DIR);

	for (struct dirent *de; d && (de = readdir(d));) {
		const char *at = name_in(de->d_name, old);
		char from[LOG_PATH_MAX], to[LOG_PATH_MAX + DOMAIN_NAME_MAX];

		if (!at)
			continue;
		snprintf(from, sizeof(from), SOCLE_LOG_DIR "/%s", de->d_name);
		snprintf(to, sizeof(to), SOCLE_LOG_DIR "/%.*s%s%s", (int)(at - de->d_name), de->d_name, name, at + strlen(old));
		file_rename(from, to);
	}
	if (d)
		closedir(d);
}

int watcher_rename(void *arg, const char *name, struct socle_error *e)
{
	struct watcher *w = arg;
	struct reserve_place place = names_place(&w->ctx);
	char old[DOMAIN_NAME_MAX + 1], text[DOMAIN_NAME_MAX + 16];
	struct domain_config *cfg;

	if (!domain_name_is_good(name))
		return socle_fail_id(e, DOMAIN_E_CONFIG, "bad-name", "'%.80s' cannot be its name", name);
	if (w->go_fd >= 0)
		return socle_fail_id(e, DOMAIN_E_BUSY, "guest-between", "it is being started; try again later");
	cfg = description_make(w->cfg, name, e);
	if (!cfg)
		return -1;
	snprintf(old, sizeof(old), "%s", w->cfg->name);
	if (reserve_rename(&w->reserve, &place, name, e)) {
		domain_config_free(cfg);
		return -1;
	}
	if (store_name(w, name, e)) {
		store_name(w, old, NULL);
		reserve_rename(&w->reserve, &place, old, NULL);
		domain_config_free(cfg);
		return -1;
	}
	memcpy(cfg->uuid, w->cfg->uuid, sizeof(cfg->uuid));
	cfg->has_uuid = true;
	domain_config_free(w->cfg);
	w->cfg = cfg;
	watcher_description_keep(w);
	logs_rename(old, name);
	process_title(w->argv0, name);
	snprintf(text, sizeof(text), "it was '%s'", old);
	watcher_say(w, "renamed: %s", text);
	watcher_tell(w, EVENT_RENAMED, NULL, NULL, text);
	return 0;
}
