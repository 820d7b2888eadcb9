/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_definition.c
 *
 * socle define, undefine, edit and rename: guests that exist whether they run or not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "device/ask.h"
#include "domain/autostart.h"
#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/names.h"
#include "domain/rename.h"
#include "domain/rundir.h"
#include "socle/act.h"
#include "socle/cmd.h"
#include "socle/description.h"

#define RENAME_MS 10000u /* that a watcher may need */

/* Does a guest of this name run, whoever made it?  Its UUID then. */
static bool running_uuid(const char *name, uint8_t uuid[16])
{
	struct domain_ctx ctx = { .hv = socle_hv_open(NULL) };
	struct reserve_place place = names_place(&ctx);
	struct reserve_line l;
	bool held = false, runs;

	runs = reserve_look(SOCLE_NAMES_DIR, name, &l, &held) == 0 && (held || place.lives(&ctx, &l)) && uuid_parse(l.uuid, uuid) == 0;
	domain_ctx_close(&ctx);
	return runs;
}

static int put_locked(const struct domain_config *cfg, struct socle_error *e)
{
	uint8_t uuid[16];
	int lock = definition_lock(e), r;

	if (lock < 0)
		return -1;
	r = definition_put(cfg, running_uuid(cfg->name, uuid) ? uuid : NULL, e);
	close(lock);
	return r;
}

int cmd_define(const struct invocation *inv)
{
	struct domain_config *cfg = description_read(inv->args[0]);
	struct socle_error err = { 0 };
	int r;

	if (!cfg)
		return description_report("define a guest from", inv->args[0]);
	act_about(cfg->name);
	r = put_locked(cfg, &err) ? report("define", cfg->name, &err) : EXIT_OK;
	domain_config_free(cfg);
	return r;
}

int cmd_undefine(const struct invocation *inv)
{
	struct socle_error err = { 0 };
	int lock = definition_lock(&err);
	int r = lock < 0 || autostart_check_unused(inv->args[0], &err) || definition_remove(inv->args[0], &err);

	if (lock >= 0)
		close(lock);
	return r ? report("undefine", inv->args[0], &err) : EXIT_OK;
}

/* --- edit -------------------------------------------------------------------------------------- */

