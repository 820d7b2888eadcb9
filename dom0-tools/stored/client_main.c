/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/client_main.c
 *
 * socle-store: the store from the command line. One table of commands gives dispatch and usage.
 * Data goes to stdout, diagnostics to stderr. Exit codes: 0 done, 1 the store refused or cannot
 * be reached, 2 the command line is wrong.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libsocle/store.h"

static int complain(const char *what, const char *path, int err)
{
	fprintf(stderr, "socle-store: cannot %s %s: %s%s\n", what, path, strerror(err),
		err == EACCES ? " (no permission on the node, or on the one above it)" : "");
	return 1;
}

/* Values may hold any byte. */
static void print_value(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)value[i];

		if (ch == '\\' || ch == '"')
			printf("\\%c", ch);
		else if (isprint(ch))
			putchar(ch);
		else
			printf("\\x%02x", ch);
	}
}

static int cmd_read(struct socle_store *st, int argc, char **argv)
{
	int bad = 0;

	for (int i = 0; i < argc; i++) {
		size_t len;
		char *value = socle_store_read(st, 0, argv[i], &len);

		if (!value) {
			bad = complain("read", argv[i], errno);
			continue;
		}
		fwrite(value, 1, len, stdout);
		putchar('\n');
		free(value);
	}
	return bad;
}

/* All pairs or none: one transaction, done again when somebody else came between. */
static int cmd_write(struct socle_store *st, int argc, char **argv)
{
	uint32_t tx;
	int ret;

	if (argc % 2) {
		fprintf(stderr, "socle-store: path \"%s\" has no value\n", argv[argc - 1]);
		return 2;
	}
	do {
		ret = socle_store_tx_start(st, &tx);
		if (ret)
			return complain("start a transaction for", argv[0], -ret);
		for (int i = 0; i < argc; i += 2) {
			ret = socle_store_write_raw(st, tx, argv[i], argv[i + 1],
						    strlen(argv[i + 1]));
			if (ret) {
				socle_store_tx_end(st, tx, true);
				return complain("write", argv[i], -ret);
			}
		}
		ret = socle_store_tx_end(st, tx, false);
	} while (ret == -EAGAIN);
	return ret ? complain("commit the write of", argv[0], -ret) : 0;
}

static int cmd_mkdir(struct socle_store *st, int argc, char **argv)
{
	int bad = 0;

	for (int i = 0; i < argc; i++) {
		int ret = socle_store_mkdir(st, 0, argv[i]);

		if (ret)
			bad = complain("make", argv[i], -ret);
	}
	return bad;
}

static int cmd_rm(struct socle_store *st, int argc, char **argv)
{
	int bad = 0;

	for (int i = 0; i < argc; i++) {
		int ret = socle_store_rm(st, 0, argv[i]);

		if (ret)
			bad = complain("remove", argv[i], -ret);
	}
	return bad;
}

static int cmd_chmod(struct socle_store *st, int argc, char **argv)
{
	int ret = socle_store_set_perms(st, 0, argv[0], (const char *const *)argv + 1,
					(unsigned)argc - 1);

	return ret ? complain("set the permissions of", argv[0], -ret) : 0;
}

static char *join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *path = malloc(n);

	if (path)
		snprintf(path, n, "%s%s%s", dir, !strcmp(dir, "/") ? "" : "/", name);
	return path;
}

/* full: whole paths; otherwise names, indented by depth. */
static int list(struct socle_store *st, const char *dir, bool full, int depth)
{
	unsigned n;
	char **names = socle_store_dir(st, 0, dir, &n);
	int bad = 0;

	if (!names)
		return complain("list", dir, errno);
	for (unsigned i = 0; i < n; i++) {
		char *path = join(dir, names[i]), *value;
		size_t len;

		value = path ? socle_store_read(st, 0, path, &len) : NULL;
		if (!value) {
			/* Removed while we looked, mostly. */
			if (!path || errno != ENOENT)
				bad = complain("read", path ? path : names[i], errno);
			free(path);
			continue;
		}
		printf("%*s%s = \"", full ? 0 : depth, "", full ? path : names[i]);
		print_value(value, len);
		puts("\"");
		free(value);
		bad |= list(st, path, full, depth + 1);
		free(path);
	}
	free(names);
	return bad;
}

