/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/program.c
 *
 * Running the program socle; see internal.h.  Its exit codes, the form of its last message ("socle: text [id]") and its JSON stay the
 * same from version to version (docs/cli.md).  The caller's signals, its descriptors and its terminal are not the program's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/internal.h"

#define STEP_MS   100 /* a flag that a signal handler sets is looked at so often */
#define HIGH_FD   10  /* above those that the program gets */
#define NR_PIPES  2u

struct run {
	struct socle *s;
	int pipe[NR_PIPES][2]; /* its standard output and its standard error; [0] is ours */
	int null, file;
	pid_t pid;
	bool asked;            /* it was told to end */
	size_t used[NR_PIPES];
	struct program_said *said;
};

static const char *program_path(void)
{
	const char *other = secure_getenv("SOCLE_PROGRAM");

	return other && *other == '/' ? other : SOCLE_BINDIR "/socle";
}

/* Out of the way of 0 to 3, which a caller may have closed; -1 stays -1. */
static int high(int fd)
{
	int r = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD), err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return r;
}

/* A file of its own in memory, to be read from its beginning. */
static int file_make(const char *text, size_t len)
{
	int fd = memfd_create("description.xml", MFD_CLOEXEC);

	for (size_t done = 0; fd >= 0 && done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	return high(fd);
}

static bool descriptors_make(struct run *run, const char *xml, size_t len)
{
	for (unsigned int i = 0; i < NR_PIPES; i++) {
		if (pipe2(run->pipe[i], O_CLOEXEC))
			return false;
		run->pipe[i][0] = high(run->pipe[i][0]);
		run->pipe[i][1] = high(run->pipe[i][1]);
		if (run->pipe[i][0] < 0 || run->pipe[i][1] < 0 || fcntl(run->pipe[i][0], F_SETFL, O_NONBLOCK))
			return false;
	}
	run->null = high(open("/dev/null", O_RDONLY | O_CLOEXEC));
	if (xml)
		run->file = file_make(xml, len);
	return run->null >= 0 && (!xml || run->file >= 0);
}

static void descriptor_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void descriptors_close(struct run *run)
{
	for (unsigned int i = 0; i < NR_PIPES; i++) {
		descriptor_close(&run->pipe[i][0]);
		descriptor_close(&run->pipe[i][1]);
	}
	descriptor_close(&run->null);
	descriptor_close(&run->file);
}

/* 0, or an errno. */
static int spawn(struct run *run, char *const *argv)
{
	posix_spawn_file_actions_t fds;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&fds))
		return ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&fds);
		return ENOMEM;
	}
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setpgroup(&attr, 0); /* a Ctrl-C is the caller's, who may call socle_interrupt() */
	r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	r = r ? r : posix_spawn_file_actions_adddup2(&fds, run->null, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&fds, run->pipe[0][1], 1);
	r = r ? r : posix_spawn_file_actions_adddup2(&fds, run->pipe[1][1], 2);
	if (!r && run->file >= 0)
		r = posix_spawn_file_actions_adddup2(&fds, run->file, 3);
	r = r ? r : posix_spawn_file_actions_addclosefrom_np(&fds, run->file >= 0 ? 4 : 3);
	r = r ? r : posix_spawn(&run->pid, argv[0], &fds, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fds);
	return r;
}

/* The beginning of the one, the end of the other: a message is the last that it says. */
static void keep(struct run *run, unsigned int which, const char *data, size_t n)
{
	char *buf = which ? run->said->err : run->said->out;
	size_t room = (which ? sizeof(run->said->err) : sizeof(run->said->out)) - 1, gone;

	if (!which && n > room - run->used[0])
		n = room - run->used[0];
	if (which && n > room - run->used[1]) {
		gone = run->used[1] < n ? run->used[1] : n;
		memmove(buf, buf + gone, run->used[1] - gone);
		run->used[1] -= gone;
	}
	memcpy(buf + run->used[which], data, n);
	run->used[which] += n;
	buf[run->used[which]] = '\0';
}

