/* SPDX-License-Identifier: BSD-2-Clause */
/* See http.h. */
#include "kit/string.h"
#include "guests/webd/http.h"

/* The end of a head is an empty line; a lone LF ends a line too (RFC 9112 section 2.2). */
static bool ended(const struct http_head *h)
{
	const char *t = h->text + h->len;

	return (h->len >= 2 && t[-1] == '\n' && t[-2] == '\n') || (h->len >= 3 && t[-1] == '\n' && t[-2] == '\r' && t[-3] == '\n');
}

size_t http_head_take(struct http_head *h, const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && !h->whole && h->len < HTTP_HEAD_MAX) {
		char c = data[n++];

		if (!h->len && (c == '\r' || c == '\n'))
			continue;	/* empty lines before a request (section 2.2) */
		h->text[h->len++] = c;
		h->whole = ended(h);
	}
	return n;
}

/* ---- reading ---- */

/* A piece of the head. */
struct span {
	const char *at, *end;
};

static struct span next_line(struct span *rest)
{
	struct span line = { rest->at, rest->at };

	while (line.end < rest->end && *line.end != '\n')
		line.end++;
	rest->at = line.end < rest->end ? line.end + 1 : line.end;
	if (line.end > line.at && line.end[-1] == '\r')
		line.end--;
	return line;
}

static struct span next_word(struct span *line)
{
	struct span word = { line->at, line->at };

