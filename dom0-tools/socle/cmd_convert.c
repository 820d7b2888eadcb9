/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_convert.c
 *
 * socle convert: what a file of xl means, as a description.  With something in it that a description cannot say, nothing is
 * printed, unless the user has it left out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "convert/convert.h"
#include "domain/codes.h"
#include "domain/config.h"
#include "socle/cmd.h"

static int judge(const struct conversion *made, bool lenient, struct socle_error *e)
{
	if (!made->xml)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "bad-source", "the file has errors");
	if (made->losses && !lenient)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "not-converted", "a description cannot say all of it; take that out, or use '--lenient' "
				     "to have it left out");
	if (made->losses)
		return socle_fail_id(e, DOMAIN_E_PARTIAL, "left-out", "what is named above is left out");
	return 0;
}

int cmd_convert(const struct invocation *inv)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	struct conversion made = { .xml = NULL };
	struct socle_error err = { 0 };
	const char *file = inv->args[0];
	char *text = NULL;
	size_t len = 0;
	int r;

	if (!diags) {
		socle_fail(&err, DOMAIN_E_NO_MEMORY, "out of memory");
		return report("convert", file, &err);
	}
	text = domain_file_read(file, &len, diags);
	if (text)
		xl_convert(file, text, len, &made, diags);
	r = judge(&made, flag_given(inv, "lenient"), &err);
	diag_print(diags, file, stderr);
	if (r == 0 || err.code == DOMAIN_E_PARTIAL)
		fwrite(made.xml, 1, made.len, stdout);
	diag_clear(diags);
	free(diags);
	free(made.xml);
	free(text);
	return r ? report(err.code == DOMAIN_E_PARTIAL ? "convert all of" : "convert", file, &err) : EXIT_OK;
}
