/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_client.c
 *
 * The store client of libsocle against a scripted server on a socket: what it sends, watch events
 * between request and answer, messages that arrive in pieces, long lists fetched in parts, error
 * names, and a server that breaks the protocol or goes away: the client must report that once and
 * for ever, and not hang or crash.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <abi/io/xs_wire.h>

#include "libsocle/store.h"
#include "suite.h"

static char dir[] = "/tmp/socle-test-XXXXXX";
static char path[64];
static int listener;
static pid_t server;

static void server_listen(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	strcpy(addr.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	setenv("SOCLE_STORE_SOCKET", path, 1);
}

static void server_end(void)
{
	if (server)
		waitpid(server, NULL, 0);
	server = 0;
	close(listener);
	unlink(path);
	rmdir(dir);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
}

/* An answer that never comes: the daemon dies, and its successor takes the next connection. */
#define DIES 0xfffe

/* One request and what to do about it.  type 0xffff: any. */
struct step {
	uint32_t type;
	const char *body;   /* expected payload, body_len bytes */
	size_t body_len;
	const char *events; /* sent before the answer, as payload of one event; or NULL */
	size_t events_len;
	uint32_t answer_type;
	const char *answer;
	size_t answer_len;
	size_t chunk;       /* bytes a write; 0 = all */
};

static void send_chunked(int fd, const void *data, size_t len, size_t chunk)
{
	const char *p = data;

	while (len) {
		size_t n = chunk && chunk < len ? chunk : len;

		if (write(fd, p, n) != (ssize_t)n)
			_exit(3);
		p += n;
		len -= n;
		if (chunk)
			usleep(200);
	}
}

static void message_send(int fd, uint32_t type, uint32_t req, const char *body, size_t len,
			 size_t chunk)
{
	char buf[8192];
	struct xsd_sockmsg hdr = { .type = type, .req_id = req, .len = (uint32_t)len };

	memcpy(buf, &hdr, sizeof(hdr));
	if (len)
		memcpy(buf + sizeof(hdr), body, len);
	send_chunked(fd, buf, sizeof(hdr) + len, chunk);
}

/* The server runs the steps and exits 0; non-zero when a request was not as expected. */
static void server_start(const struct step *steps, unsigned int n)
{
	server = fork();
	ck_assert_int_ge(server, 0);
	if (server)
		return;
	int fd = accept(listener, NULL, NULL);

	for (unsigned int i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		struct xsd_sockmsg hdr;
		char body[4096];

		if (recv(fd, &hdr, sizeof(hdr), MSG_WAITALL) != sizeof(hdr))
			_exit(10);
		if (hdr.len && recv(fd, body, hdr.len, MSG_WAITALL) != (ssize_t)hdr.len)
			_exit(11);
		if (s->type != 0xffff && (hdr.type != s->type || hdr.len != s->body_len ||
					  memcmp(body, s->body, s->body_len) != 0))
			_exit(12);
		if (s->answer_type == DIES) {
			close(fd);
			fd = accept(listener, NULL, NULL);
			continue;
		}
		if (s->events)
			message_send(fd, XS_WATCH_EVENT, 0, s->events, s->events_len, s->chunk);
		message_send(fd, s->answer_type, hdr.req_id, s->answer, s->answer_len, s->chunk);
	}
	_exit(0);
}

static void server_check(void)
{
	int status;

	waitpid(server, &status, 0);
	server = 0;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "server says %d",
		      WEXITSTATUS(status));
}

#define LIT(s) (s), sizeof(s) - 1

