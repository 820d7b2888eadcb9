/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_console.c
 *
 * socle console: the terminal joined to a guest's console.  The terminal is raw in between, so
 * every key but Ctrl-] reaches the guest; it is restored on every way out, signals included,
 * because signals only end the loop.  stdin need not be a terminal: then its bytes are sent as they
 * are, and its end leaves the output side open until the guest is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "domain/console.h"
#include "domain/names.h"
#include "socle/cmd.h"

#define ESCAPE_KEY 0x1d /* Ctrl-] */

static struct termios saved_terminal;
static bool terminal_is_raw;

static void terminal_restore(void)
{
	if (terminal_is_raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_terminal);
	terminal_is_raw = false;
}

static void terminal_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved_terminal))
		return;
	atexit(terminal_restore);
	raw = saved_terminal;
	cfmakeraw(&raw);
	terminal_is_raw = tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t r = write(fd, p, len);

		if (r < 0 && errno == EINTR && !stop_asked)
			continue;
		if (r < 0)
			return false;
		p += r;
		len -= (size_t)r;
	}
	return true;
}

enum flow { FLOW_ON, FLOW_DETACHED, FLOW_INPUT_OVER, FLOW_GONE };

/* Keys to the guest, up to the escape key. */
static enum flow pass_input(int sock)
{
	char buf[512], *escape;
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
	size_t len;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? FLOW_ON : FLOW_INPUT_OVER;
	if (n == 0)
		return FLOW_INPUT_OVER;
	escape = memchr(buf, ESCAPE_KEY, (size_t)n);
	len = escape ? (size_t)(escape - buf) : (size_t)n;
	if (!write_all(sock, buf, len))
		return FLOW_GONE;
	return escape ? FLOW_DETACHED : FLOW_ON;
}

static enum flow pass_output(int sock)
{
	char buf[4096];
	ssize_t n = read(sock, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return FLOW_ON;
	if (n <= 0)
		return FLOW_GONE;
	return write_all(STDOUT_FILENO, buf, (size_t)n) ? FLOW_ON : FLOW_DETACHED;
}

static enum flow join(int sock)
{
	struct pollfd pfd[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = sock, .events = POLLIN },
	};
	enum flow flow = FLOW_ON;

	while (flow == FLOW_ON && !stop_asked) {
		if (poll(pfd, 2, -1) < 0)
			continue; /* a signal: the condition above decides */
		if (pfd[1].revents)
			flow = pass_output(sock);
		if (flow == FLOW_ON && pfd[0].revents)
			flow = pass_input(sock);
		if (flow == FLOW_INPUT_OVER) {
			pfd[0].fd = -1;
			flow = FLOW_ON;
		}
	}
	return flow;
}

int console_attach(uint16_t domid, const char *name)
{
	struct socle_error err = { 0 };
	int sock = console_connect(domid, &err);
	enum flow flow;

	if (sock < 0)
		return report("open the console of", name, &err);
	stop_catch();
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "socle: console of '%s'; Ctrl-] leaves it\n", name);
	terminal_raw();
	flow = join(sock);
	terminal_restore();
	close(sock);
	if (stop_asked)
		return EXIT_INTERRUPTED;
	if (flow == FLOW_GONE)
		fprintf(stderr, "\nsocle: the console of '%s' was closed\n", name);
	else if (isatty(STDIN_FILENO))
		fprintf(stderr, "\nsocle: left the console of '%s'\n", name);
	return EXIT_OK;
}

int cmd_console(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	uint16_t domid;
	int r = domain_ctx_open(&ctx, &err) || names_find(&ctx, inv->args[0], &domid, &err);

	domain_ctx_close(&ctx);
	if (r)
		return report("open the console of", inv->args[0], &err);
	return console_attach(domid, inv->args[0]);
}
