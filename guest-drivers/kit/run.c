/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For a guest that has main() and no kit_main() of its own: traps, shared_info and the like are set up, the words of its command
 * line are its arguments, and when main() returns the guest ends: off for 0, else as crashed.
 */
#include <abi/sched.h>
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/run.h"

#define WORDS_MAX 64

static char line[sizeof(((struct start_info *)0)->cmd_line) + 1];

/* Words between blanks, in place. */
static int split(char *text, char **words, int max)
{
	int n = 0;

	while (*text && n < max) {
		while (*text == ' ')
			*text++ = '\0';
		if (*text)
			words[n++] = text;
		while (*text && *text != ' ')
			text++;
	}
	return n;
}

const char *kit_option(int argc, char **argv, const char *name)
{
	size_t n = strlen(name);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], name, n) && argv[i][n] == '=')
			return argv[i] + n + 1;
	return NULL;
}

void kit_main(struct start_info *si)
{
	static char *words[WORDS_MAX + 2] = { "guest" };
	int n;

	kit_map_shared_info();
	kit_traps_init();
	memcpy(line, si->cmd_line, sizeof(si->cmd_line));
	n = split(line, words + 1, WORDS_MAX);
	n = main(n + 1, words);
	if (n)
		kit_printf("main returned %d\n", n);
	kit_end(n ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}