START_TEST(test_calls)
{
	static const struct step steps[] = {
		{ XS_READ, LIT("/a\0"), NULL, 0, XS_READ, LIT("value"), 0 },
		{ XS_READ, LIT("/a\0"), LIT("/w\0tok\0"), XS_READ, LIT("7"), 1 },
		{ XS_READ, LIT("/none\0"), NULL, 0, XS_ERROR, LIT("ENOENT\0"), 0 },
		{ XS_WRITE, LIT("/b\0x=5"), NULL, 0, XS_WRITE, LIT("OK\0"), 0 },
		{ XS_DIRECTORY, LIT("/\0"), LIT("/v\0\0"), XS_DIRECTORY, LIT("one\0two\0"), 3 },
		{ XS_SET_PERMS, LIT("/b\0n0\0r5\0"), NULL, 0, XS_SET_PERMS, LIT("OK\0"), 0 },
		{ XS_TRANSACTION_START, LIT("\0"), NULL, 0, XS_TRANSACTION_START, LIT("42\0"), 0 },
		{ XS_TRANSACTION_END, LIT("T\0"), NULL, 0, XS_ERROR, LIT("EAGAIN\0"), 0 },
		{ XS_INTRODUCE,
		  LIT("5\0"
		      "123456\0"
		      "7\0"),
		  NULL, 0, XS_INTRODUCE, LIT("OK\0"), 0 },
		{ XS_RELEASE, LIT("5\0"), NULL, 0, XS_ERROR, LIT("EWHAT\0"), 0 },
	};
	const char *perms[] = { "n0", "r5" };
	struct socle_store *st;
	char *text, *p, *t, **names;
	unsigned int n;
	uint64_t number;
	uint32_t tx;
	size_t len;

	server_start(steps, sizeof(steps) / sizeof(steps[0]));
	st = socle_store_open_now(NULL);
	ck_assert_ptr_nonnull(st);
	text = socle_store_read(st, 0, "/a", &len);
	ck_assert_str_eq(text, "value");
	ck_assert_uint_eq(len, 5);
	free(text);
	ck_assert_int_eq(socle_store_read_u64(st, 0, "/a", &number), 0);
	ck_assert_uint_eq(number, 7);
	ck_assert_ptr_null(socle_store_read(st, 0, "/none", NULL));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(socle_store_write(st, 0, "/b", "x=%d", 5), 0);
	names = socle_store_dir(st, 0, "/", &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "one");
	ck_assert_str_eq(names[1], "two");
	free(names);
	ck_assert_int_eq(socle_store_set_perms(st, 0, "/b", perms, 2), 0);
	ck_assert_int_eq(socle_store_tx_start(st, &tx), 0);
	ck_assert_uint_eq(tx, 42);
	ck_assert_int_eq(socle_store_tx_end(st, tx, false), -EAGAIN);
	ck_assert_int_eq(socle_store_introduce(st, 5, 123456, 7), 0);
	ck_assert_int_eq(socle_store_release(st, 5), -EIO); /* an error we do not know */

	ck_assert_int_eq(socle_store_next_event(st, &p, &t), 1);
	ck_assert_str_eq(p, "/w");
	ck_assert_str_eq(t, "tok");
	free(p);
	free(t);
	ck_assert_int_eq(socle_store_next_event(st, &p, &t), 1);
	ck_assert_str_eq(p, "/v");
	ck_assert_str_eq(t, "");
	free(p);
	free(t);
	server_check();
	ck_assert_int_eq(socle_store_next_event(st, &p, &t), -ECONNRESET);
	ck_assert_int_eq(socle_store_rm(st, 0, "/x"), -ECONNRESET);
	socle_store_close(st);
}
END_TEST

START_TEST(test_dir_parts)
{
	static const struct step steps[] = {
		{ XS_DIRECTORY, LIT("/d\0"), NULL, 0, XS_ERROR, LIT("E2BIG\0"), 0 },
		{ XS_DIRECTORY_PART,
		  LIT("/d\0"
		      "0\0"),
		  NULL, 0, XS_DIRECTORY_PART, LIT("1\0aa\0bb\0"), 0 },
		/* changed in between: all over again */
		{ XS_DIRECTORY_PART,
		  LIT("/d\0"
		      "6\0"),
		  NULL, 0, XS_DIRECTORY_PART, LIT("2\0cc\0\0"), 0 },
		{ XS_DIRECTORY_PART,
		  LIT("/d\0"
		      "0\0"),
		  NULL, 0, XS_DIRECTORY_PART, LIT("2\0aa\0"), 0 },
		{ XS_DIRECTORY_PART,
		  LIT("/d\0"
		      "3\0"),
		  NULL, 0, XS_DIRECTORY_PART, LIT("2\0cc\0\0"), 0 },
	};
	struct socle_store *st;
	unsigned int n = 0;
	char **names;

	server_start(steps, sizeof(steps) / sizeof(steps[0]));
	st = socle_store_open_now(NULL);
	names = socle_store_dir(st, 0, "/d", &n);
	ck_assert_ptr_nonnull(names);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "aa");
	ck_assert_str_eq(names[1], "cc");
	free(names);
	socle_store_close(st);
	server_check();
}
END_TEST

