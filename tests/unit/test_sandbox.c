/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_sandbox.c
 *
 * A process in the sandbox tries what it must not be able to do.  Each trial is a child; it ends by the kernel's SIGSYS, or
 * its exit code names the check that failed.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/answer.h"
#include "device/sandbox.h"
#include "suite.h"

#define SOME_UID 61234u
#define MEMORY   (64ull << 20)
#define ALLOWED_REQUEST 0x5413ul /* TIOCGWINSZ: does nothing to a pipe */

static const unsigned long requests[] = { ALLOWED_REQUEST };
static const int more[] = { SYS_getuid };

static void enter(int keep)
{
	struct sandbox s = { .uid = geteuid() ? geteuid() : SOME_UID, .keep = &keep, .nr_keep = 1,
			     .memlock = 1 << 20, .threads = 100, .files = 20, .memory = MEMORY };
	struct socle_error e;

	if (sandbox_drop(&s, &e) || sandbox_filter(requests, 1, more, 1, &e)) {
		dprintf(2, "%s\n", e.text);
		_exit(99);
	}
}

/* The child's wait status. */
static int trial(void (*what)(int fd))
{
	int fds[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		what(fds[1]);
		syscall(SYS_exit_group, 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	return status;
}

static void rights_are_gone(int fd)
{
	struct sandbox s = { .uid = geteuid() ? geteuid() : SOME_UID, .keep = &fd, .nr_keep = 1,
			     .memlock = 1 << 20, .threads = 100, .files = 20, .memory = MEMORY };
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	struct rlimit l;
	struct socle_error e;
	int other = dup2(fd, 50);

	if (sandbox_drop(&s, &e))
		_exit(99);
	if (getuid() != s.uid || geteuid() != s.uid || (s.uid == SOME_UID && (getgid() != s.uid || getgroups(0, NULL))))
		_exit(1);
	if (syscall(SYS_capget, &head, caps) || caps[0].effective || caps[1].permitted || caps[0].permitted)
		_exit(2);
	if (fcntl(other, F_GETFD) != -1 || fcntl(0, F_GETFD) != -1 || fcntl(fd, F_GETFD) == -1 || fcntl(2, F_GETFD) == -1)
		_exit(3);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		_exit(4);
	if (getrlimit(RLIMIT_CORE, &l) || l.rlim_max || getrlimit(RLIMIT_NOFILE, &l) || l.rlim_max > 20)
		_exit(5);
	if (setuid(0) == 0)
		_exit(6);
}

START_TEST(rights_and_descriptors_go)
{
	ck_assert_int_eq(trial(rights_are_gone), 0);
}
END_TEST

static void work(int fd)
{
	int answer = 0;
	void *p;

	enter(fd);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || munmap(p, 4096))
		syscall(SYS_exit_group, 1);
	if (write(fd, "x", 1) != 1)
		syscall(SYS_exit_group, 2);
	if (ioctl(fd, ALLOWED_REQUEST, &answer) != -1 || errno == EPERM)
		syscall(SYS_exit_group, 3);
	syscall(SYS_getuid);
}

START_TEST(what_is_listed_works)
{
	ck_assert_int_eq(trial(work), 0);
}
END_TEST

/* Private, shared and on the heap: there is an end, far from the host's. */
static void takes_memory(int fd)
{
	const size_t piece = 1 << 20;
	size_t got = 0;
	char *heap;

	enter(fd);
	while (got < 16 * MEMORY && mmap(NULL, piece, PROT_READ | PROT_WRITE,
					 (got / piece % 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		got += piece;
	if (got < piece || got >= MEMORY || errno != ENOMEM)
		syscall(SYS_exit_group, 1);
	heap = (char *)syscall(SYS_brk, 0);
	if ((char *)syscall(SYS_brk, heap + piece) != heap)
		syscall(SYS_exit_group, 2);
}

START_TEST(memory_has_an_end)
{
	ck_assert_int_eq(trial(takes_memory), 0);
}
END_TEST

/* The supervisor's question and the worker's answer have to get through the filter. */
static void answers(int fd)
{
	struct ctl_msg q = { .version = CTL_VERSION, .what = CTL_STATS, .seq = 3 };
	int pair[2], fds[CTL_FDS_MAX];
	unsigned int n;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) || dup2(pair[0], fd) != fd)
		_exit(1);
	if (write(pair[1], &q, sizeof(q)) != sizeof(q))
		_exit(2);
	enter(fd); /* drops all but fd */
	if (ctl_question(fd, &q, fds, &n) != 1 || n)
		syscall(SYS_exit_group, 3);
	ctl_done(fd, &q, 5);
}

START_TEST(a_question_is_answered)
{
	ck_assert_int_eq(trial(answers), 0);
}
END_TEST

static void opens(int fd) { enter(fd); syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0); }
static void executes(int fd) { enter(fd); syscall(SYS_execve, "/bin/true", NULL, NULL); }
static void clones(int fd) { enter(fd); syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static void connects(int fd) { enter(fd); syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }
static void traces(int fd) { enter(fd); syscall(SYS_ptrace, 0, 0, 0, 0); }
static void kills(int fd) { enter(fd); syscall(SYS_kill, 1, 0); }
static void makes_rings(int fd) { enter(fd); syscall(SYS_io_uring_setup, 4, NULL); }
static void asks_otherwise(int fd) { enter(fd); syscall(SYS_ioctl, fd, 0x5401ul, 0); }
static void hides_a_request(int fd) { enter(fd); syscall(SYS_ioctl, fd, 0x100005401ul, 0); }
static void makes_code(int fd)
{
	enter(fd);
	syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

START_TEST(what_is_not_listed_ends_it)
{
	void (*const bad[])(int) = { opens, executes, clones, connects, traces, kills, makes_rings, asks_otherwise,
				     hides_a_request, makes_code };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = trial(bad[i]);

		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "trial %zu: status %#x", i, status);
	}
}
END_TEST

START_TEST(user_zero_is_refused)
{
	struct sandbox s = { .uid = 0 };
	struct socle_error e;

	/* For anybody else it is another user than their own. */
	ck_assert_int_eq(sandbox_drop(&s, &e), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sandbox");
	TCase *t = tcase_create("sandbox");

	suite_add_tcase(s, t);
	tcase_add_test(t, rights_and_descriptors_go);
	tcase_add_test(t, what_is_listed_works);
	tcase_add_test(t, memory_has_an_end);
	tcase_add_test(t, a_question_is_answered);
	tcase_add_test(t, what_is_not_listed_ends_it);
	tcase_add_test(t, user_zero_is_refused);
	return suite_run(s);
}
