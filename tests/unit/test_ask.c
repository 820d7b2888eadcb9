/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to a supervisor (dom0-tools/device/ask.c): what is none is refused, and costs no descriptor. */
#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/ask.h"
#include "suite.h"

static int conn[2];
static struct ask question;

static void begin(void)
{
	question = (struct ask){ .version = ASK_VERSION, .what = ASK_CAPTURE };
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, conn), 0);
}

static void end(void)
{
	close(conn[0]);
	close(conn[1]);
}

static unsigned int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* size bytes of a question, and so many descriptors. */
static void put(size_t size, unsigned int nr)
{
	static char bytes[sizeof(question) + 8];
	union {
		char room[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} u = { .room = { 0 } };
	struct iovec iov = { .iov_base = bytes, .iov_len = size };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	memcpy(bytes, &question, sizeof(question));
	if (nr) {
		h.msg_control = u.room;
		h.msg_controllen = CMSG_SPACE(nr * sizeof(int));
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(nr * sizeof(int));
	}
	for (unsigned int i = 0; i < nr; i++)
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)) + i * sizeof(int), &(int){ 0 }, sizeof(int));
	ck_assert_int_eq(sendmsg(conn[0], &h, 0), (ssize_t)size);
}

START_TEST(a_question_brings_its_descriptor)
{
	struct ask q;
	int fd;

	put(sizeof(question), 1);
	ck_assert(ask_take(conn[1], &q, &fd));
	ck_assert_int_eq(q.what, ASK_CAPTURE);
	ck_assert_int_ge(fd, 0);
	close(fd);
	put(sizeof(question), 0);
	ck_assert(ask_take(conn[1], &q, &fd));
	ck_assert_int_eq(fd, -1);
}
END_TEST

static const struct { size_t size; uint32_t version; } wrong[] = {
	{ 4, ASK_VERSION }, { sizeof(struct ask) - 1, ASK_VERSION }, { sizeof(struct ask) + 1, ASK_VERSION },
	{ sizeof(struct ask), ASK_VERSION + 1 },
};

START_TEST(what_is_no_question_leaves_no_descriptor)
{
	unsigned int before = descriptors();
	struct ask q;
	int fd = 0;

	question.version = wrong[_i].version;
	for (unsigned int nr = 0; nr <= 4; nr++) {
		put(wrong[_i].size, nr);
		ck_assert(!ask_take(conn[1], &q, &fd));
		ck_assert_int_eq(fd, -1);
	}
	ck_assert_uint_eq(descriptors(), before);
}
END_TEST

START_TEST(more_descriptors_than_one_are_closed)
{
	unsigned int before = descriptors();
	struct ask q;
	int fd;

	put(sizeof(question), 4);
	ck_assert(ask_take(conn[1], &q, &fd));
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_uint_eq(descriptors(), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ask");
	TCase *t = tcase_create("ask");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_question_brings_its_descriptor);
	tcase_add_loop_test(t, what_is_no_question_leaves_no_descriptor, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, more_descriptors_than_one_are_closed);
	suite_add_tcase(s, t);
	return suite_run(s);
}
