/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/parse.c
 *
 * The words of a command line read along the table: first the command, then its flags and arguments in any order; "--" ends the
 * flags.  What is not understood is quoted, with what may have been meant.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "domain/diag.h"
#include "socle/cmd.h"

#define WORDS_MAX 64 /* commands of one group */

const char *command_word(const struct command *cmd, const struct command *group)
{
	size_t len = group ? strlen(group->name) : 0;
	const char *word = cmd->name;

	if (group) {
		if (strncmp(word, group->name, len) != 0 || word[len] != ' ')
			return NULL;
		word += len + 1;
	}
	return strchr(word, ' ') ? NULL : word;
}

/* "; did you mean 'X'?", or for a group that has nothing like it "; there are A, B, C". */
static void command_refuse(const struct command *group, const char *word)
{
	const char *names[WORDS_MAX + 1] = { NULL }, *guess;
	char list[512] = "";
	size_t nr = 0;

	for (unsigned int i = 0; i < nr_commands && nr < WORDS_MAX; i++) {
		const char *name = commands[i].hidden ? NULL : command_word(&commands[i], group);

		if (!name)
			continue;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", nr ? ", " : "", name);
		names[nr++] = name;
	}
	guess = diag_suggest(word, names);
	if (group && !guess)
		usage_error(NULL, "there is no '%s %.60s'; there are %s", group->name, word, list);
	else
		usage_error(NULL, "there is no %s'%s%s%.60s'%s%s%s", group ? "" : "command ", group ? group->name : "",
			    group ? " " : "", word, guess ? "; did you mean '" : "", guess ? guess : "", guess ? "'?" : "");
}

/* The one that a word means in a group, or NULL. */
static const struct command *word_look(const struct command *group, const char *word)
{
	const struct command *found = NULL;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_commands; i++) {
		const char *name = command_word(&commands[i], group);

		if (name && strcmp(name, word) == 0)
			return &commands[i];
		if (!name || commands[i].hidden || !*word || strncmp(name, word, strlen(word)) != 0)
			continue;
		found = &commands[i];
		nr++;
	}
	return nr == 1 ? found : NULL;
}

/* One word inside a group: the whole name, or a beginning that only one has.  A hidden one has to be written out. */
static const struct command *word_find(const struct command *group, const char *word)
{
	const struct command *found = word_look(group, word);
	char ambiguous[512] = "";

	for (unsigned int i = 0; !found && *word && i < nr_commands; i++) {
		const char *name = commands[i].hidden ? NULL : command_word(&commands[i], group);
		size_t n = strlen(ambiguous);

		if (name && strncmp(word, name, strlen(word)) == 0)
			snprintf(ambiguous + n, sizeof(ambiguous) - n, "%s%s", n ? ", " : "", name);
	}
	if (*ambiguous)
		usage_error(NULL, "'%s%s%s' can mean %s", group ? group->name : "", group ? " " : "", word, ambiguous);
	else if (!found)
		command_refuse(group, word);
	return found;
}

const struct command *command_find(int nr_words, char *const words[], int *used)
{
	const struct command *cmd = NULL;

	*used = 0;
	do {
		cmd = word_find(cmd, words[(*used)++]);
	} while (cmd && !cmd->run && *used < nr_words && words[*used][0] != '-');
	return cmd;
}

const struct command *command_look(int nr_words, char *const words[], int *used)
{
	const struct command *cmd = NULL, *next;

	for (*used = 0; *used < nr_words && (!cmd || !cmd->run); ++*used) {
		next = word_look(cmd, words[*used]);
		if (!next)
			break;
		cmd = next;
	}
	return cmd;
}

/* --- flags ------------------------------------------------------------------------------------- */

static int flag_position(const struct invocation *inv, const char *name)
{
	for (int i = 0; i < FLAGS_MAX && inv->cmd->flags[i].name; i++)
		if (strcmp(inv->cmd->flags[i].name, name) == 0)
			return i;
	fprintf(stderr, "socle: the table has no '%s --%s'\n", inv->cmd->name, name);
	abort();
}