	while (word.end < line->end && *word.end != ' ')
		word.end++;
	line->at = word.end < line->end ? word.end + 1 : word.end;
	return word;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Equal but for the case of letters. */
static bool is(struct span s, const char *text)
{
	for (; s.at < s.end && *text; s.at++, text++)
		if (lower(*s.at) != lower(*text))
			return false;
	return s.at == s.end && !*text;
}

static bool is_exactly(struct span s, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(s.end - s.at) == n && !memcmp(s.at, text, n);
}

static struct span trimmed(struct span s)
{
	while (s.at < s.end && (*s.at == ' ' || *s.at == '\t'))
		s.at++;
	while (s.at < s.end && (s.end[-1] == ' ' || s.end[-1] == '\t'))
		s.end--;
	return s;
}

static int hex_digit(char c)
{
	c = lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of a target, decoded. NULs and other control characters are refused: nothing here has such a name. */
static unsigned int read_path(struct span target, char *path)
{
	size_t n = 0;

	if (target.at == target.end || *target.at != '/')
		return 400;
	for (const char *p = target.at; p < target.end && *p != '?' && *p != '#'; p++) {
		int c = (uint8_t)*p;

		if (c == '%') {
			int high = target.end - p > 2 ? hex_digit(p[1]) : -1, low = high < 0 ? -1 : hex_digit(p[2]);

			if (low < 0)
				return 400;
			c = high * 16 + low;
			p += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return 400;
		if (n + 1 == HTTP_PATH_MAX)
			return 414;
		path[n++] = (char)c;
	}
	path[n] = '\0';
	return 200;
}

static unsigned int read_method(struct span method, struct http_request *r)
{
	r->head_only = is_exactly(method, "HEAD");
	if (r->head_only || is_exactly(method, "GET"))
		return 200;
	return method.at == method.end ? 400 : 405;
}

/* HTTP/1.x; what comes after 1.1 keeps its meaning. */
static unsigned int read_version(struct span v, struct http_request *r)
{
	if (v.end - v.at != 8 || memcmp(v.at, "HTTP/", 5) || v.at[6] != '.' || v.at[7] < '0' || v.at[7] > '9')
		return 400;
	if (v.at[5] != '1')
		return 505;
	r->keep = v.at[7] != '0';
	return 200;
}

/* Sixteen hexadecimal digits in quotes are a tag of ours; anything else is none. */
static uint64_t read_etag(struct span s)
{
	uint64_t v = 0;

	if (s.end - s.at != 18 || s.at[0] != '"' || s.at[17] != '"')
		return 0;
	for (int i = 1; i < 17; i++) {
		int d = hex_digit(s.at[i]);

		if (d < 0)
			return 0;
		v = v << 4 | (uint64_t)d;
	}
	return v;
}

static unsigned int read_field(struct span line, struct http_request *r, bool *host)
{
	struct span name = { line.at, line.at }, value;

	while (name.end < line.end && *name.end != ':')
		name.end++;
	/* No name, a name with a blank behind or before it, no colon (RFC 9112 section 5.1). */
	if (name.end == line.end || name.end == name.at || name.end[-1] == ' ' || name.end[-1] == '\t' || *line.at == ' ' ||
	    *line.at == '\t')
		return 400;
	value = trimmed((struct span){ name.end + 1, line.end });
	if (is(name, "host")) {
		if (*host)
			return 400;
		*host = true;
	} else if (is(name, "connection")) {
		if (is(value, "close"))
			r->keep = false;
	} else if (is(name, "transfer-encoding") || (is(name, "content-length") && !is(value, "0"))) {
		return 413;
	} else if (is(name, "if-none-match")) {
		r->etag = read_etag(value);
	}
	return 200;
}

static unsigned int read_all(const struct http_head *h, struct http_request *r)
{
	struct span rest = { h->text, h->text + h->len }, line = next_line(&rest), method, target, version;
	unsigned int status;
	bool host = false, wants_host;

	if (!h->whole)
		return 431;
	method = next_word(&line);
	target = next_word(&line);
	version = line;
	status = read_version(version, r);
	wants_host = r->keep;	/* 1.1 */
	if (status == 200)
		status = read_path(target, r->path);
	if (status == 200)
		status = read_method(method, r);
	while (rest.at < rest.end && status == 200) {
		line = next_line(&rest);
		if (line.at == line.end)
			return wants_host && !host ? 400 : 200;
		status = read_field(line, r, &host);
	}
	return status == 200 ? 400 : status;
}

void http_request_read(const struct http_head *h, struct http_request *r)
{
	memset(r, 0, sizeof(*r));
	r->status = read_all(h, r);
	/* After an unknown method, too, a body may follow. */
	if (r->status != 200)
		r->keep = false;
}

/* ---- writing ---- */

const char *http_reason(unsigned int status)
{
	switch (status) {
	case 200: return "OK";
	case 304: return "Not Modified";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 408: return "Request Timeout";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 431: return "Request Header Fields Too Large";
	case 505: return "HTTP Version Not Supported";
	default: return "Error";
	}
}

size_t http_response_write(char text[HTTP_RESPONSE_MAX], const struct http_response *r)
{
	size_t n = (size_t)kit_snprintf(text, HTTP_RESPONSE_MAX, "HTTP/1.1 %u %s\r\nServer: webd\r\n", r->status, http_reason(r->status));

	if (r->type)
		n += (size_t)kit_snprintf(text + n, HTTP_RESPONSE_MAX - n, "Content-Type: %s\r\n", r->type);
	if (r->status != 304)
		n += (size_t)kit_snprintf(text + n, HTTP_RESPONSE_MAX - n, "Content-Length: %zu\r\n", r->length);
	if (r->etag)
		n += (size_t)kit_snprintf(text + n, HTTP_RESPONSE_MAX - n, "ETag: \"%016lx\"\r\n", r->etag);
	else
		n += (size_t)kit_snprintf(text + n, HTTP_RESPONSE_MAX - n, "Cache-Control: no-store\r\n");
	if (r->status == 405)
		n += (size_t)kit_snprintf(text + n, HTTP_RESPONSE_MAX - n, "Allow: GET, HEAD\r\n");
	n += (size_t)kit_snprintf(text + n, HTTP_RESPONSE_MAX - n, "Connection: %s\r\n\r\n", r->keep ? "keep-alive" : "close");
	return n;
}