/* Answers that break the protocol: each must end in an error, and the handle stays dead. */
static const struct step broken[] = {
	{ 0xffff, NULL, 0, NULL, 0, XS_WRITE, LIT("OK\0"), 0 },            /* another type */
	{ 0xffff, NULL, 0, LIT("no-end"), XS_READ, LIT("x"), 0 },          /* event without NUL */
	{ 0xffff, NULL, 0, LIT("only-path\0"), XS_READ, LIT("x"), 0 },     /* event without token */
	{ 0xffff, NULL, 0, "", 0, XS_READ, LIT("x"), 0 },                  /* empty event */
};

START_TEST(test_broken)
{
	struct socle_store *st;

	server_start(&broken[_i], 1);
	st = socle_store_open_now(NULL);
	ck_assert_ptr_null(socle_store_read(st, 0, "/a", NULL));
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_ptr_null(socle_store_read(st, 0, "/a", NULL));
	ck_assert_int_eq(errno, EPROTO);
	socle_store_close(st);
	/* The server may have been cut off while writing; server_end() waits for it. */
}
END_TEST

static void event_count(void *arg, const char *p, const char *token)
{
	ck_assert_str_eq(p, "/w");
	ck_assert_str_eq(token, "tok");
	++*(unsigned int *)arg;
}

#define WITH_ANSWER 1000u
#define BEHIND_IT   300u
#define BUNCH       64u

/* A guest that writes faster than it is asked about: what comes with answers must not pile up. */
START_TEST(test_events_do_not_pile_up)
{
	unsigned int taken = 0, total;
	struct socle_store *st;
	int r;

	server = fork();
	if (server == 0) {
		int fd = accept(listener, NULL, NULL);
		struct xsd_sockmsg hdr;
		char body[64];

		if (recv(fd, &hdr, sizeof(hdr), MSG_WAITALL) != sizeof(hdr) || recv(fd, body, hdr.len, MSG_WAITALL) < 0)
			_exit(10);
		for (unsigned int i = 0; i < WITH_ANSWER + BEHIND_IT; i++) {
			message_send(fd, XS_WATCH_EVENT, 0, LIT("/w\0tok\0"), 0);
			if (i + 1 == WITH_ANSWER)
				message_send(fd, XS_READ, hdr.req_id, LIT("x"), 0);
		}
		_exit(0);
	}
	st = socle_store_open_now(NULL);
	free(socle_store_read(st, 0, "/a", NULL));
	ck_assert_int_ge(socle_store_take_events(st, BUNCH, event_count, &taken), WITH_ANSWER);
	ck_assert_uint_le(taken, WITH_ANSWER + BUNCH);
	do {
		total = taken;
		r = socle_store_take_events(st, BUNCH, event_count, &taken);
		ck_assert_int_le(r, BUNCH);
		ck_assert_uint_eq(r > 0 ? total + (unsigned int)r : taken, taken);
	} while (r >= 0);
	ck_assert_int_eq(r, -ECONNRESET);
	ck_assert_uint_eq(taken, WITH_ANSWER + BEHIND_IT);
	socle_store_close(st);
	server_check();
}
END_TEST

START_TEST(test_too_long)
{
	static char big[XENSTORE_PAYLOAD_MAX + 1];
	struct step step = { 0xffff, NULL, 0, NULL, 0, XS_READ, big, sizeof(big), 0 };
	struct socle_store *st;

	server_start(&step, 1);
	st = socle_store_open_now(NULL);
	ck_assert_int_eq(socle_store_write_raw(st, 0, "/a", big, sizeof(big)), -E2BIG);
	ck_assert_ptr_null(socle_store_read(st, 0, "/a", NULL));
	ck_assert_int_eq(errno, EPROTO);
	socle_store_close(st);
}
END_TEST

#define IS(type, body, answer) { type, LIT(body), NULL, 0, type, LIT(answer), 0 }
#define NO(type, body, error) { type, LIT(body), NULL, 0, XS_ERROR, LIT(error "\0"), 0 }
#define DIES_AT(type, body) { type, LIT(body), NULL, 0, DIES, NULL, 0, 0 }