bool flag_given(const struct invocation *inv, const char *name)
{
	return inv->given[flag_position(inv, name)];
}

const char *flag_value(const struct invocation *inv, const char *name)
{
	return inv->value[flag_position(inv, name)];
}

int flag_number(const struct invocation *inv, const char *name, const char *unit, unsigned int min, unsigned int max,
		unsigned int *out)
{
	const char *text = flag_value(inv, name);
	unsigned long n;
	char *end;

	if (!text)
		return EXIT_OK;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n < min || n > max)
		return usage_error(inv->cmd, "'--%s' takes %u to %u%s%s, not '%.40s'", name, min, max, *unit ? " " : "", unit,
				   text);
	*out = (unsigned int)n;
	return EXIT_OK;
}

const char *arg_at(const struct invocation *inv, int n)
{
	return n < inv->nr_args ? inv->args[n] : NULL;
}

int flag_find(const struct command *cmd, const char *word, const char **value)
{
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);

	*value = eq ? eq + 1 : NULL;
	for (int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++) {
		const struct flag *f = &cmd->flags[i];

		if (len == 2 && word[0] == '-' && word[1] == f->letter && f->letter)
			return i;
		if (len == strlen(f->name) + 2 && strncmp(word, "--", 2) == 0 &&
		    strncmp(word + 2, f->name, len - 2) == 0)
			return i;
	}
	return -1;
}

static int flag_refuse(const struct command *cmd, const char *word)
{
	const char *names[FLAGS_MAX + 1] = { NULL }, *guess = NULL;
	char name[64];

	for (int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++)
		names[i] = cmd->flags[i].name;
	if (strncmp(word, "--", 2) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		guess = diag_suggest(name, names);
	}
	return usage_error(cmd, "'%s' has no flag '%.60s'%s%s%s", cmd->name, word, guess ? "; did you mean '--" : "",
			   guess ? guess : "", guess ? "'?" : "");
}

/* --- arguments --------------------------------------------------------------------------------- */

static int arguments_count_check(const struct invocation *inv)
{
	const struct command *cmd = inv->cmd;
	char usage[128];
	int least = 0, most = 0;

	for (int i = 0; i < ARGS_MAX && cmd->arg[i].name; i++) {
		least += !cmd->arg[i].optional;
		most = cmd->arg[i].many ? INT_MAX : most + 1;
	}
	arguments_format(cmd, usage, sizeof(usage));
	if (inv->nr_args < least)
		return usage_error(cmd, "'%s' needs %s", cmd->name, usage);
	if (inv->nr_args > most)
		return usage_error(cmd, "'%s' has no use for '%.60s'", cmd->name, inv->args[most]);
	return EXIT_OK;
}

/* A flag at words[*i], whose value may be the word after it. */
static int flag_read(struct invocation *inv, int nr_words, char **words, int *i)
{
	const struct command *cmd = inv->cmd;
	const char *word = words[*i], *value;
	int f = flag_find(cmd, word, &value);

	if (f < 0)
		return flag_refuse(cmd, word);
	if (value && !cmd->flags[f].value_name)
		return usage_error(cmd, "'--%s' takes no value", cmd->flags[f].name);
	if (!value && cmd->flags[f].value_name) {
		if (*i + 1 >= nr_words)
			return usage_error(cmd, "'--%s' needs a value", cmd->flags[f].name);
		value = words[++*i];
	}
	inv->given[f] = true;
	inv->value[f] = value;
	return EXIT_OK;
}

int arguments_read(struct invocation *inv, int nr_words, char **words)
{
	bool flags_over = false;

	inv->args = words; /* arguments are moved to the front in place */
	for (int i = 0; i < nr_words; i++) {
		int r = EXIT_OK;

		if (!flags_over && strcmp(words[i], "--") == 0)
			flags_over = true;
		else if (flags_over || words[i][0] != '-' || !words[i][1])
			inv->args[inv->nr_args++] = words[i];
		else
			r = flag_read(inv, nr_words, words, &i);
		if (r)
			return r;
	}
	return arguments_count_check(inv);
}
