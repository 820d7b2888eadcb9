/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/complete.c
 *
 * socle __complete: what may stand where the cursor is, one candidate a line, with a tab and what it means after those that have a
 * meaning.  Shells ask it (dom0-tools/data/completion), so they know what the table knows.  It never complains: whoever presses
 * the tab key wants no message, and where nothing can be found out, nothing is proposed.
 *
 *   __complete line WORD...         the words after "socle", the last of them unfinished
 *   __complete KIND [GUEST] [WORD]  names of one kind; disks and cards are those of a guest
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "device/xenbus.h"
#include "domain/console.h"
#include "domain/devices.h"
#include "domain/names.h"
#include "libsocle/domain.h"
#include "socle/cmd.h"
#include "socle/explain.h"

#define DEFINITION_DIR "/etc/socle/guests"
#define FILES_PLEASE   ":files" /* the shell itself completes names of files */

static void propose(const char *prefix, const char *candidate, const char *help, const char *word)
{
	if (strncmp(candidate, word, strlen(word)) == 0)
		printf("%s%s%s%s\n", prefix, candidate, help ? "\t" : "", help ? help : "");
}

/* --- names that only the system knows ---------------------------------------------------------- */

static void guests_propose(const char *prefix, const char *word)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct xen_domctl_getdomaininfo info;

	if (domain_ctx_open(&ctx, NULL))
		return;
	for (uint16_t next = 1; socle_domain_list(ctx.hv, next, &info, 1) == 1; next = (uint16_t)(info.domain + 1)) {
		char *name = names_of(&ctx, info.domain);

		if (name)
			propose(prefix, name, NULL, word);
		free(name);
	}
	domain_ctx_close(&ctx);
}

struct wanted {
	const char *prefix, *word;
};

static int device_propose(const struct device_view *v, void *arg)
{
	const struct wanted *w = arg;
	char number[16];

	snprintf(number, sizeof(number), "%u", v->ref.devid);
	propose(w->prefix, v->ref.cls == DEVICE_DISK ? v->dev : number, device_state_name(v->state), w->word);
	return 0;
}

static void devices_propose(enum device_class cls, const char *guest, const char *prefix, const char *word)
{
	struct wanted w = { prefix, word };
	struct domain_ctx ctx = { .hv = NULL };
	uint16_t domid = 0;

	if (guest && domain_ctx_open(&ctx, NULL) == 0 && names_find(&ctx, guest, &domid, NULL) == 0 && domid)
		devices_each(&ctx, cls, domid, device_propose, &w);
	domain_ctx_close(&ctx);
}

/* Names of files in a folder that end so and do not begin so, without their end. */
static void folder_propose(const char *path, const char *end, const char *not, const char *prefix, const char *word)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char *name = list[i]->d_name;
		size_t len = strlen(name), cut = strlen(end);

		if (len > cut && strcmp(name + len - cut, end) == 0 && *name != '.' && (!*not || strncmp(name, not, strlen(not)) != 0)) {
			name[len - cut] = '\0';
			propose(prefix, name, NULL, word);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* --- what the table knows ---------------------------------------------------------------------- */

static void commands_propose(const struct command *group, const char *word)
{
	for (unsigned int i = 0; i < nr_commands; i++) {
		const char *name = command_word(&commands[i], group);

		if (name && !commands[i].hidden)
			propose("", name, commands[i].help, word);
	}
}

static void errors_propose(const char *prefix, const char *word)
{
	const char *at = explain_text;
	struct explanation x;

	while (explain_next(&at, &x))
		propose(prefix, x.id, x.what, word);
}

static void kind_propose(enum kind kind, const char *guest, const char *prefix, const char *word)
{
	switch (kind) {
	case KIND_GUEST:
		guests_propose(prefix, word);
		break;
	case KIND_DEFINITION:
		folder_propose(DEFINITION_DIR, ".xml", "", prefix, word);
		break;
	case KIND_PAST_GUEST:
		folder_propose(SOCLE_LOG_DIR, ".log", "console-", prefix, word);
		break;
	case KIND_DISK:
	case KIND_CARD:
		devices_propose(kind == KIND_DISK ? DEVICE_DISK : DEVICE_CARD, guest, prefix, word);
		break;
	case KIND_FILE:
		puts(FILES_PLEASE);
		break;
	case KIND_COMMAND:
		commands_propose(NULL, word);
		break;
	case KIND_ERROR:
		errors_propose(prefix, word);
		break;
	case KIND_TEXT:
		break;
	}
}

static void value_propose(const struct flag *f, const char *guest, const char *prefix, const char *word)
{
	char one[64];

	if (!f->words) {
		kind_propose(f->kind, guest, prefix, word);
		return;
	}
	for (const char *p = f->words; *p; p += strcspn(p, " "), p += *p == ' ') {
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(p, " "), p);
		propose(prefix, one, NULL, word);
	}
}

