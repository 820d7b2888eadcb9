/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/crew.c
 *
 * See crew.h.  Ctrl-C reaches all of them: they are of one process group.
 */
#include "socle/crew.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "socle/progress.h"

static void end_note(struct crew *c, int code)
{
	if (code == EXIT_OK)
		c->done++;
	else if (c->failed++ == 0)
		c->code = code;
}

int crew_start(struct crew *c, int tag, int (*fn)(void *arg), void *arg)
{
	pid_t pid;
	int code;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "socle: cannot start a process: %s\n", strerror(errno));
		end_note(c, EXIT_FAILED);
		return -1;
	}
	if (pid == 0) {
		if (progress_possible(STDERR_FILENO))
			report_over_line();
		code = fn(arg);
		fflush(NULL);
		_exit(code);
	}
	c->member[c->busy].pid = pid;
	c->member[c->busy++].tag = tag;
	return 0;
}

bool crew_is_full(const struct crew *c)
{
	return c->busy == CREW_MOST;
}

bool crew_wait(struct crew *c, int *tag, int *code)
{
	while (c->busy) {
		int status;
		pid_t pid = wait(&status);

		if (pid < 0 && errno != EINTR)
			return false;
		for (unsigned int i = 0; pid > 0 && i < c->busy; i++) {
			if (c->member[i].pid != pid)
				continue;
			*tag = c->member[i].tag;
			*code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
			c->member[i] = c->member[--c->busy];
			end_note(c, *code);
			return true;
		}
	}
	return false;
}

int crew_result(const struct crew *c)
{
	if (!c->failed)
		return EXIT_OK;
	return c->done ? EXIT_PARTIAL : c->code;
}
