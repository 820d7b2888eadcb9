/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the clock read without system calls, on every CPU? The kernel's vDSO falls back to a system call when its
 * clocksource cannot be read from user space. So a child per CPU goes there, forbids itself clock_gettime() and
 * gettimeofday() by a seccomp filter that kills, and calls the vDSO's function many times.
 *   vdsocheck     prints "vdsocheck N CPUs, N ns a call", or what failed; exit code 0: no CPU needs a system call
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS 20000

typedef int (*clock_fn)(clockid_t, struct timespec *);

/* The vDSO is one ELF image whose first segment starts at the image and whose dynamic section names its symbols. */
static clock_fn vdso_symbol(const char *name)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
	const Elf64_Shdr *section;

	if (!image)
		return NULL;
	section = (const Elf64_Shdr *)(image + header->e_shoff);
	for (unsigned int i = 0; i < header->e_shnum; i++) {
		const Elf64_Sym *sym = (const Elf64_Sym *)(image + section[i].sh_offset);
		const char *names;

		if (section[i].sh_type != SHT_DYNSYM)
			continue;
		names = image + section[section[i].sh_link].sh_offset;
		for (size_t n = section[i].sh_size / sizeof(*sym); n; n--, sym++)
			if (!strcmp(names + sym->st_name, name))
				return (clock_fn)(uintptr_t)(image + sym->st_value);
	}
	return NULL;
}

static int forbid_clock_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettimeofday, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static uint64_t ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;
}

/* In the child. What is read must not go back, and must have gone on. */
static int child(clock_fn clock, int cpu)
{
	struct timespec first = { 0 }, before, now, wall;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || forbid_clock_calls())
		return 2;
	clock(CLOCK_MONOTONIC, &first);
	before = first;
	for (unsigned int i = 0; i < CALLS; i++) {
		if (clock(CLOCK_MONOTONIC, &now) || clock(CLOCK_REALTIME, &wall) || ns(&now) < ns(&before))
			return 3;
		before = now;
	}
	return ns(&now) > ns(&first) ? 0 : 3;
}

/* The filter works: a child that makes the call dies of it. Without this proof the test could not fail. */
static int filter_child(void)
{
	struct timespec t;

	if (forbid_clock_calls())
		return 2;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return 0;
}

static int run(clock_fn clock, int cpu)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(clock ? child(clock, cpu) : filter_child());
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

int main(void)
{
	clock_fn clock = vdso_symbol("__vdso_clock_gettime");
	struct timespec begin, end;
	int status, cpus = 0, bad = 0;
	cpu_set_t online;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!clock || sched_getaffinity(0, sizeof(online), &online)) {
		printf("vdsocheck FAIL no vDSO, or no affinity\n");
		return 1;
	}
	status = run(NULL, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
		printf("vdsocheck FAIL the filter lets clock_gettime() pass: status %#x\n", status);
		return 1;
	}
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &online))
			continue;
		cpus++;
		status = run(clock, cpu);
		if (status) {
			printf("vdsocheck FAIL CPU %d: %s, status %#x\n", cpu, WIFSIGNALED(status) &&
			       WTERMSIG(status) == SIGSYS ? "the clock needs a system call" : "wrong", status);
			bad = 1;
		}
	}
	clock(CLOCK_MONOTONIC, &begin);
	for (unsigned int i = 0; i < CALLS; i++)
		clock(CLOCK_MONOTONIC, &end);
	printf("vdsocheck %d CPUs, %u ns a call\n", cpus, (unsigned int)((ns(&end) - ns(&begin)) / CALLS));
	return bad;
}
