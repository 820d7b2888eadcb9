/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/handle.c
 *
 * A handle of libsocle, and what it knows of the last failure.
 */
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "domain/codes.h"
#include "socle/cmd.h"

API struct socle *socle_open(void)
{
	struct socle *s = calloc(1, sizeof(*s));

	if (s)
		s->ctx.stop = &s->stop;
	return s;
}

API void socle_close(struct socle *s)
{
	if (!s)
		return;
	api_begin(s);
	domain_ctx_close(&s->ctx);
	free(s);
}

API const char *socle_version(void)
{
	return SOCLE_VERSION;
}

API int socle_error_code(const struct socle *s)
{
	return s->code;
}

API const char *socle_error_id(const struct socle *s)
{
	return s->error.id;
}

API const char *socle_error_text(const struct socle *s)
{
	return s->error.text;
}

API size_t socle_fault_count(const struct socle *s)
{
	return s->nr_faults;
}

API const struct socle_fault *socle_fault(const struct socle *s, size_t n)
{
	return n < s->nr_faults ? &s->fault[n] : NULL;
}

API void socle_interrupt(struct socle *s)
{
	s->stop = 1;
}

void api_begin(struct socle *s)
{
	s->code = SOCLE_OK;
	s->error = (struct socle_error){ .code = 0 };
	diag_clear(&s->faults);
	free(s->fault);
	s->fault = NULL;
	s->nr_faults = 0;
}

/* Those that are kept, in the order of their places. */
static void faults_show(struct socle *s)
{
	diag_sort(&s->faults);
	s->fault = s->faults.kept ? calloc(s->faults.kept, sizeof(*s->fault)) : NULL;
	s->nr_faults = s->fault ? s->faults.kept : 0;
	for (size_t i = 0; i < s->nr_faults; i++)
		s->fault[i] = (struct socle_fault){ .size = sizeof(*s->fault), .line = s->faults.item[i].line, .column = s->faults.item[i].column,
						    .text = s->faults.item[i].text };
}

int api_fail_code(struct socle *s, int code)
{
	s->code = code;
	faults_show(s);
	if (code == SOCLE_E_INTERRUPTED)
		s->stop = 0; /* that was for this one */
	return -code;
}

int api_end(struct socle *s, int r)
{
	if (!r)
		return 0;
	if (!*s->error.id)
		strcpy(s->error.id, error_id(&s->error));
	domain_ctx_close(&s->ctx); /* a daemon may have been restarted: the next function connects again */
	return api_fail_code(s, (int)exit_code_of(s->error.code));
}

int api_misuse(struct socle *s, const char *what)
{
	socle_fail_id(&s->error, EINVAL, "usage", "%s", what);
	return api_fail_code(s, SOCLE_E_USAGE);
}

int api_connect(struct socle *s, bool store)
{
	if (s->ctx.store && socle_store_lost(s->ctx.store)) {
		socle_store_close(s->ctx.store);
		s->ctx.store = NULL;
	}
	if (store)
		return domain_ctx_open(&s->ctx, &s->error);
	if (!s->ctx.hv)
		s->ctx.hv = socle_hv_open(&s->error);
	if (!s->ctx.store)
		s->ctx.store = socle_store_open_now(NULL); /* it lends names, as far as it is there */
	return s->ctx.hv ? 0 : -1;
}
