/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stock Linux's basic operations cost, in ticks of the time stamp counter. This program is all there is in the
 * initramfs: it is init, prints its lines "BENCH name;n;min;median;" as the bare kernels do, and powers off. Started with
 * an argument it ends at once: that is what the exec measurement executes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLES	21
#define PAGE	4096UL
#define FAULTS	256UL

static uint64_t ticks(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	printf("Bail out! %s\n", what);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	exit(1);
}

static uint64_t system_call(unsigned long n)
{
	uint64_t start = ticks();

	for (unsigned long i = 0; i < n; i++)
		syscall(SYS_getppid);
	return ticks() - start;
}

static void child_ends(pid_t pid)
{
	int status;

	must(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status), "a child's end");
}

static uint64_t fork_exit(unsigned long n)
{
	uint64_t start = ticks();

	for (unsigned long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		child_ends(pid);
	}
	return ticks() - start;
}

static uint64_t fork_exec(unsigned long n)
{
	static char path[] = "/init", argument[] = "x";
	char *const argv[] = { path, argument, NULL }, *const none[] = { NULL };
	uint64_t start = ticks();

	for (unsigned long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			execve(path, argv, none);
			_exit(1);
		}
		child_ends(pid);
	}
	return ticks() - start;
}

static void *map(unsigned long pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED, "mmap");
	return p;
}

/* The first write to each of n pages; huge pages are a matter of configuration and of no PV kernel. */
static uint64_t page_fault(unsigned long n)
{
	volatile char *p = map(n);
	uint64_t start = ticks();

	for (unsigned long i = 0; i < n; i++)
		p[i * PAGE] = 1;
	start = ticks() - start;
	munmap((void *)p, n * PAGE);
	return start;
}

static uint64_t map_unmap(unsigned long n)
{
	uint64_t start = ticks();

	for (unsigned long i = 0; i < n; i++)
		munmap(map(1), PAGE);
	return ticks() - start;
}

static uint64_t map_write_unmap(unsigned long n)
{
	uint64_t start = ticks();

	for (unsigned long i = 0; i < n; i++) {
		volatile char *p = map(16);

		for (unsigned long j = 0; j < 16; j++)
			p[j * PAGE] = 1;
		munmap((void *)p, 16 * PAGE);
	}
	return ticks() - start;
}

static uint64_t protect(unsigned long n)
{
	char *p = map(16);
	uint64_t start;

	for (unsigned long j = 0; j < 16; j++)
		p[j * PAGE] = 1;
	start = ticks();
	for (unsigned long i = 0; i < n; i++)
		must(!mprotect(p, 16 * PAGE, i & 1 ? PROT_READ | PROT_WRITE : PROT_READ), "mprotect");
	start = ticks() - start;
	munmap(p, 16 * PAGE);
	return start;
}

/* A byte goes to a second process and comes back: two switches a round, of which one is what is reported. */
static uint64_t pipe_switch(unsigned long n)
{
	int to[2], from[2];
	uint64_t start;
	pid_t pid;
	char c = 0;

	must(!pipe(to) && !pipe(from), "pipe");
	pid = fork();
	if (!pid) {
		for (unsigned long i = 0; i < n; i++)
			must(read(to[0], &c, 1) == 1 && write(from[1], &c, 1) == 1, "the pipe's other end");
		_exit(0);
	}
	start = ticks();
	for (unsigned long i = 0; i < n; i++)
		must(write(to[1], &c, 1) == 1 && read(from[0], &c, 1) == 1, "the pipe");
	start = ticks() - start;
	child_ends(pid);
	close(to[0]), close(to[1]), close(from[0]), close(from[1]);
	return start / 2;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t (*run)(unsigned long n);
		unsigned long n;
	} list[] = {
		{ "Linux: system call", system_call, 1000 },
		{ "Linux: fork and exit", fork_exit, 10 },
		{ "Linux: fork and exec and exit", fork_exec, 10 },
		{ "Linux: page fault", page_fault, FAULTS },
		{ "Linux: mmap and munmap of a page", map_unmap, 200 },
		{ "Linux: mmap and 16 faults and munmap", map_write_unmap, 50 },
		{ "Linux: mprotect of 16 pages", protect, 200 },
		{ "Linux: switch through a pipe", pipe_switch, 100 },
	};

	(void)argv;
	if (argc > 1)
		return 0;
	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		uint64_t v[SAMPLES];

		list[i].run(list[i].n);
		for (unsigned int s = 0; s < SAMPLES; s++)
			v[s] = list[i].run(list[i].n);
		qsort(v, SAMPLES, sizeof(v[0]), by_value);
		printf("BENCH %s;%lu;%.2f;%.2f;\n", list[i].name, list[i].n, (double)v[0] / (double)list[i].n,
		       (double)v[SAMPLES / 2] / (double)list[i].n);
		fflush(stdout);
	}
	printf("BENCH-DONE\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
