/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libsocle's store client against a daemon that says anything: all its answers are in the socket before the first question,
 * then the other end is shut. Headers get their length and request number right unless the input wants otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "libsocle/store_internal.h"
#include "fuzz.h"

static void put_answers(struct input *in, int fd)
{
	uint32_t id = 1;

	for (unsigned int i = 0; i < 12 && in->left > 8; i++) {
		static const uint8_t types[] = { XS_READ, XS_WATCH_EVENT, XS_ERROR, XS_DIRECTORY, XS_DIRECTORY_PART, XS_TRANSACTION_START, XS_WRITE, XS_WATCH };
		uint8_t how = input_u8(in), len = input_u8(in);
		struct xsd_sockmsg h = { types[how % 8], id, 0, len };
		char *body = input_block(in, len);

		if (h.type != XS_WATCH_EVENT)
			id++;
		if (how >> 3 == 31)
			h.len = input_u32(in);
		if (how >> 3 == 30)
			h.req_id = input_u8(in);
		if (send(fd, &h, sizeof(h), MSG_DONTWAIT) < 0 || (len && send(fd, body, len, MSG_DONTWAIT) < 0))
			i = 12;
		free(body);
	}
}

static void ask(struct socle_store *st, uint8_t what)
{
	char *path = NULL, *token = NULL, *text, **names;
	unsigned int n = 0;
	uint32_t tx;
	uint64_t v;
	size_t len;

	switch (what % 6) {
	case 0:
		text = socle_store_read(st, 0, "/a", &len);
		if (text)
			CLAIM(text[len] == 0);
		free(text);
		break;
	case 1:
		names = socle_store_dir(st, 0, "/a", &n);
		for (unsigned int i = 0; names && i < n; i++)
			CLAIM(names[i] && strlen(names[i]) < 1u << 20);
		free(names);
		break;
	case 2:
		socle_store_read_u64(st, 0, "/a", &v);
		break;
	case 3:
		socle_store_tx_start(st, &tx);
		break;
	case 4:
		socle_store_write(st, 0, "/a", "%d", 5);
		break;
	default:
		socle_store_watch(st, "/a", "t");
	}
	if (socle_store_next_event(st, &path, &token) == 1) {
		CLAIM(path && token);
		free(path);
		free(token);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct socle_store *st = calloc(1, sizeof(*st));
	uint8_t what[6];
	int fd[2];

	if (!st || socketpair(AF_UNIX, SOCK_STREAM, 0, fd) || fcntl(fd[0], F_SETFL, O_NONBLOCK))
		abort();
	for (unsigned int i = 0; i < sizeof(what); i++)
		what[i] = input_u8(&in);
	put_answers(&in, fd[1]);
	shutdown(fd[1], SHUT_WR);
	st->fd = fd[0];
	st->is_socket = true;
	st->events_tail = &st->events;
	for (unsigned int i = 0; i < sizeof(what); i++)
		ask(st, what[i]);
	close(fd[1]);
	socle_store_close(st);
	return 0;
}