START_TEST(test_the_daemon_dies)
{
	static const struct step steps[] = {
		IS(XS_WATCH, "/w\0tok\0", "OK\0"),
		IS(XS_WATCH, "/v\0tok\0", "OK\0"),
		IS(XS_UNWATCH, "/v\0tok\0", "OK\0"),
		DIES_AT(XS_READ, "/a\0"),
		DIES_AT(XS_WATCH, "/w\0tok\0"),	/* and once more */
		{ XS_WATCH, LIT("/w\0tok\0"), LIT("/w\0tok\0"), XS_WATCH, LIT("OK\0"), 0 },
		IS(XS_READ, "/a\0", "value"),
		DIES_AT(XS_WRITE, "/b\0x"),
		IS(XS_WATCH, "/w\0tok\0", "OK\0"),
		IS(XS_WRITE, "/b\0x", "OK\0"),
		DIES_AT(XS_RELEASE, "5\0"),
		IS(XS_WATCH, "/w\0tok\0", "OK\0"),
		NO(XS_RELEASE, "5\0", "ENOENT"),	/* it was done */
		NO(XS_RELEASE, "5\0", "ENOENT"),	/* it was not there */
		IS(XS_UNWATCH, "/w\0tok\0", "OK\0"),
	};
	struct socle_store *st;
	char *text, *p, *t;

	server_start(steps, sizeof(steps) / sizeof(steps[0]));
	st = socle_store_open(NULL);
	ck_assert_ptr_nonnull(st);
	ck_assert_int_eq(socle_store_watch(st, "/w", "tok"), 0);
	ck_assert_int_eq(socle_store_watch(st, "/v", "tok"), 0);
	ck_assert_int_eq(socle_store_unwatch(st, "/v", "tok"), 0);
	text = socle_store_read(st, 0, "/a", NULL);
	ck_assert_str_eq(text, "value");
	free(text);
	/* The watch fires again: what happened meanwhile must be looked at. */
	ck_assert_int_eq(socle_store_next_event(st, &p, &t), 1);
	ck_assert_str_eq(p, "/w");
	free(p);
	free(t);
	ck_assert_int_eq(socle_store_write(st, 0, "/b", "x"), 0);
	ck_assert_int_eq(socle_store_release(st, 5), 0);
	ck_assert_int_eq(socle_store_release(st, 5), -ENOENT);
	ck_assert_int_eq(socle_store_unwatch(st, "/w", "tok"), 0);
	socle_store_close(st);
	server_check();
}
END_TEST

START_TEST(test_transactions_of_a_daemon_that_dies)
{
	static const struct step steps[] = {
		IS(XS_TRANSACTION_START, "\0", "7\0"),
		DIES_AT(XS_WRITE, "/a\0x"),
		IS(XS_READ, "/a\0", "old"),	/* outside of it; the write is not asked again */
		IS(XS_TRANSACTION_START, "\0", "8\0"),
		DIES_AT(XS_TRANSACTION_END, "T\0"),
		IS(XS_CONTROL, "committed\0" "8\0", "T\0"),
		IS(XS_TRANSACTION_START, "\0", "9\0"),
		DIES_AT(XS_TRANSACTION_END, "T\0"),
		DIES_AT(XS_CONTROL, "committed\0" "9\0"),
		IS(XS_CONTROL, "committed\0" "9\0", "F\0"),
		IS(XS_TRANSACTION_START, "\0", "10\0"),
		DIES_AT(XS_TRANSACTION_END, "F\0"),
		DIES_AT(XS_TRANSACTION_START, "\0"),
		IS(XS_TRANSACTION_START, "\0", "11\0"),
		IS(XS_TRANSACTION_END, "T\0", "OK\0"),
	};
	struct socle_store *st;
	char *text;
	uint32_t tx;

	server_start(steps, sizeof(steps) / sizeof(steps[0]));
	st = socle_store_open(NULL);
	ck_assert_int_eq(socle_store_tx_start(st, &tx), 0);
	ck_assert_int_eq(socle_store_write(st, tx, "/a", "x"), 0);
	text = socle_store_read(st, tx, "/a", NULL);
	ck_assert_str_eq(text, "old");
	free(text);
	ck_assert_int_eq(socle_store_tx_end(st, tx, false), -EAGAIN);
	ck_assert_int_eq(socle_store_tx_start(st, &tx), 0);
	ck_assert_int_eq(socle_store_tx_end(st, tx, false), 0);
	ck_assert_int_eq(socle_store_tx_start(st, &tx), 0);
	ck_assert_int_eq(socle_store_tx_end(st, tx, false), -EAGAIN);
	ck_assert_int_eq(socle_store_tx_start(st, &tx), 0);
	ck_assert_int_eq(socle_store_tx_end(st, tx, true), 0);
	ck_assert_int_eq(socle_store_tx_start(st, &tx), 0);
	ck_assert_uint_eq(tx, 11);
	ck_assert_int_eq(socle_store_tx_end(st, tx, false), 0);
	socle_store_close(st);
	server_check();
}
END_TEST

