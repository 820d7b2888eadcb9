/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/1.1 as far as a server of a few pages needs it (RFC 9110, 9112): a request's head is collected, read, and answered with the
 * head of a response. Requests with a body are refused, and their connection closed, since where the next one begins is not
 * worth knowing. Pure.
 */
#ifndef SOCLE_GUESTS_WEBD_HTTP_H
#define SOCLE_GUESTS_WEBD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX	4096u
#define HTTP_PATH_MAX	256u

/* Bytes of a request's head as they come. All zero is empty. */
struct http_head {
	uint16_t len;
	bool whole;		/* it ends with an empty line */
	char text[HTTP_HEAD_MAX];
};

/* Takes bytes up to the end of the head; how many. It is full when none are taken and it is not whole. */
size_t http_head_take(struct http_head *h, const char *data, size_t len);

struct http_request {
	unsigned int status;	/* 200, or why it is refused */
	bool head_only;		/* HEAD: no content in the response */
	bool keep;		/* the connection may have another request */
	uint64_t etag;		/* that the client has already; 0: none */
	char path[HTTP_PATH_MAX];	/* decoded, without query; begins with '/' */
};

void http_request_read(const struct http_head *h, struct http_request *r);

struct http_response {
	unsigned int status;
	const char *type;	/* of the content; NULL if there is none */
	size_t length;
	uint64_t etag;		/* 0: not to be kept */
	bool keep;
};

#define HTTP_RESPONSE_MAX	512u

/* The head of a response, NUL added; its length. */
size_t http_response_write(char text[HTTP_RESPONSE_MAX], const struct http_response *r);

const char *http_reason(unsigned int status);

#endif