static int cmd_ls(struct socle_store *st, int argc, char **argv)
{
	bool full = argc > 0 && !strcmp(argv[0], "-f");

	if (argc - full > 1) {
		fprintf(stderr, "socle-store: ls takes one path, unexpected \"%s\"\n",
			argv[1 + full]);
		return 2;
	}
	return list(st, argc > full ? argv[full] : "/", full, 0);
}

/* Prints what has come in; false when the connection is lost. */
static bool print_events(struct socle_store *st, long *left)
{
	char *path, *token;
	int ret;

	while (*left && (ret = socle_store_next_event(st, &path, &token)) != 0) {
		if (ret < 0) {
			complain("wait for events of", "the store", -ret);
			return false;
		}
		puts(path);
		fflush(stdout);
		free(path);
		free(token);
		if (*left > 0)
			--*left;
	}
	return true;
}

static int cmd_watch(struct socle_store *st, int argc, char **argv)
{
	struct pollfd fd = { .fd = socle_store_fd(st), .events = POLLIN }; /* it stays, whatever becomes of the daemon */
	long left = -1;
	int first = 0;

	if (argc > 2 && !strcmp(argv[0], "-n")) {
		char *end;

		left = strtol(argv[1], &end, 10);
		if (*end || left <= 0) {
			fprintf(stderr, "socle-store: \"%s\" is not a number of events\n", argv[1]);
			return 2;
		}
		first = 2;
	}
	for (int i = first; i < argc; i++) {
		int ret = socle_store_watch(st, argv[i], argv[i]);

		if (ret)
			return complain("watch", argv[i], -ret);
	}
	for (;;) {
		if (!print_events(st, &left))
			return 1;
		if (!left)
			return 0;
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return complain("wait for events of", "the store", errno);
	}
}

static int cmd_control(struct socle_store *st, int argc, char **argv)
{
	char *text = socle_store_control(st, (const char *const *)argv, (unsigned)argc);

	if (!text)
		return complain("ask the daemon for", argv[0], errno);
	fputs(text, stdout);
	if (*text && text[strlen(text) - 1] != '\n')
		putchar('\n');
	free(text);
	return 0;
}

static const struct command {
	const char *name, *args, *help;
	int min_args;
	int (*run)(struct socle_store *st, int argc, char **argv);
} commands[] = {
	{ "read", "PATH...", "print values", 1, cmd_read },
	{ "write", "PATH VALUE [PATH VALUE...]", "set values, all or none", 2, cmd_write },
	{ "mkdir", "PATH...", "make nodes", 1, cmd_mkdir },
	{ "rm", "PATH...", "remove nodes with all below them", 1, cmd_rm },
	{ "ls", "[-f] [PATH]", "list all below PATH; -f: whole paths", 0, cmd_ls },
	{ "watch", "[-n COUNT] PATH...", "print the path of each change, for ever or COUNT times",
	  1, cmd_watch },
	{ "chmod", "PATH PERM...", "set permissions: owner and default first, as n0, r5, b7",
	  2, cmd_chmod },
	{ "control", "WORD...", "ask the daemon itself; \"control help\" lists what", 1, cmd_control },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	fputs("usage: socle-store COMMAND ...\n", to);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(to, "  %-7s %-28s %s\n", commands[i].name, commands[i].args,
			commands[i].help);
}

int main(int argc, char **argv)
{
	const struct command *cmd = NULL;
	struct socle_error error = { 0 };
	struct socle_store *st;
	int ret;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		usage(stdout);
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, argv[1]))
			cmd = &commands[i];
	if (argc > 1 && !cmd)
		fprintf(stderr, "socle-store: unknown command \"%s\"\n", argv[1]);
	else if (cmd && argc - 2 < cmd->min_args)
		fprintf(stderr, "socle-store: %s needs: %s\n", cmd->name, cmd->args);
	if (!cmd || argc - 2 < cmd->min_args) {
		usage(stderr);
		return 2;
	}
	st = socle_store_open(&error);
	if (!st) {
		fprintf(stderr, "socle-store: %s\n", error.text);
		return 1;
	}
	ret = cmd->run(st, argc - 2, argv + 2);
	socle_store_close(st);
	return ret;
}