/* One who only waits for events. */
START_TEST(test_events_of_a_daemon_that_dies)
{
	static const struct step steps[] = {
		IS(XS_WATCH, "/w\0tok\0", "OK\0"),
		DIES_AT(XS_READ, "/a\0"),
		{ XS_WATCH, LIT("/w\0tok\0"), LIT("/w/x\0tok\0"), XS_WATCH, LIT("OK\0"), 0 },
		IS(XS_READ, "/a\0", "v"),
	};
	struct socle_store *st, *other;
	char *p, *t;
	int r, fd;

	server_start(steps, sizeof(steps) / sizeof(steps[0]));
	st = socle_store_open(NULL);
	fd = socle_store_fd(st);
	ck_assert_int_eq(socle_store_watch(st, "/w", "tok"), 0);
	free(socle_store_read(st, 0, "/a", NULL));
	ck_assert_int_eq(socle_store_fd(st), fd);
	while ((r = socle_store_next_event(st, &p, &t)) == 0)
		;
	ck_assert_int_eq(r, 1);
	ck_assert_str_eq(p, "/w/x");
	free(p);
	free(t);
	socle_store_close(st);
	server_check();
	/* One that does not wait is lost at once. */
	server_start(steps, 2);
	other = socle_store_open_now(NULL);
	ck_assert_int_eq(socle_store_watch(other, "/w", "tok"), 0);
	ck_assert(!socle_store_lost(other));
	ck_assert_ptr_null(socle_store_read(other, 0, "/a", NULL));
	ck_assert(socle_store_lost(other));
	socle_store_close(other);
	kill(server, SIGKILL);	/* it waits for a second connection */
}
END_TEST

START_TEST(test_nobody)
{
	struct socle_error err = { 0 };

	close(listener);
	ck_assert_ptr_null(socle_store_open(&err));
	ck_assert_int_eq(err.code, ENOTCONN);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(socle_wrap(&err, "cannot create '%s'", "web"), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot create 'web': the store daemon"));
}
END_TEST

START_TEST(test_error_object)
{
	struct socle_error err = { 0 };
	char wide[1500];

	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	ck_assert_int_eq(socle_fail(NULL, 5, "nobody %s", "listens"), -1);
	ck_assert_int_eq(socle_wrap(NULL, "nobody"), -1);
	socle_fail(&err, 5, "%s", wide);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	socle_wrap(&err, "front");
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_int_eq(strncmp(err.text, "front: xxx", 10), 0);
	socle_wrap(&err, "%s", wide);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_int_eq(err.code, 5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store_client");
	TCase *tc = tcase_create("store_client");

	tcase_add_checked_fixture(tc, server_listen, server_end);
	tcase_add_test(tc, test_calls);
	tcase_add_test(tc, test_dir_parts);
	tcase_add_loop_test(tc, test_broken, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tc, test_events_do_not_pile_up);
	tcase_add_test(tc, test_too_long);
	tcase_add_test(tc, test_the_daemon_dies);
	tcase_add_test(tc, test_transactions_of_a_daemon_that_dies);
	tcase_add_test(tc, test_events_of_a_daemon_that_dies);
	tcase_add_test(tc, test_nobody);
	tcase_add_test(tc, test_error_object);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