/* The user's editor on a file; -1 with the error. */
static int editor_run(const char *path, struct socle_error *e)
{
	const char *editor = getenv("VISUAL");
	int status = 0;
	pid_t pid;

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	pid = fork();
	if (pid == 0) {
		/* An editor may come with arguments of its own: the shell parts them. */
		execl("/bin/sh", "sh", "-c", "eval \"$0 \\\"\\$1\\\"\"", editor, path, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return socle_fail_id(e, errno, "editor-failed", "cannot start the editor: %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return socle_fail_id(e, ECANCELED, "editor-failed", "the editor '%s' failed (set EDITOR to another); nothing is changed", editor);
	return 0;
}

static bool wants_again(void)
{
	char line[16];

	if (!isatty(STDIN_FILENO))
		return false;
	fputs("Go back to the editor? [Y/n] ", stderr);
	return fgets(line, sizeof(line), stdin) && (*line == '\n' || *line == 'y' || *line == 'Y');
}

/* A copy that only this user sees, to be edited. */
static int copy_make(const struct domain_config *cfg, char *path, size_t size, struct socle_error *e)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	snprintf(path, size, "%s/socle-%s-XXXXXX.xml", tmp && *tmp == '/' ? tmp : "/tmp", cfg->name);
	fd = mkostemps(path, (int)strlen(".xml"), O_CLOEXEC);
	if (fd >= 0 && write(fd, cfg->text, cfg->text_len) == (ssize_t)cfg->text_len)
		return close(fd);
	socle_fail(e, errno, "cannot write '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool same_text(const struct domain_config *a, const struct domain_config *b)
{
	return a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
}

/* Until it is a description, or the user has had enough. */
static struct domain_config *edited_read(const char *path, const struct domain_config *before, struct socle_error *e)
{
	for (;;) {
		struct domain_config *cfg;

		if (editor_run(path, e))
			return NULL;
		cfg = description_read(path);
		if (cfg && strcmp(cfg->name, before->name) == 0)
			return cfg;
		if (cfg)
			warn_id("bad-description", "<name> is '%s' now; 'socle rename' gives a guest another name", cfg->name);
		domain_config_free(cfg);
		if (!wants_again()) {
			socle_fail_id(e, DOMAIN_E_CONFIG, "bad-description", "it is not changed; what was written is in '%s'", path);
			return NULL;
		}
	}
}

/* Put it in the place of the text that was edited, if that still is the one. */
static int edited_put(const struct domain_config *before, const struct domain_config *cfg, const char *path,
		      struct socle_error *e)
{
	struct domain_config *now;
	uint8_t uuid[16];
	int lock = definition_lock(e), r;

	if (lock < 0)
		return -1;
	now = definition_load(before->name, NULL);
	if (now && same_text(now, before))
		r = definition_put(cfg, running_uuid(cfg->name, uuid) ? uuid : NULL, e);
	else
		r = socle_fail_id(e, DOMAIN_E_BUSY, "changed-meanwhile", "somebody else has changed it meanwhile; what you wrote is in '%s'", path);
	domain_config_free(now);
	close(lock);
	return r;
}

int cmd_edit(const struct invocation *inv)
{
	struct socle_error err = { 0 };
	struct domain_config *before = definition_load(inv->args[0], &err), *cfg = NULL;
	char path[512] = "";
	int r = -1;

	if (before && copy_make(before, path, sizeof(path), &err) == 0)
		cfg = edited_read(path, before, &err);
	if (cfg) {
		bool same = same_text(before, cfg);

		if (same)
			fprintf(stderr, "socle: nothing is changed\n");
		r = same ? 0 : edited_put(before, cfg, path, &err);
	}
	if (*path && (r == 0 || err.code == ECANCELED))
		unlink(path);
	domain_config_free(cfg);
	domain_config_free(before);
	return r ? report("edit", inv->args[0], &err) : EXIT_OK;
}

/* --- rename ------------------------------------------------------------------------------------ */

/* Nobody starts it, and nobody takes the new name, until this is done. */
static int rename_reserved(const char *name, const char *to, struct socle_error *e)
{
	struct domain_ctx ctx = { .hv = socle_hv_open(NULL) }; /* where there is no hypervisor, nobody runs */
	struct reserve_place place = names_place(&ctx);
	struct domain_config *cfg = definition_load(name, e);
	struct reserve old = RESERVE_EMPTY, new = RESERVE_EMPTY;
	uint8_t nobody[16];
	int r = -1;

	uuid_generate(nobody);
	if (cfg && names_reserve(&ctx, cfg, &old, e))
		socle_fail_id(e, DOMAIN_E_BUSY, "guest-runs", "it is being started or taken away, or has no watcher; try again later");
	else if (cfg && reserve_take(&new, &place, to, nobody, 0, e) == 0)
		r = definition_rename(name, to, e);
	reserve_release(&new);
	reserve_release(&old);
	domain_config_free(cfg);
	domain_ctx_close(&ctx);
	return r;
}

/* Its watcher, who has its name. */
static int running_rename(uint16_t domid, const char *to, struct socle_error *e)
{
	struct ask q = { .what = ASK_RENAME };
	char dir[GUEST_RUN_DIR_MAX];
	struct ask_answer a;
	int conn;

	guest_run_dir(dir, domid);
	snprintf(q.name, sizeof(q.name), "%s", to);
	conn = ask_send(dir, &q, -1, &a, RENAME_MS, e);
	if (conn >= 0)
		close(conn);
	return conn < 0 ? -1 : 0;
}

/*
 * A definition under the new name comes first, as somebody else may have that, and the old one goes last: what was cut off can be
 * asked for again.
 */
static int rename_running(uint16_t domid, const char *name, const char *to, struct socle_error *e)
{
	bool defined = definition_exists(name), there = definition_exists(to);

	if (!defined && there)
		return socle_fail_id(e, DOMAIN_E_EXISTS, "definition-exists", "there is a definition of '%s'", to);
	if (defined && definition_copy(name, to, e))
		return -1;
	if (running_rename(domid, to, e)) {
		if (defined && !there)
			definition_remove(to, NULL);
		return -1;
	}
	return defined && definition_rename(name, to, e) ? partly_done(e, "the guest has its new name") : 0;
}

/* Was the guest of this definition given its new name already, and nothing else done? */
static bool is_half_renamed(const char *name, const char *to)
{
	struct domain_config *cfg = definition_load(name, NULL);
	struct reserve_line l = { .state = RESERVE_NONE };
	char uuid[37];
	bool held = false;

	if (cfg)
		uuid_unparse_lower(cfg->uuid, uuid);
	held = cfg && reserve_look(SOCLE_NAMES_DIR, uuid, &l, &held) == 0 && held && strcmp(l.name, to) == 0;
	domain_config_free(cfg);
	return held;
}

static int rename_any(const char *who, const char *to, struct socle_error *e)
{
	struct reserve_line l;
	bool held;

	if (reserve_look(SOCLE_NAMES_DIR, who, &l, &held) == 0 && held && l.state == RESERVE_RUNNING)
		return rename_running(l.domid, l.name, to, e);
	return is_half_renamed(who, to) ? definition_rename(who, to, e) : rename_reserved(who, to, e);
}

int cmd_rename(const struct invocation *inv)
{
	const char *name = inv->args[0], *to = inv->args[1];
	struct socle_error err = { 0 };
	int lock, r;

	if (!domain_name_is_good(to))
		return usage_error(inv->cmd, "'%.80s' cannot be a name: use 1 to %u letters, digits and _ . + -, beginning with a "
				   "letter, digit or _, and not only digits", to, DOMAIN_NAME_MAX);
	lock = definition_lock(&err);
	r = lock < 0 ? -1 : rename_any(name, to, &err);
	if (lock >= 0)
		close(lock);
	return r ? report("rename", name, &err) : EXIT_OK;
}
