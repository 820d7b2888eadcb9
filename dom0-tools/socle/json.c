/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/json.c
 *
 * Writing strings as JSON (RFC 8259): quotes, backslash and control characters escaped; bytes above
 * 0x7f are passed through, since names are checked to be ASCII and the rest is UTF-8 already.
 */
#include <stdio.h>

#include "socle/cmd.h"

void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}
