/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd.h
 *
 * What a command of the command line is: one entry of the one table (cmdtab.c), one file with its
 * function.  Help, usage and completion are printed from the table.
 */
#ifndef SOCLE_SOCLE_CMD_H
#define SOCLE_SOCLE_CMD_H

#include <stdbool.h>

#include "domain/context.h"
#include "libsocle/error.h"

/* Exit codes, documented in docs/cli.md. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CONFIG = 3,
	EXIT_NOT_FOUND = 4,
	EXIT_EXISTS = 5,
	EXIT_NO_MEMORY = 6,
	EXIT_NO_DAEMON = 7,
	EXIT_BACKEND = 8,
	EXIT_INTERRUPTED = 9,
};

#define FLAGS_MAX 16

/* A flag without value, or with one (value_name given). */
struct flag {
	char letter;            /* 0 when there is only a long form */
	const char *name;       /* without "--" */
	const char *value_name; /* NULL: takes none */
	const char *help;
};

struct invocation {
	const struct command *cmd;
	bool given[FLAGS_MAX];        /* by position in the command's flags */
	const char *value[FLAGS_MAX];
	int nr_args;
	char **args;
	char *argv0;                  /* the program's title, for a watcher to replace */
};

struct command {
	const char *name;
	const char *args;      /* "FILE", "NAME", "" */
	const char *help;      /* one line */
	int min_args, max_args;
	struct flag flags[FLAGS_MAX]; /* ends with an empty one, or full */
	int (*run)(const struct invocation *inv);
	bool hidden;           /* not in the list of commands */
	const char *detail;    /* more text for "help COMMAND", or NULL */
};

extern const struct command commands[];
extern const unsigned int nr_commands;

/* The exit code of an error's kind. */
enum exit_code exit_code_of(int error_code);

/* "socle: cannot VERB 'who': text" on stderr; returns the exit code. */
int report(const char *verb, const char *who, const struct socle_error *e);

/* A misuse: message and usage line on stderr. */
__attribute__((format(printf, 2, 3)))
int usage_error(const struct command *cmd, const char *fmt, ...);

/* The command of this name, or the only one that begins with it; NULL after a message. */
const struct command *command_find(const char *word);

/* Set by SIGINT, SIGTERM and SIGHUP once stop_catch() was called. */
extern volatile sig_atomic_t stop_asked;
void stop_catch(void);

/* JSON string with quotes, on stdout. */
void json_string(const char *s);

int cmd_create(const struct invocation *inv);
int cmd_validate(const struct invocation *inv);
int cmd_list(const struct invocation *inv);
int cmd_info(const struct invocation *inv);
int cmd_console(const struct invocation *inv);
int cmd_shutdown(const struct invocation *inv);
int cmd_reboot(const struct invocation *inv);
int cmd_destroy(const struct invocation *inv);
int cmd_pause(const struct invocation *inv);
int cmd_unpause(const struct invocation *inv);
int cmd_dmesg(const struct invocation *inv);
int cmd_domid(const struct invocation *inv);
int cmd_log(const struct invocation *inv);
int cmd_last(const struct invocation *inv);
int cmd_debug(const struct invocation *inv);
int cmd_sched(const struct invocation *inv);
int cmd_top(const struct invocation *inv);
int cmd_disk(const struct invocation *inv);
int cmd_net(const struct invocation *inv);
int cmd_supervise(const struct invocation *inv);
int cmd_help(const struct invocation *inv);

/* What a domain does at this moment, in a word (cmd_list.c). */
struct xen_domctl_getdomaininfo;
const char *domain_state_word(const struct xen_domctl_getdomaininfo *info);

/* Join the terminal to a guest's console until Ctrl-] or its end (cmd_console.c). */
int console_attach(uint16_t domid, const char *name);

#endif /* SOCLE_SOCLE_CMD_H */
