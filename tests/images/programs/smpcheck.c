/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a Linux with several CPUs behave? One process, several threads, all checks at once for some seconds:
 *   clock  no thread ever reads an earlier CLOCK_MONOTONIC than another one has read before
 *   wake   pairs of threads hand a token back and forth through pipes; nobody waits for ever
 *   tlb    after mprotect(PROT_READ) has returned no other thread's write reaches the page
 *   remap  what a thread maps anew is zero, whoever had the frame before
 *   fork   children are made, exit and are collected
 *   sleep  a short sleep ends
 * Each prints "smpcheck NAME ROUNDS" and, for a failure, what was seen. Exit code 0: all behaved.
 *   smpcheck SECONDS
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 32
#define STALL_SECONDS 60	/* without one round of a check: it hangs */
#define PAGE 4096

static atomic_bool stop;
static atomic_int failures;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void fail(const char *check, const char *what, uint64_t value)
{
	printf("smpcheck FAIL %s: %s %llu\n", check, what, (unsigned long long)value);
	fflush(stdout);
	atomic_fetch_add(&failures, 1);
}

struct check {
	const char *name;
	void *(*run)(void *self);
	unsigned int threads;
	atomic_ulong rounds;
};

/* ---- clock ---- */

static _Atomic uint64_t latest;

static void *run_clock(void *arg)
{
	struct check *c = arg;
	uint64_t seen, t;

	while (!stop) {
		seen = atomic_load(&latest);
		t = now_ns();
		if (t < seen)
			fail("clock", "backwards by ns", seen - t);
		while (t > seen && !atomic_compare_exchange_weak(&latest, &seen, t))
			;
		atomic_fetch_add(&c->rounds, 1);
	}
	return NULL;
}

/* ---- wake ---- */

static void *run_echo(void *arg)
{
	const int *ends = arg;
	char token;

	while (read(ends[0], &token, 1) == 1)
		if (write(ends[1], &token, 1) != 1)
			break;
	return NULL;
}

static void *run_wake(void *arg)
{
	struct check *c = arg;
	int to[2], from[2], echo[2];
	pthread_t partner;
	char token = 'x';

	if (pipe(to) || pipe(from)) {
		fail("wake", "pipe: errno", (uint64_t)errno);
		return NULL;
	}
	echo[0] = to[0];
	echo[1] = from[1];
	pthread_create(&partner, NULL, run_echo, echo);
	while (!stop) {
		if (write(to[1], &token, 1) != 1 || read(from[0], &token, 1) != 1) {
			fail("wake", "errno", (uint64_t)errno);
			break;
		}
		atomic_fetch_add(&c->rounds, 1);
	}
	close(to[1]);
	pthread_join(partner, NULL);
	close(to[0]);
	close(from[0]);
	close(from[1]);
	return NULL;
}

/* ---- tlb ---- */

static __thread sigjmp_buf on_fault;
static __thread volatile bool faults_expected;

static void fault_handler(int sig)
{
	if (!faults_expected) {
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(on_fault, 1);
}

struct victim {
	volatile uint64_t *page;
	atomic_bool stop;
};

static void *run_writer(void *arg)
{
	struct victim *v = arg;
	uint64_t n = 0;

	faults_expected = true;
	while (!atomic_load(&v->stop)) {
		if (sigsetjmp(on_fault, 1)) {
			sched_yield();
			continue;
		}
		for (unsigned int i = 0; i < 1000; i++)
			v->page[i % (PAGE / 8)] = ++n;
	}
	return NULL;
}

static void *run_tlb(void *arg)
{
	struct check *c = arg;
	struct victim v = { .page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };
	uint64_t before[PAGE / 8];
	pthread_t writer;

	pthread_create(&writer, NULL, run_writer, &v);
	while (!stop) {
		if (mprotect((void *)v.page, PAGE, PROT_READ))
			fail("tlb", "mprotect: errno", (uint64_t)errno);
		memcpy(before, (const void *)v.page, PAGE);
		for (unsigned int i = 0; i < 20; i++)
			if (memcmp(before, (const void *)v.page, PAGE))
				fail("tlb", "a write came through a read-only page, round", atomic_load(&c->rounds));
		mprotect((void *)v.page, PAGE, PROT_READ | PROT_WRITE);
		usleep(100);
		atomic_fetch_add(&c->rounds, 1);
	}
	atomic_store(&v.stop, true);
	pthread_join(writer, NULL);
	munmap((void *)v.page, PAGE);
	return NULL;
}

/* ---- remap ---- */

static void *run_remap(void *arg)
{
	struct check *c = arg;
	size_t size = 16 * PAGE;

	while (!stop) {
		uint64_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			fail("remap", "mmap: errno", (uint64_t)errno);
			return NULL;
		}
		for (size_t i = 0; i < size / 8; i += 64) {
			if (p[i])
				fail("remap", "a fresh page holds", p[i]);
			p[i] = 0x50c1e000 + i;
		}
		munmap(p, size);
		atomic_fetch_add(&c->rounds, 1);
	}
	return NULL;
}

