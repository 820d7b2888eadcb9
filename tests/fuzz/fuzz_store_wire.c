/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's half of the store protocol's codec: a byte stream in pieces of any size becomes messages; each message is
 * split into arguments, and each argument is tried as number, path and permission.
 */
#include "stored/path.h"
#include "stored/perm.h"
#include "stored/wire.h"
#include "fuzz.h"

static void check_path(const char *arg, uint16_t domid)
{
	char out[XENSTORE_ABS_PATH_MAX];
	size_t strip = 0, n;

	path_special(arg);
	memset(out, 'x', sizeof(out));
	if (path_resolve(domid, arg, out, &strip))
		return;
	CLAIM(memchr(out, 0, sizeof(out)));
	n = strlen(out);
	CLAIM(strip <= n && !strcmp(out + strip, arg));
	CLAIM(arg[0] == '@' || out[0] == '/');
	CLAIM(n == 1 || out[n - 1] != '/');
	CLAIM(!strstr(out, "//"));
}

static void check_perm(const char *arg)
{
	struct perm p, again;
	char text[PERM_TEXT_MAX];

	if (!perm_parse(arg, &p))
		return;
	CLAIM(perm_format(&p, text) == strlen(text));
	CLAIM(perm_parse(text, &again) && again.domid == p.domid && again.bits == p.bits);
}

static void check_message(const struct wire_in *in, uint16_t domid)
{
	char *body = malloc(in->hdr.len ? in->hdr.len : 1);
	struct wire_args args = { body, in->hdr.len };
	struct wire_out *out;
	const char *arg;
	uint64_t v;

	if (!body)
		abort();
	memcpy(body, in->body, in->hdr.len);
	while ((arg = wire_args_next(&args))) {
		CLAIM(arg >= body && arg + strlen(arg) < body + in->hdr.len);
		if (wire_number(arg, 65535, &v))
			CLAIM(v <= 65535);
		check_path(arg, domid);
		check_perm(arg);
	}
	args = (struct wire_args){ body, in->hdr.len };
	while (wire_args_number(&args, UINT64_MAX, &v))
		;
	out = wire_error_new(&in->hdr, (int)(in->hdr.req_id % 200));
	CLAIM(!out || out->size > sizeof(struct xsd_sockmsg));
	free(out);
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct wire_in *msg = malloc(sizeof(*msg));
	uint16_t domid = input_u16(&in);

	if (!msg)
		abort();
	wire_in_reset(msg);
	while (in.left) {
		void *dst = NULL, *piece;
		size_t want = wire_in_want(msg, &dst), n;

		if (!want) {
			check_message(msg, domid);
			wire_in_reset(msg);
			continue;
		}
		n = 1 + input_u8(&in) % 64u;
		if (n > want)
			n = want;
		CLAIM((char *)dst >= (char *)msg && (char *)dst + want <= (char *)(msg + 1));
		piece = input_block(&in, n);
		memcpy(dst, piece, n);
		free(piece);
		if (wire_in_advance(msg, n))
			break;
	}
	free(msg);
	return 0;
}
