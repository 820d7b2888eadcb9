/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd.h
 *
 * What a command of the command line is: one entry of the one table (cmdtab.c), and a function.  Dispatch (parse.c), usage
 * and help (help.c) follow the table.
 */
#ifndef SOCLE_SOCLE_CMD_H
#define SOCLE_SOCLE_CMD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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
	EXIT_NOT_RUNNING = 10,
	EXIT_BUSY = 11,
	EXIT_REFUSED = 12,
	EXIT_TIMEOUT = 13,
	EXIT_PARTIAL = 14,
};

struct invocation;

/* What an argument, or a flag's value, is: for completion and manual pages. */
enum kind {
	KIND_TEXT, /* nothing that could be proposed */
	KIND_GUEST, /* one that runs */
	KIND_DEFINITION,
	KIND_PAST_GUEST, /* one that runs or has run: it has a log */
	KIND_DISK, /* the target of a disk of the guest that stands before it */
	KIND_CARD, /* likewise, the number of a card */
	KIND_FILE,
	KIND_COMMAND,
	KIND_ERROR, /* an identifier that socle explain knows */
	KIND_LAST = KIND_ERROR,
};

const char *kind_name(enum kind kind);

/* What a flag makes of a command, for the record of what administrators did (act.h). */
enum effect {
	EFFECT_NONE,
	EFFECT_CHANGES,    /* given, something is changed */
	EFFECT_ONLY_LOOKS, /* given, nothing is */
};

enum acts {
	ACT_NEVER,         /* it changes nothing, unless a flag says so */
	ACT_ALWAYS,
	ACT_WITH_ARGUMENT, /* without one it only shows */
};

/* A flag without value, or with one (value_name given). */
struct flag {
	char letter;            /* 0 when there is only a long form */
	const char *name;       /* without "--" */
	const char *value_name; /* NULL: takes none */
	const char *help;
	enum kind kind;         /* of the value */
	const char *words;      /* the values there are, with a blank between two; or NULL */
	enum effect effect;
};

struct argument {
	const char *name;
	enum kind kind;
	bool optional;
	bool many; /* the last one: as many as there are */
};

#define FLAGS_MAX 16
#define ARGS_MAX  4

/*
 * A command, or (without run) a group of commands.  "disk" is a group because there are "disk attach" and others; an entry's
 * name is written as a user does it.
 */
struct command {
	const char *name;
	const char *help; /* one line */
	int (*run)(const struct invocation *inv);
	struct argument arg[ARGS_MAX]; /* ends with an empty one, or full */
	struct flag flags[FLAGS_MAX];  /* likewise */
	bool hidden;                   /* neither listed nor completed */
	enum acts act;
	const char *detail;            /* more text for "help COMMAND", or NULL */
};

struct invocation {
	const struct command *cmd;
	bool given[FLAGS_MAX]; /* as cmd->flags; read by flag_given() and flag_value() */
	const char *value[FLAGS_MAX];
	int nr_args;
	char **args;
	char *argv0; /* the program's title, for a watcher to replace */
};

extern const struct command commands[];
extern const unsigned int nr_commands;

/* A flag by its long name.  One that the command does not have is a defect of ours and aborts. */
bool flag_given(const struct invocation *inv, const char *name);
const char *flag_value(const struct invocation *inv, const char *name); /* NULL: not given */

/* Its value as a number of these units ("" or such as "seconds"); *out stays when it was not given.  EXIT_OK, or EXIT_USAGE. */
int flag_number(const struct invocation *inv, const char *name, const char *unit, unsigned int min, unsigned int max,
		unsigned int *out);

/* Position of a flag given as "--name[=value]" or "-x"; -1 when there is none. */
int flag_find(const struct command *cmd, const char *word, const char **value);

/* The argument at this position, or NULL. */
const char *arg_at(const struct invocation *inv, int n);

/* The exit code of an error's kind. */
enum exit_code exit_code_of(int error_code);

/* What an exit code means, in a sentence; NULL when there is no such code. */
const char *exit_code_text(unsigned int code);

/* Its identifier, or that of its kind. */
const char *error_id(const struct socle_error *e);

/* The identifier that was reported last in this process, or NULL. */
const char *reported_id(void);

/* "socle: cannot VERB 'who': text [id]" on stderr; returns the exit code. */
int report(const char *verb, const char *who, const struct socle_error *e);

/* From now on others may draw a line on the terminal: messages of this process wipe it away first. */
void report_over_line(void);

/* What came before a failure stays done: "done, but then: old text", exit code 14.  Always returns -1. */
int partly_done(struct socle_error *e, const char *done);