/* ---- fork, sleep ---- */

static void *run_fork(void *arg)
{
	struct check *c = arg;
	int status;
	pid_t pid;

	while (!stop) {
		pid = fork();
		if (!pid)
			_exit(42);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 42) {
			fail("fork", "errno", (uint64_t)errno);
			return NULL;
		}
		atomic_fetch_add(&c->rounds, 1);
	}
	return NULL;
}

static void *run_sleep(void *arg)
{
	struct check *c = arg;

	while (!stop) {
		uint64_t begin = now_ns();

		usleep(2000);
		if (now_ns() - begin < 2000000)
			fail("sleep", "too short, ns", now_ns() - begin);
		atomic_fetch_add(&c->rounds, 1);
	}
	return NULL;
}

static struct check checks[] = {
	{ .name = "clock", .run = run_clock, .threads = 3 }, { .name = "wake", .run = run_wake, .threads = 2 },
	{ .name = "tlb", .run = run_tlb, .threads = 1 }, { .name = "remap", .run = run_remap, .threads = 2 },
	{ .name = "fork", .run = run_fork, .threads = 1 }, { .name = "sleep", .run = run_sleep, .threads = 2 },
};
#define NR_CHECKS (sizeof(checks) / sizeof(checks[0]))

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 10, n = 0, idle[NR_CHECKS] = { 0 };
	unsigned long last[NR_CHECKS] = { 0 }, rounds;
	struct sigaction sa = { .sa_handler = fault_handler, .sa_flags = SA_NODEFER };
	pthread_t threads[MAX_THREADS];
	bool hangs = false;

	sigaction(SIGSEGV, &sa, NULL);
	printf("smpcheck %ld CPUs online, %u s\n", sysconf(_SC_NPROCESSORS_ONLN), seconds);
	fflush(stdout);
	for (unsigned int i = 0; i < NR_CHECKS; i++)
		for (unsigned int t = 0; t < checks[i].threads; t++)
			pthread_create(&threads[n++], NULL, checks[i].run, &checks[i]);
	for (uint64_t end = now_ns() + seconds * UINT64_C(1000000000); now_ns() < end && !hangs;) {
		sleep(1);
		for (unsigned int i = 0; i < NR_CHECKS; i++) {
			rounds = atomic_load(&checks[i].rounds);
			idle[i] = rounds == last[i] ? idle[i] + 1 : 0;
			last[i] = rounds;
			if (idle[i] == STALL_SECONDS) {
				fail(checks[i].name, "no round for seconds:", STALL_SECONDS);
				hangs = true;
			}
		}
	}
	stop = true;
	if (!hangs)
		while (n)
			pthread_join(threads[--n], NULL);
	for (unsigned int i = 0; i < NR_CHECKS; i++) {
		rounds = atomic_load(&checks[i].rounds);
		printf("smpcheck %s %lu\n", checks[i].name, rounds);
		if (!rounds)
			fail(checks[i].name, "rounds:", 0);
	}
	printf("smpcheck %s\n", failures ? "FAILED" : "passed");
	return failures ? 1 : 0;
}
