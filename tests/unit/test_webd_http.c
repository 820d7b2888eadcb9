/* SPDX-License-Identifier: BSD-2-Clause */
/* webd/http.h: heads in pieces, what is accepted, what is refused and with which status, responses. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "guests/webd/http.h"
#include "suite.h"

static struct http_request ask(const char *text)
{
	struct http_head *h = calloc(1, sizeof(*h));
	struct http_request r;

	http_head_take(h, text, strlen(text));
	http_request_read(h, &r);
	free(h);
	return r;
}

START_TEST(heads_come_in_pieces)
{
	const char *text = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next";
	size_t whole = strlen("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");

	for (size_t step = 1; step < 40; step++) {
		struct http_head *h = calloc(1, sizeof(*h));
		size_t at = 0;

		while (!h->whole) {
			size_t n = strlen(text) - at < step ? strlen(text) - at : step;

			ck_assert_uint_gt(n, 0);
			at += http_head_take(h, text + at, n);
		}
		ck_assert_uint_eq(at, whole);
		ck_assert_uint_eq(http_head_take(h, text + at, 4), 0);
		free(h);
	}
}
END_TEST

START_TEST(what_is_accepted)
{
	struct http_request r = ask("GET /a/b%20c?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");

	ck_assert_uint_eq(r.status, 200);
	ck_assert_str_eq(r.path, "/a/b c");
	ck_assert(r.keep && !r.head_only && !r.etag);
	r = ask("HEAD / HTTP/1.0\n\n");
	ck_assert_uint_eq(r.status, 200);
	ck_assert(!r.keep && r.head_only);
	r = ask("GET / HTTP/1.1\r\nhost: x\r\nconnection:  Close \r\nIf-None-Match: \"00000000deadbeef\"\r\nContent-Length: 0\r\n\r\n");
	ck_assert_uint_eq(r.status, 200);
	ck_assert(!r.keep);
	ck_assert_uint_eq(r.etag, 0xdeadbeef);
}
END_TEST

START_TEST(what_is_refused)
{
	const struct { const char *text; unsigned int status; } cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 400 },				/* no host */
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n: x\r\n\r\n", 400 },
		{ "GET /\r\n\r\n", 400 },
		{ "GET / HTTP/1.10\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\n\r\n", 505 },
		{ "get / HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413 },
		{ "GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /%0 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /%g0 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ " / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\r\n", 431 },			/* never ends */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request r = ask(cases[i].text);

		ck_assert_msg(r.status == cases[i].status, "\"%s\": %u", cases[i].text, r.status);
		ck_assert(!r.keep);
	}
}
END_TEST

START_TEST(long_ones)
{
	char *text = malloc(2 * HTTP_HEAD_MAX);
	struct http_head *h = calloc(1, sizeof(*h));
	struct http_request r;

	strcpy(text, "GET /");
	memset(text + 5, 'a', HTTP_PATH_MAX);
	strcpy(text + 5 + HTTP_PATH_MAX, " HTTP/1.1\r\nHost: a\r\n\r\n");
	ck_assert_uint_eq(ask(text).status, 414);
	strcpy(text + 5 + HTTP_PATH_MAX - 2, " HTTP/1.1\r\nHost: a\r\n\r\n");
	r = ask(text);
	ck_assert_uint_eq(r.status, 200);
	ck_assert_uint_eq(strlen(r.path), HTTP_PATH_MAX - 1);

	memset(text, 'a', 2 * HTTP_HEAD_MAX);
	ck_assert_uint_eq(http_head_take(h, text, 2 * HTTP_HEAD_MAX), HTTP_HEAD_MAX);
	ck_assert_uint_eq(http_head_take(h, text, 1), 0);
	ck_assert(!h->whole);
	http_request_read(h, &r);
	ck_assert_uint_eq(r.status, 431);
	free(h);
	free(text);
}
END_TEST

/* Random heads made of likely words: nothing is read outside of them. */
START_TEST(random_heads)
{
	const char *words[] = { "GET", "HEAD", " ", "/", "%", "%2", "%41", "?", "HTTP/1.1", "HTTP/1.", "\r\n", "\n", "\r", ":", "Host", "Host: x",
				"Connection", "close", "If-None-Match: \"", "\"", "0123456789abcdef", "\t", "\x01", "Content-Length:" };

	srand(3);
	for (int i = 0; i < 20000; i++) {
		struct http_head *h = calloc(1, sizeof(*h));
		struct http_request r;

		for (int k = rand() % 30; k--;) {
			const char *w = words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))];

			http_head_take(h, w, strlen(w));
		}
		http_request_read(h, &r);
		ck_assert(r.status == 200 || !r.keep);
		ck_assert(r.status != 200 || (h->whole && r.path[0] == '/'));
		free(h);
	}
}
END_TEST

START_TEST(responses)
{
	char text[HTTP_RESPONSE_MAX];
	size_t n;

	n = http_response_write(text, &(struct http_response){ .status = 200, .type = "text/html; charset=utf-8", .length = 12, .etag = 0xab,
								.keep = true });
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_str_eq(text, "HTTP/1.1 200 OK\r\nServer: webd\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 12\r\n"
			       "ETag: \"00000000000000ab\"\r\nConnection: keep-alive\r\n\r\n");
	http_response_write(text, &(struct http_response){ .status = 405, .type = "text/plain", .length = 0 });
	ck_assert(strstr(text, "Allow: GET, HEAD\r\n") && strstr(text, "Connection: close\r\n\r\n") && strstr(text, "Cache-Control: no-store\r\n"));
	http_response_write(text, &(struct http_response){ .status = 304, .etag = 1, .keep = true });
	ck_assert_ptr_null(strstr(text, "Content-Length"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("webd http");
	TCase *t = tcase_create("all");

	tcase_add_test(t, heads_come_in_pieces);
	tcase_add_test(t, what_is_accepted);
	tcase_add_test(t, what_is_refused);
	tcase_add_test(t, long_ones);
	tcase_add_test(t, random_heads);
	tcase_add_test(t, responses);
	suite_add_tcase(s, t);
	return suite_run(s);
}
