/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/utf8.h
 *
 * Text of which nobody knows what it is: guests have a part in what logs and events say.  Pure.
 */
#ifndef SOCLE_DOMAIN_UTF8_H
#define SOCLE_DOMAIN_UTF8_H

#include <stddef.h>

/* Length of the well-formed UTF-8 sequence (Unicode 15, table 3-7) at p, of at most len bytes; 0 when there is none. */
size_t utf8_sequence(const unsigned char *p, size_t len);

/*
 * In place: what may be an order to a terminal becomes '?', that is the controls C0 but for the tab, DEL, the controls C1 (ECMA-48),
 * in two bytes or in one, and whatever else is no UTF-8.
 */
void utf8_make_plain(char *text);

#endif
