/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/act.c
 *
 * See act.h.  A guest's name, UUID and domain are those of its reservation: looked for before the command, which may end it, and
 * once more after it, which may have made it.
 */
#include "socle/act.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/event.h"
#include "domain/linefile.h"
#include "domain/names.h"
#include "libsocle/stamp.h"
#include "socle/journal.h"

#define WORDS_MAX 64 /* of a command line; the record has no more */

static struct {
	bool on;
	const char *command;
	char *words[WORDS_MAX];
	int nr_words;
	char name[DOMAIN_NAME_MAX + 1], uuid[37];
	uint16_t domid;
	uint64_t begin_ns;
} now;

static bool given(const struct invocation *inv, enum effect effect)
{
	for (int i = 0; i < FLAGS_MAX && inv->cmd->flags[i].name; i++)
		if (inv->given[i] && inv->cmd->flags[i].effect == effect)
			return true;
	return false;
}

bool act_is(const struct invocation *inv)
{
	if (given(inv, EFFECT_ONLY_LOOKS))
		return false;
	if (given(inv, EFFECT_CHANGES) || inv->cmd->act == ACT_ALWAYS)
		return true;
	return inv->cmd->act == ACT_WITH_ARGUMENT && inv->nr_args > 0;
}

/* --- the guest --------------------------------------------------------------------------------- */

static int domain_fits(void *arg, const struct reserve_line *l)
{
	struct reserve_line *wanted = arg;

	if (l->domid != wanted->domid)
		return 0;
	*wanted = *l;
	return 1;
}

/* "who" as a user may have said it. */
static void guest_look(const char *who)
{
	struct reserve_line l = { .state = RESERVE_NONE };
	bool held, found;
	char *end;
	unsigned long id = strtoul(who, &end, 10);

	if (isdigit((unsigned char)*who) && !*end && id && id <= UINT16_MAX) {
		l.domid = (uint16_t)id;
		found = reserve_each(SOCLE_NAMES_DIR, domain_fits, &l) == 1;
	} else {
		found = reserve_look(SOCLE_NAMES_DIR, who, &l, &held) == 0 && *l.name;
	}
	if (!found)
		return;
	snprintf(now.name, sizeof(now.name), "%s", l.name);
	snprintf(now.uuid, sizeof(now.uuid), "%s", l.uuid);
	now.domid = l.domid ? l.domid : now.domid;
}

void act_about(const char *name)
{
	if (now.on && !*now.name)
		snprintf(now.name, sizeof(now.name), "%s", name);
}

static void guest_of_arguments(const struct invocation *inv)
{
	for (int i = 0; i < ARGS_MAX && inv->cmd->arg[i].name && i < inv->nr_args; i++) {
		enum kind kind = inv->cmd->arg[i].kind;

		if (kind != KIND_GUEST && kind != KIND_DEFINITION)
			continue;
		guest_look(inv->args[i]);
		act_about(inv->args[i]); /* one without a reservation */
		return;
	}
}

void act_begin(const struct invocation *inv, int nr_words, char *const *words)
{
	if (!act_is(inv))
		return;
	now.on = true;
	now.command = inv->cmd->name;
	now.nr_words = nr_words < WORDS_MAX ? nr_words : WORDS_MAX;
	memcpy(now.words, words, (size_t)now.nr_words * sizeof(*words));
	now.begin_ns = clock_ns();
	guest_of_arguments(inv);
}

/* --- who --------------------------------------------------------------------------------------- */

/*
 * From the file, not by getpwuid(): a name service that does not answer would hold up every command, and glibc 2.36 aborts when it
 * has no memory for one.
 */
static const char *user_name(uid_t uid, char out[64])
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;

	snprintf(out, 64, "%u", (unsigned int)uid);
	while (f && (p = fgetpwent(f)))
		if (p->pw_uid == uid) {
			snprintf(out, 64, "%s", p->pw_name);
			break;
		}
	if (f)
		fclose(f);
	return out;
}

/* The user that logged in, whatever became of it since: audit's loginuid, which stays through su and sudo.  NULL: nobody did. */
static const char *login_name(char out[64])
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	unsigned int uid = UINT32_MAX;
	bool known = f && fscanf(f, "%u", &uid) == 1 && uid != UINT32_MAX;

	if (f)
		fclose(f);
	return known ? user_name(uid, out) : NULL;
}

/* --- the record -------------------------------------------------------------------------------- */

static void journal_tell(const struct act *a)
{
	struct journal_entry e = { .used = 0 };
	char words[2048] = "";

	for (int i = 0; i < a->nr_args; i++) {
		size_t n = strlen(words);

		snprintf(words + n, sizeof(words) - n, " %s", a->args[i]);
	}
	if (access(journal_path(), F_OK))
		return;
	journal_fieldf(&e, "MESSAGE", "%s: socle %s%s: exit code %d%s%s%s", a->user, a->command, words, a->exit, a->error ? " [" : "",
		       a->error ? a->error : "", a->error ? "]" : "");
	journal_field(&e, "PRIORITY", a->exit ? "4" : "5"); /* warning, notice */
	journal_field(&e, "SYSLOG_IDENTIFIER", "socle");
	journal_field(&e, "SOCLE_COMMAND", a->command);
	journal_field(&e, "SOCLE_ARGS", *words ? words + 1 : "");
	journal_field(&e, "SOCLE_USER", a->user);
	journal_fieldf(&e, "SOCLE_UID", "%u", a->uid);
	if (a->sudo)
		journal_field(&e, "SOCLE_SUDO_USER", a->sudo);
	if (a->login)
		journal_field(&e, "SOCLE_LOGIN_USER", a->login);
	if (a->name)
		journal_field(&e, "SOCLE_GUEST", a->name);
	if (a->uuid)
		journal_field(&e, "SOCLE_UUID", a->uuid);
	if (a->domid)
		journal_fieldf(&e, "SOCLE_DOMAIN", "%u", a->domid);
	journal_fieldf(&e, "SOCLE_EXIT", "%d", a->exit);
	if (a->error)
		journal_field(&e, "SOCLE_ERROR", a->error);
	journal_fieldf(&e, "SOCLE_TOOK_MS", "%.3f", a->took_ms);
	journal_send(journal_path(), &e);
}

void act_end(int code)
{
	char user[64], login[64];
	struct socle_error err = { 0 };
	struct act a;
	char *line;

	if (!now.on || code == EXIT_USAGE)
		return;
	if (*now.name)
		guest_look(now.name);
	a = (struct act){ .ms = stamp_now(), .command = now.command, .args = now.words, .nr_args = now.nr_words,
			  .uid = (unsigned int)getuid(), .sudo = getenv("SUDO_USER"), .login = login_name(login), .pid = (int)getpid(),
			  .name = *now.name ? now.name : NULL, .uuid = *now.uuid ? now.uuid : NULL, .domid = now.domid, .exit = code,
			  .error = code ? reported_id() : NULL, .took_ms = (double)(clock_ns() - now.begin_ns) / 1e6 };
	a.user = a.login ? a.login : a.sudo ? a.sudo : user_name(getuid(), user);
	line = act_line(&a);
	if (!line)
		socle_fail(&err, ENOMEM, "out of memory");
	if (!line || line_append(events_path(), line, EVENTS_LIMIT, &err))
		warn_id("act-not-recorded", "this act is not recorded: %s", err.text);
	free(line);
	journal_tell(&a);
}
