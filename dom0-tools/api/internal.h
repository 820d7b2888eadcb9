/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/internal.h
 *
 * What is behind a handle of libsocle.  What only looks is done here, in the caller's process.  What changes something is done
 * by the program socle: it makes the same checks and the same record of the act for everybody, and a guest's watcher, which
 * outlives the caller, is a child of that program and not a copy of the caller.
 */
#ifndef SOCLE_API_INTERNAL_H
#define SOCLE_API_INTERNAL_H

#include <signal.h>

#include <socle/socle.h>

#include "domain/context.h"
#include "domain/diag.h"
#include "libsocle/error.h"

struct socle {
	struct domain_ctx ctx;
	volatile sig_atomic_t stop;
	int code;                   /* enum socle_code of the last failure */
	struct socle_error error;
	struct diag_list faults;
	struct socle_fault *fault;  /* as others see them */
	size_t nr_faults;
};

/* Everything that is exported, and nothing else: the rest is compiled with hidden symbols. */
#define API __attribute__((visibility("default")))

/* A function begins: what was told of the one before is forgotten. */
void api_begin(struct socle *s);

/* It ends; r not 0: with s->error, whose code follows from it.  What it returns. */
int api_end(struct socle *s, int r);

/* It ends with this code, identifier and text in s->error. */
int api_fail_code(struct socle *s, int code);

/* An argument that is missing. */
int api_misuse(struct socle *s, const char *what);

/* Open what looking needs: the hypervisor, and the store (if "store"). -1 with s->error. */
int api_connect(struct socle *s, bool store);

#define PROGRAM_ARGS_MAX 10u

/* What a run of the program said. */
struct program_said {
	char out[4096];  /* the beginning of its standard output */
	char err[8192];  /* the end of its standard error */
};

/*
 * Run `socle ARGS...` (args end with NULL); xml is what it finds as PROGRAM_FILE, or NULL.  0, or the negative code with
 * s->error filled in.
 */
#define PROGRAM_FILE "/proc/self/fd/3"
int program_run(struct socle *s, const char *const *args, const char *xml, size_t len, struct program_said *said);

#endif /* SOCLE_API_INTERNAL_H */
