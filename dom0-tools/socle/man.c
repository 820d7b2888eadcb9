/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/man.c
 *
 * Manual pages out of the table, in mdoc: socle(8), and a page for each command or group.  The build runs the program to make
 * them.
 */
#include <ctype.h>
#include <string.h>

#include "socle/cmd.h"
#include "socle/man.h"

#define MAN_DATE "November 21, 2026"

/* Plain text: one line of output for each of the input, none of them taken for a macro; a capital first, a full stop last. */
static void text_print(const char *text, bool sentence)
{
	bool at_start = true;
	char last = '\0';

	for (const char *p = text; *p; p++) {
		if (at_start && (*p == ' ' || *p == '\n'))
			continue;
		if (at_start && (*p == '.' || *p == '\''))
			fputs("\\&", stdout);
		if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == '-')
			fputs("\\-", stdout);
		else if (*p == '.' && p[1] == ' ' && p[2] == ' ')
			p += 2, puts("."); /* a sentence is a line */
		else
			putchar(sentence && p == text ? toupper((unsigned char)*p) : *p);
		at_start = *p == '\n' || (p[0] == ' ' && p[-1] == ' ');
		last = *p;
	}
	if (sentence && last != '.')
		putchar('.');
	putchar('\n');
}

static void head_print(const char *command, const char *help)
{
	char title[64];
	size_t i;

	snprintf(title, sizeof(title), "socle%s%s", command ? "-" : "", command ? command : "");
	printf(".\\\" SPDX-License-Identifier: BSD-2-Clause\n.Dd %s\n.Dt ", MAN_DATE);
	for (i = 0; title[i]; i++)
		putchar(toupper((unsigned char)title[i]));
	printf(" 8\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n.Sh SYNOPSIS\n", title, help);
}

static void flag_synopsis(const struct flag *f)
{
	printf(".Op ");
	if (f->letter)
		printf("Fl %c | ", f->letter);
	printf("Fl Fl %s", f->name);
	if (f->value_name)
		printf(" Ns = Ns Ar %s", f->value_name);
	putchar('\n');
}

static void synopsis_print(const struct command *cmd)
{
	printf(".Nm socle Cm %s\n", cmd->name);
	for (int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++)
		flag_synopsis(&cmd->flags[i]);
	for (int i = 0; i < ARGS_MAX && cmd->arg[i].name; i++)
		printf(".%sAr %s%s\n", cmd->arg[i].optional ? "Op " : "", cmd->arg[i].name, cmd->arg[i].many ? " ..." : "");
}

static void flags_print(const struct command *cmd)
{
	for (int i = 0; i < FLAGS_MAX && cmd->flags[i].name; i++) {
		const struct flag *f = &cmd->flags[i];

		printf("%s.It ", i ? "" : ".Bl -tag -width Ds\n");
		if (f->letter)
			printf("Fl %c , ", f->letter);
		printf("Fl Fl %s", f->name);
		if (f->value_name)
			printf(" Ns = Ns Ar %s", f->value_name);
		putchar('\n');
		text_print(f->help, true);
	}
	if (cmd->flags[0].name)
		puts(".El");
}

static void command_print(const struct command *cmd)
{
	text_print(cmd->help, true);
	if (cmd->detail) {
		puts(".Pp");
		text_print(cmd->detail, true);
	}
	flags_print(cmd);
}

static void tail_print(void)
{
	puts(".Sh EXIT STATUS\n0 when it is done, 2 for a misuse of the command line; the others are told in\n.Xr socle 8 .\n"
	     "A message on standard error ends with a word in brackets;\n.Nm socle Cm explain Ar WORD\ntells more about it.\n"
	     ".Sh SEE ALSO\n.Xr socle 8");
}

/* Groups and commands that stand in none, each with a page of its own. */
static void main_page(void)
{
	head_print(NULL, "administer guests of the Socle hypervisor");
	puts(".Nm\n.Ar COMMAND\n.Op Ar FLAG ...\n.Op Ar ARGUMENT ...\n.Sh DESCRIPTION\n"
	     "Runs in the control domain, as root.\nA command may be shortened while it stays unique.\n"
	     "Flags and arguments follow it in any order;\n.Fl Fl\nends the flags.\n"
	     "A guest is meant by its name, its UUID or its domain id.\n"
	     "Data goes to standard output, everything else to standard error.\n.Pp\nThe commands are:\n"
	     ".Bl -tag -width Ds");
	for (unsigned int i = 0; i < nr_commands; i++) {
		if (commands[i].hidden || !command_word(&commands[i], NULL))
			continue;
		printf(".It Xr socle-%s 8\n", commands[i].name);
		text_print(commands[i].help, true);
	}
	puts(".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev NO_COLOR\nWhen it is set and not empty, output has no colours.\n"
	     ".It Ev SOCLE_STORE_SOCKET\nThe store daemon's socket, when it is another than\n.Pa /run/xenstored/socket .\n.El\n"
	     ".Sh FILES\n.Bl -tag -width Ds\n"
	     ".It Pa /etc/socle/networks/NAME.xml\nNetworks that descriptions name.\n"
	     ".It Pa /var/log/socle/\nWhat happened to guests, and what their consoles printed.\n"
	     ".It Pa /usr/share/socle/schema/\nSchemas of what\n.Fl Fl json\nprints.\n.El");
	puts(".Sh EXIT STATUS\n.Bl -tag -width Ds -compact");
	for (unsigned int i = 0; exit_code_text(i); i++)
		printf(".It %u\n%s\n", i, exit_code_text(i));
	puts(".El\n.Pp\nA message on standard error ends with a word in brackets;\n.Xr socle-explain 8\ntells more about it.");
}

static void command_page(const struct command *cmd)
{
	head_print(cmd->name, cmd->help);
	if (cmd->run) {
		synopsis_print(cmd);
		puts(".Sh DESCRIPTION");
		command_print(cmd);
	} else {
		for (unsigned int i = 0; i < nr_commands; i++)
			if (command_word(&commands[i], cmd) && !commands[i].hidden)
				synopsis_print(&commands[i]);
		puts(".Sh DESCRIPTION");
		text_print(cmd->help, true);
		for (unsigned int i = 0; i < nr_commands; i++) {
			if (!command_word(&commands[i], cmd) || commands[i].hidden)
				continue;
			printf(".Ss socle %s\n", commands[i].name);
			command_print(&commands[i]);
		}
	}
	tail_print();
}

int man_print(const struct command *cmd)
{
	if (cmd)
		command_page(cmd);
	else
		main_page();
	return EXIT_OK;
}
