/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/json.h
 *
 * The one writer of JSON (RFC 8259).  Values are written as they come: what is inside an object has a key, what is inside an
 * array has none (NULL).  Text becomes valid UTF-8 whatever its bytes are: a byte that belongs to no well-formed sequence
 * (Unicode 15, table 3-7) is written as U+FFFD.  Numbers of 64 bits are written whole.
 */
#ifndef SOCLE_DOMAIN_JSON_H
#define SOCLE_DOMAIN_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 8

struct json {
	FILE *out;
	unsigned int depth;
	struct {
		char end;    /* ] or } */
		bool rows;   /* an element is a line */
		bool filled;
	} level[JSON_DEPTH_MAX];
};

void json_begin(struct json *j, FILE *out);

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
/* An array whose elements stand on lines of their own. */
void json_rows(struct json *j, const char *key);

/* The innermost object or array is complete; after the outermost comes a line's end. */
void json_end(struct json *j);

void json_text(struct json *j, const char *key, const char *text); /* NULL is written as null */
void json_text_n(struct json *j, const char *key, const char *text, size_t len);
void json_uint(struct json *j, const char *key, uint64_t n);
void json_int(struct json *j, const char *key, int64_t n);
void json_real(struct json *j, const char *key, double n, unsigned int decimals); /* no number: null */
void json_bool(struct json *j, const char *key, bool b);
void json_hex(struct json *j, const char *key, uint64_t n); /* "0x1f", as text */

#endif /* SOCLE_DOMAIN_JSON_H */