/* "socle: what: text [id]", or "socle: text [id]", on stderr: for what does not end the command. */
void warn_error(const char *what, const struct socle_error *e);
__attribute__((format(printf, 2, 3)))
void warn_id(const char *id, const char *fmt, ...);

/* A misuse: message and usage line on stderr. */
__attribute__((format(printf, 2, 3)))
int usage_error(const struct command *cmd, const char *fmt, ...);

/*
 * The command or group that the first words mean, each written in full or as the only one that begins so; *used of them say it.
 * NULL after a message.
 */
const struct command *command_find(int nr_words, char *const words[], int *used);

/* As far as the words go on to mean a command, without a message: NULL when not even the first does. */
const struct command *command_look(int nr_words, char *const words[], int *used);

/* The last word of an entry's name when it stands in this group (NULL: outside all groups), else NULL. */
const char *command_word(const struct command *cmd, const struct command *group);

/* Flags and arguments of inv->cmd; EXIT_OK, or EXIT_USAGE after a message.  words are sorted in place. */
int arguments_read(struct invocation *inv, int nr_words, char **words);

/* "NAME TARGET [SIZE]": what a command takes beside flags. */
void arguments_format(const struct command *cmd, char *out, size_t size);

/* "usage: ..." of a command, of each in a group; and all that is known about it. */
void usage_print(const struct command *cmd, FILE *out);
int help_print(const struct command *cmd);

/* A command's result that is one number: alone on a line, or with --json as an object with this key. */
void number_print(const struct invocation *inv, const char *key, uint64_t n);

/* Set by SIGINT, SIGTERM and SIGHUP once stop_catch() was called. */
extern volatile sig_atomic_t stop_asked;
void stop_catch(void);

int cmd_create(const struct invocation *inv);
int cmd_diff(const struct invocation *inv);
int cmd_apply(const struct invocation *inv);
int cmd_vcpu_set(const struct invocation *inv);
int cmd_vcpu_pin(const struct invocation *inv);
int cmd_mem_set(const struct invocation *inv);
int cmd_sysrq(const struct invocation *inv);
int cmd_why(const struct invocation *inv);
int cmd_plan(const struct invocation *inv);
int cmd_start(const struct invocation *inv);
int cmd_define(const struct invocation *inv);
int cmd_undefine(const struct invocation *inv);
int cmd_edit(const struct invocation *inv);
int cmd_rename(const struct invocation *inv);
int cmd_autostart(const struct invocation *inv);
int cmd_wait(const struct invocation *inv);
int cmd_validate(const struct invocation *inv);
int cmd_convert(const struct invocation *inv);
int cmd_list(const struct invocation *inv);
int cmd_info(const struct invocation *inv);
int cmd_console(const struct invocation *inv);
int cmd_shutdown(const struct invocation *inv);
int cmd_reboot(const struct invocation *inv);
int cmd_destroy(const struct invocation *inv);
int cmd_healthy(const struct invocation *inv);
int cmd_pause(const struct invocation *inv);
int cmd_unpause(const struct invocation *inv);
int cmd_dmesg(const struct invocation *inv);
int cmd_domid(const struct invocation *inv);
int cmd_dump_core(const struct invocation *inv);
int cmd_mem(const struct invocation *inv);
int cmd_metrics(const struct invocation *inv);
int cmd_log(const struct invocation *inv);
int cmd_events(const struct invocation *inv);
int cmd_last(const struct invocation *inv);
int cmd_debug_keys(const struct invocation *inv);
int cmd_debug_audit(const struct invocation *inv);
int cmd_sched(const struct invocation *inv);
int cmd_top(const struct invocation *inv);
int cmd_disk_attach(const struct invocation *inv);
int cmd_disk_detach(const struct invocation *inv);
int cmd_store_quota(const struct invocation *inv);
int cmd_store_check(const struct invocation *inv);
int cmd_disk_list(const struct invocation *inv);
int cmd_disk_resize(const struct invocation *inv);
int cmd_disk_limit(const struct invocation *inv);
int cmd_net_attach(const struct invocation *inv);
int cmd_net_detach(const struct invocation *inv);
int cmd_net_list(const struct invocation *inv);
int cmd_net_limit(const struct invocation *inv);
int cmd_net_dump(const struct invocation *inv);
int cmd_supervise(const struct invocation *inv);
int cmd_complete(const struct invocation *inv);
int cmd_explain(const struct invocation *inv);
int cmd_help(const struct invocation *inv);

/* Join the terminal to a guest's console until Ctrl-] or its end (cmd_console.c). */
int console_attach(uint16_t domid, const char *name);

#endif /* SOCLE_SOCLE_CMD_H */