static void hear(struct run *run, unsigned int which)
{
	char data[2048];
	ssize_t n = read(run->pipe[which][0], data, sizeof(data));

	if (n > 0)
		keep(run, which, data, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		descriptor_close(&run->pipe[which][0]);
}

/* Until it has closed both, or nothing of it is left: its guest's watcher has neither. */
static int follow(struct run *run)
{
	int status = -1;

	while (run->pipe[0][0] >= 0 || run->pipe[1][0] >= 0) {
		struct pollfd p[NR_PIPES] = { { .fd = run->pipe[0][0], .events = POLLIN }, { .fd = run->pipe[1][0], .events = POLLIN } };

		if (run->s->stop && !run->asked) {
			kill(run->pid, SIGTERM); /* it undoes what it has begun */
			run->asked = true;
		}
		if (poll(p, NR_PIPES, STEP_MS) <= 0)
			continue;
		for (unsigned int i = 0; i < NR_PIPES; i++)
			if (p[i].revents)
				hear(run, i);
	}
	while (waitpid(run->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1; /* the caller waits for all children, or ignores SIGCHLD */
	return status;
}

/* "socle: text [id]", the last such line. */
static void message_take(struct socle *s, char *err)
{
	char *line = NULL, *open, *end;

	for (char *p = err; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, "socle: ", 7) == 0)
			line = p + 7;
	if (!line) {
		socle_fail(&s->error, EPROTO, "the program '%s' failed without a message", program_path());
		return;
	}
	end = line + strcspn(line, "\n");
	*end = '\0';
	open = strrchr(line, '[');
	if (open && open > line && end[-1] == ']') {
		end[-1] = open[-1] = '\0';
		socle_fail(&s->error, EPROTO, "%s", line);
		snprintf(s->error.id, sizeof(s->error.id), "%s", open + 1);
	} else {
		socle_fail(&s->error, EPROTO, "%s", line);
	}
}

static int judge(struct run *run, int status)
{
	struct socle *s = run->s;

	if (status == -1) {
		socle_fail_id(&s->error, ECHILD, "no-program", "whether it was done is not known: this process ignores SIGCHLD, or waits for children that it "
			      "did not start, and has so lost the result of '%s'", program_path());
		return api_fail_code(s, SOCLE_E_PARTIAL);
	}
	if (WIFSIGNALED(status) && run->asked) {
		socle_fail_id(&s->error, EINTR, "interrupted", "interrupted"); /* before it had begun */
		return api_fail_code(s, SOCLE_E_INTERRUPTED);
	}
	if (WIFSIGNALED(status)) {
		socle_fail_id(&s->error, ECANCELED, "no-program", "the program '%s' was ended by signal %d", program_path(), WTERMSIG(status));
		return api_fail_code(s, SOCLE_E_FAILED);
	}
	if (WEXITSTATUS(status) == 0)
		return 0;
	message_take(s, run->said->err);
	if (!*s->error.id)
		snprintf(s->error.id, sizeof(s->error.id), "failed");
	return api_fail_code(s, WEXITSTATUS(status));
}

int program_run(struct socle *s, const char *const *args, const char *xml, size_t len, struct program_said *said)
{
	struct run run = { .s = s, .pipe = { { -1, -1 }, { -1, -1 } }, .null = -1, .file = -1, .said = said };
	const char *argv[PROGRAM_ARGS_MAX + 2] = { program_path() };
	int r = 0;

	said->out[0] = said->err[0] = '\0';
	for (unsigned int i = 0; i < PROGRAM_ARGS_MAX && args[i]; i++)
		argv[i + 1] = args[i];
	if (!descriptors_make(&run, xml, len))
		r = errno;
	else
		r = spawn(&run, (char *const *)(uintptr_t)argv);
	for (unsigned int i = 0; i < NR_PIPES; i++)
		descriptor_close(&run.pipe[i][1]);
	if (r) {
		socle_fail_id(&s->error, r, "no-program", "cannot run the program '%s': %s", program_path(), strerror(r));
		r = api_fail_code(s, SOCLE_E_FAILED);
	} else {
		r = judge(&run, follow(&run));
	}
	descriptors_close(&run);
	return r;
}
