/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/main.c
 *
 * The command line of Socle: finds the command, reads its words, runs it.  Data goes to stdout, everything else to stderr, and
 * the exit code tells the kind of failure.
 */
#include <stdio.h>
#include <string.h>

#include "socle/act.h"

#define WORDS_MAX 64 /* that an act's record tells */

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Help may be asked for anywhere before "--". */
static bool help_asked(int nr_words, char *const words[])
{
	for (int i = 0; i < nr_words && strcmp(words[i], "--") != 0; i++)
		if (is_help(words[i]))
			return true;
	return false;
}

/* The words are sorted in place when they are read; the record of the act has them as they were typed. */
static int command_do(struct invocation *inv, int nr_words, char **words)
{
	char *typed[WORDS_MAX];
	int nr_typed = nr_words < WORDS_MAX ? nr_words : WORDS_MAX, r;

	memcpy(typed, words, (size_t)nr_typed * sizeof(*words));
	r = arguments_read(inv, nr_words, words);
	if (r)
		return r;
	act_begin(inv, nr_typed, typed);
	r = inv->cmd->run(inv);
	act_end(r);
	return r;
}

static int command_run(struct invocation *inv, int nr_words, char **words)
{
	int used;

	inv->cmd = command_find(nr_words, words, &used);
	if (!inv->cmd)
		return EXIT_USAGE;
	if (help_asked(nr_words - used, words + used))
		return help_print(inv->cmd);
	if (!inv->cmd->run)
		return usage_error(inv->cmd, "'%s' needs to be told what to do", inv->cmd->name);
	return command_do(inv, nr_words - used, words + used);
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
	if (is_help(argv[1]))
		argv[1] = (char *)(uintptr_t)"help";
	r = command_run(&inv, argc - 1, argv + 1);
	if (fflush(stdout) || ferror(stdout)) {
		warn_id("output-lost", "cannot write the output");
		return r ? r : EXIT_FAILED;
	}
	return r;
}