static void flags_propose(const struct invocation *inv, const char *word)
{
	for (int i = 0; i < FLAGS_MAX && inv->cmd->flags[i].name; i++) {
		const struct flag *f = &inv->cmd->flags[i];
		char text[64];

		snprintf(text, sizeof(text), "--%s%s", f->name, f->value_name ? "=" : "");
		if (!inv->given[i])
			propose("", text, f->help, word);
	}
	propose("", "--help", "more about this command", word);
}

/* --- a line ------------------------------------------------------------------------------------ */

/* What stands before the cursor, read as far as it is understood; the flag whose value the next word is, or NULL. */
static const struct flag *line_read(struct invocation *inv, int nr_words, char **words, bool *flags_over)
{
	const struct flag *open = NULL;

	for (int i = 0; i < nr_words; i++) {
		const char *value;
		int f;

		if (open) {
			open = NULL;
		} else if (!*flags_over && strcmp(words[i], "--") == 0) {
			*flags_over = true;
		} else if (*flags_over || words[i][0] != '-' || !words[i][1]) {
			inv->args[inv->nr_args++] = words[i];
		} else if ((f = flag_find(inv->cmd, words[i], &value)) >= 0) {
			inv->given[f] = true;
			open = inv->cmd->flags[f].value_name && !value ? &inv->cmd->flags[f] : NULL;
		}
	}
	return open;
}

/* The guest that stands among the arguments, for the names of its devices. */
static const char *guest_of(const struct invocation *inv)
{
	for (int i = 0; i < inv->nr_args && i < ARGS_MAX; i++)
		if (inv->cmd->arg[i].name && inv->cmd->arg[i].kind == KIND_GUEST)
			return inv->args[i];
	return NULL;
}

static void argument_propose(const struct invocation *inv, const char *word)
{
	const struct command *cmd = inv->cmd;
	int n = inv->nr_args;

	for (int i = 0; i < n && i < ARGS_MAX; i++)
		if (cmd->arg[i].name && cmd->arg[i].many)
			n = i;
	if (n >= ARGS_MAX || !cmd->arg[n].name)
		return;
	if (cmd->arg[n].kind == KIND_COMMAND && inv->nr_args) {
		int used;
		const struct command *group = command_look(inv->nr_args, inv->args, &used);

		if (group && !group->run && used == inv->nr_args)
			commands_propose(group, word);
	} else {
		kind_propose(cmd->arg[n].kind, guest_of(inv), "", word);
	}
}

static void line_propose(int nr_words, char **words)
{
	const char *word = words[nr_words - 1], *value = NULL;
	struct invocation inv = { .cmd = NULL };
	const struct flag *open;
	bool flags_over = false;
	int used = 0, f;

	inv.cmd = command_look(nr_words - 1, words, &used);
	if (used < nr_words - 1 && (!inv.cmd || !inv.cmd->run))
		return; /* a word that is no command */
	if (!inv.cmd || !inv.cmd->run) {
		commands_propose(inv.cmd, word);
		return;
	}
	inv.args = words + used;
	open = line_read(&inv, nr_words - 1 - used, words + used, &flags_over);
	if (open) {
		value_propose(open, guest_of(&inv), "", word);
	} else if (!flags_over && word[0] == '-') {
		f = flag_find(inv.cmd, word, &value);
		if (f >= 0 && value && inv.cmd->flags[f].value_name) {
			char prefix[64];

			snprintf(prefix, sizeof(prefix), "%.*s", (int)(value - word), word);
			value_propose(&inv.cmd->flags[f], guest_of(&inv), prefix, value);
		} else {
			flags_propose(&inv, word);
		}
	} else {
		argument_propose(&inv, word);
	}
}

int cmd_complete(const struct invocation *inv)
{
	const char *what = inv->args[0];

	if (strcmp(what, "line") == 0) {
		if (inv->nr_args > 1)
			line_propose(inv->nr_args - 1, inv->args + 1);
		return EXIT_OK;
	}
	for (enum kind k = KIND_TEXT; k <= KIND_LAST; k++) {
		bool of_guest = k == KIND_DISK || k == KIND_CARD;
		const char *word = arg_at(inv, of_guest ? 2 : 1);

		if (strcmp(kind_name(k), what) != 0)
			continue;
		kind_propose(k, of_guest ? arg_at(inv, 1) : NULL, "", word ? word : "");
		return EXIT_OK;
	}
	return usage_error(inv->cmd, "there is no kind '%.40s'", what);
}
