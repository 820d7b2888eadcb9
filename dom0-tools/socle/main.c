/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/main.c
 *
 * The command line of Socle.  A command is found by its name or by any unique beginning of it; its
 * flags are read along its entry in the table, with help printed from the same entry.  Data goes to
 * stdout, everything else to stderr, and the exit code tells the kind of failure.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/codes.h"
#include "domain/diag.h"
#include "socle/cmd.h"

#define COMMANDS_MAX 32

volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

void stop_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN); /* a peer that went away shows as an error of write() */
}

enum exit_code exit_code_of(int error_code)
{
	switch (error_code) {
	case DOMAIN_E_CONFIG:
		return EXIT_CONFIG;
	case DOMAIN_E_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case DOMAIN_E_EXISTS:
		return EXIT_EXISTS;
	case DOMAIN_E_NO_MEMORY:
		return EXIT_NO_MEMORY;
	case DOMAIN_E_NO_DAEMON:
		return EXIT_NO_DAEMON;
	case DOMAIN_E_BACKEND:
		return EXIT_BACKEND;
	case DOMAIN_E_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}

int report(const char *verb, const char *who, const struct socle_error *e)
{
	fflush(stdout);
	if (who)
		fprintf(stderr, "socle: cannot %s '%s': %s\n", verb, who, e->text);
	else
		fprintf(stderr, "socle: cannot %s: %s\n", verb, e->text);
	return exit_code_of(e->code);
}

static void usage_print(const struct command *cmd, FILE *out)
{
	fprintf(out, "usage: socle %s", cmd->name);
	for (unsigned int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++) {
		const struct flag *f = &cmd->flags[i];

		fputs(" [", out);
		if (f->letter)
			fprintf(out, "-%c|", f->letter);
		fprintf(out, "--%s%s%s]", f->name, f->value_name ? "=" : "",
			f->value_name ? f->value_name : "");
	}
	fprintf(out, "%s%s\n", *cmd->args ? " " : "", cmd->args);
}

int usage_error(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	fputs("socle: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (cmd)
		usage_print(cmd, stderr);
	else
		fputs("see 'socle help'\n", stderr);
	return EXIT_USAGE;
}

const struct command *command_find(const char *word)
{
	const char *names[COMMANDS_MAX + 1] = { NULL }, *guess;
	const struct command *found = NULL;
	char ambiguous[256] = "";

	for (unsigned int i = 0; i < nr_commands && i < COMMANDS_MAX; i++) {
		const struct command *c = &commands[i];

		names[i] = c->hidden ? "" : c->name;
		if (strcmp(word, c->name) == 0)
			return c;
		if (c->hidden || !*word || strncmp(word, c->name, strlen(word)) != 0)
			continue; /* a hidden one is meant when it is written out */
		if (found) {
			size_t n = strlen(ambiguous);

			snprintf(ambiguous + n, sizeof(ambiguous) - n, "%s%s, %s",
				 n ? "" : found->name, n ? "" : "", c->name);
		} else {
			found = c;
		}
	}
	if (found && !*ambiguous)
		return found;
	if (*ambiguous) {
		usage_error(NULL, "'%s' can mean %s", word, ambiguous);
		return NULL;
	}
	guess = diag_suggest(word, names);
	usage_error(NULL, "there is no command '%.60s'%s%s%s", word,
		    guess ? "; did you mean '" : "", guess ? guess : "", guess ? "'?" : "");
	return NULL;
}

/* Position of a flag given as "--name[=value]" or "-x"; -1 when there is none. */
static int flag_find(const struct command *cmd, const char *word, const char **value)
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

static int help_one(const struct command *cmd)
{
	usage_print(cmd, stdout);
	printf("\n  %s\n", cmd->help);
	for (unsigned int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++) {
		const struct flag *f = &cmd->flags[i];

		printf("%s  %c%c%s --%s%s%-*s %s\n", i ? "" : "\n", f->letter ? '-' : ' ',
		       f->letter ? f->letter : ' ', f->letter ? "," : " ", f->name,
		       f->value_name ? "=" : "",
		       16 - (int)strlen(f->name) - (f->value_name ? 1 : 0),
		       f->value_name ? f->value_name : "", f->help);
	}
	if (cmd->detail)
		printf("\n  %s\n", cmd->detail);
	return EXIT_OK;
}

int cmd_help(const struct invocation *inv)
{
	if (inv->nr_args) {
		const struct command *cmd = command_find(inv->args[0]);

		return cmd ? help_one(cmd) : EXIT_USAGE;
	}
	printf("usage: socle COMMAND [FLAGS] [ARGUMENTS]\n\n");
	for (unsigned int i = 0; i < nr_commands; i++)
		if (!commands[i].hidden)
			printf("  %-9s %-15s %s\n", commands[i].name, commands[i].args, commands[i].help);
	printf("\nA command may be shortened while it stays unique.  NAME is a guest's name, UUID "
	       "or "
	       "domain id.\n'socle help COMMAND' tells its flags.\n");
	return EXIT_OK;
}

/* Sort flags from arguments; EXIT_OK or EXIT_USAGE after a message. */
static int arguments_read(struct invocation *inv, int argc, char **argv)
{
	const struct command *cmd = inv->cmd;
	bool flags_over = false;

	inv->args = argv; /* arguments are moved to the front in place */
	for (int i = 0; i < argc; i++) {
		const char *value;
		int f;

		if (flags_over || argv[i][0] != '-' || !argv[i][1]) {
			inv->args[inv->nr_args++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			flags_over = true;
			continue;
		}
		f = flag_find(cmd, argv[i], &value);
		if (f < 0)
			return usage_error(cmd, "'%s' has no flag '%.60s'", cmd->name, argv[i]);
		if (value && !cmd->flags[f].value_name)
			return usage_error(cmd, "'--%s' takes no value", cmd->flags[f].name);
		if (!value && cmd->flags[f].value_name && !(value = ++i < argc ? argv[i] : NULL))
			return usage_error(cmd, "'--%s' needs a value", cmd->flags[f].name);
		inv->given[f] = true;
		inv->value[f] = value;
	}
	if (inv->nr_args < cmd->min_args)
		return usage_error(cmd, "'%s' needs %s", cmd->name, cmd->args);
	if (inv->nr_args > cmd->max_args)
		return usage_error(cmd, "'%s' has no use for '%.60s'", cmd->name,
				   inv->args[cmd->max_args]);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct invocation inv = { .argv0 = argv[0] };
	int r;

	if (argc < 2)
		return usage_error(NULL, "a command is missing");
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("socle %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		argv[1] = (char *)(uintptr_t)"help";
	inv.cmd = command_find(argv[1]);
	if (!inv.cmd)
		return EXIT_USAGE;
	if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
		return help_one(inv.cmd);
	r = arguments_read(&inv, argc - 2, argv + 2);
	if (r)
		return r;
	r = inv.cmd->run(&inv);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "socle: cannot write the output\n");
		return r ? r : EXIT_FAILED;
	}
	return r;
}
