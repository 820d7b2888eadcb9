/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/help.c
 *
 * Usage and help, printed from the table; and socle help.
 */
#include <string.h>

#include "domain/json.h"
#include "socle/cmd.h"
#include "socle/man.h"

#define ARGS_WIDTH 27 /* of a list of commands */
#define USAGE_FLAGS 5

void arguments_format(const struct command *cmd, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < ARGS_MAX && cmd->arg[i].name && len < size; i++) {
		const struct argument *a = &cmd->arg[i];

		snprintf(out + len, size - len, "%s%s%s%s%s", i ? " " : "", a->optional ? "[" : "", a->name, a->many ? "..." : "",
			 a->optional ? "]" : "");
		len = strlen(out);
	}
}

/* Flags one by one, unless they are so many that the line could not be read. */
static void usage_one(const struct command *cmd, FILE *out)
{
	bool many = cmd->flags[USAGE_FLAGS].name;
	char args[128];

	fprintf(out, "socle %s%s", cmd->name, many ? " [FLAGS]" : "");
	for (unsigned int i = 0; !many && i < USAGE_FLAGS && cmd->flags[i].name; i++) {
		const struct flag *f = &cmd->flags[i];

		fputs(" [", out);
		if (f->letter)
			fprintf(out, "-%c|", f->letter);
		fprintf(out, "--%s%s%s]", f->name, f->value_name ? "=" : "", f->value_name ? f->value_name : "");
	}
	arguments_format(cmd, args, sizeof(args));
	fprintf(out, "%s%s\n", *args ? " " : "", args);
}

void usage_print(const struct command *cmd, FILE *out)
{
	const char *head = "usage: ";

	if (cmd->run) {
		fputs(head, out);
		usage_one(cmd, out);
	}
	for (unsigned int i = 0; !cmd->run && i < nr_commands; i++) {
		if (!command_word(&commands[i], cmd))
			continue;
		fputs(head, out);
		usage_one(&commands[i], out);
		head = "       ";
	}
}

static void flag_print(const struct flag *f)
{
	printf("  %c%c%s --%s%s%-*s %s\n", f->letter ? '-' : ' ', f->letter ? f->letter : ' ', f->letter ? "," : " ", f->name,
	       f->value_name ? "=" : "", 16 - (int)strlen(f->name) - (f->value_name ? 1 : 0), f->value_name ? f->value_name : "",
	       f->help);
}

static void line_print(const struct command *cmd, const char *name)
{
	char args[128];

	arguments_format(cmd, args, sizeof(args));
	if (!cmd->run)
		snprintf(args, sizeof(args), "...");
	printf("  %-9s %-*s %s\n", name, ARGS_WIDTH, args, cmd->help);
}

/* The commands of a group, or (NULL) those outside all groups and the groups. */
static void list_print(const struct command *group)
{
	for (unsigned int i = 0; i < nr_commands; i++) {
		const char *name = command_word(&commands[i], group);

		if (name && !commands[i].hidden)
			line_print(&commands[i], name);
	}
}

int help_print(const struct command *cmd)
{
	usage_print(cmd, stdout);
	printf("\n  %s\n", cmd->help);
	if (!cmd->run) {
		putchar('\n');
		list_print(cmd);
	}
	for (unsigned int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++) {
		if (!i)
			putchar('\n');
		flag_print(&cmd->flags[i]);
	}
	if (cmd->detail)
		printf("\n  %s\n", cmd->detail);
	return EXIT_OK;
}

/* --- the table as JSON -------------------------------------------------------------------------- */

const char *kind_name(enum kind kind)
{
	static const char *const names[] = {
		[KIND_TEXT] = "text", [KIND_GUEST] = "guest", [KIND_DEFINITION] = "definition", [KIND_PAST_GUEST] = "past-guest",
		[KIND_DISK] = "disk", [KIND_CARD] = "card", [KIND_FILE] = "file", [KIND_COMMAND] = "command", [KIND_ERROR] = "error",
	};

	return names[kind];
}

static void flag_json(struct json *j, const struct flag *f)
{
	json_object(j, NULL);
	json_text(j, "name", f->name);
	json_text_n(j, "letter", &f->letter, f->letter != 0);
	json_text(j, "value", f->value_name);
	json_text(j, "kind", f->value_name ? kind_name(f->kind) : NULL);
	json_text(j, "words", f->words);
	json_text(j, "help", f->help);
	json_end(j);
}

static void command_json(struct json *j, const struct command *cmd)
{
	json_object(j, NULL);
	json_text(j, "name", cmd->name);
	json_text(j, "help", cmd->help);
	json_bool(j, "group", !cmd->run);
	json_array(j, "arguments");
	for (int i = 0; i < ARGS_MAX && cmd->arg[i].name; i++) {
		json_object(j, NULL);
		json_text(j, "name", cmd->arg[i].name);
		json_text(j, "kind", kind_name(cmd->arg[i].kind));
		json_bool(j, "optional", cmd->arg[i].optional);
		json_bool(j, "many", cmd->arg[i].many);
		json_end(j);
	}
	json_end(j);
	json_array(j, "flags");
	for (int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++)
		flag_json(j, &cmd->flags[i]);
	json_end(j);
	json_end(j);
}

static int table_json(void)
{
	struct json j;

	json_begin(&j, stdout);
	json_rows(&j, NULL);
	for (unsigned int i = 0; i < nr_commands; i++)
		if (!commands[i].hidden)
			command_json(&j, &commands[i]);
	json_end(&j);
	return EXIT_OK;
}

int cmd_help(const struct invocation *inv)
{
	if (flag_given(inv, "json"))
		return inv->nr_args ? usage_error(inv->cmd, "'--json' prints the whole table") : table_json();
	if (flag_given(inv, "man") && !inv->nr_args)
		return man_print(NULL);
	if (inv->nr_args) {
		int used;
		const struct command *cmd = command_find(inv->nr_args, inv->args, &used);

		if (cmd && used < inv->nr_args)
			return usage_error(inv->cmd, "'%s' has nothing below it, such as '%.60s'", cmd->name, inv->args[used]);
		if (cmd && flag_given(inv, "man"))
			return command_word(cmd, NULL) ? man_print(cmd) : usage_error(inv->cmd, "'%s' stands in the page of its group", cmd->name);
		return cmd ? help_print(cmd) : EXIT_USAGE;
	}
	printf("usage: socle COMMAND [FLAGS] [ARGUMENTS]\n\n");
	list_print(NULL);
	printf("\nA command may be shortened while it stays unique.  NAME is a guest's name, UUID or domain id.\n"
	       "'socle help COMMAND' tells more about one.\n");
	return EXIT_OK;
}
