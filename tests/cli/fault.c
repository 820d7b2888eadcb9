/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/cli/fault.c
 *
 * For LD_PRELOAD: one call of a program fails, or is the last one that it makes.  Calls are counted from 1 in the process that
 * is started so, not in its children.
 *
 *   FAULT_AT=N             the N-th call
 *   FAULT_OF=files         of those that look at and change files
 *   FAULT_OF=disk          of those among them that need room on a disk
 *   FAULT_OF=steps         of those by which a guest is made: hypercalls, words to daemons, processes, and files
 *   FAULT_OF=memory        of those that ask for memory, but those of libxml2 itself, which ends with some of them
 *   FAULT_HOW=fail|short|kill   it fails (FAULT_ERRNO, or ENOMEM), writes half, or the process is killed before it is made
 *   FAULT_MARK=FILE        where its name is written when it comes; FILE.count has at the end how many there were
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static uintptr_t xml_begin, xml_end;
static long at = -1, seen;
static int number = EIO;
static char of = 'f', how = 'f';
static const char *mark;
static pid_t mine;

static int find_xml(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	if (!strstr(info->dlpi_name, "libxml2.so"))
		return 0;
	xml_begin = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			xml_end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1;
}

__attribute__((constructor))
static void begin(void)
{
	const char *n = getenv("FAULT_AT"), *what = getenv("FAULT_OF"), *way = getenv("FAULT_HOW"), *err = getenv("FAULT_ERRNO");

	of = what ? *what : 'f';
	how = way ? *way : 'f';
	number = err ? atoi(err) : EIO;
	mark = getenv("FAULT_MARK");
	mine = getpid();
	dl_iterate_phdr(find_xml, NULL);
	at = n ? atol(n) : -1;
}

static void note(const char *suffix, const char *text)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s%s", mark, suffix);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || syscall(SYS_write, fd, text, strlen(text)) < 0)
		abort();
	syscall(SYS_close, fd);
}

__attribute__((destructor))
static void end(void)
{
	char text[24];

	if (!mark || getpid() != mine)
		return;
	snprintf(text, sizeof(text), "%ld", seen);
	note(".count", text);
}

/* The call of this name is made: is it the one?  kinds: the beginnings of FAULT_OF's words that it belongs to. */
static int is_it(const char *kinds, const char *name)
{
	if (at < 0 || !strchr(kinds, of) || getpid() != mine || ++seen != at)
		return 0;
	if (mark)
		note("", name);
	if (how == 'k')
		syscall(SYS_kill, mine, SIGKILL);
	errno = of == 'm' ? ENOMEM : number;
	return 1;
}

#define FILES(name, failed, ...) (is_it("fs", name) ? (failed) : (__VA_ARGS__))
#define DISK(name, failed, ...)  (is_it("fds", name) ? (failed) : (__VA_ARGS__))

/* --- files ------------------------------------------------------------------------------------- */

static int open_it(const char *name, int dir, const char *path, int flags, mode_t mode)
{
	return is_it(flags & O_CREAT ? "fds" : "fs", name) ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open_it("open", AT_FDCWD, path, flags, mode);
}

/* The same on this machine, where off_t has 64 bits. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));

ssize_t write(int fd, const void *buf, size_t n)
{
	if (!is_it("fds", "write"))
		return syscall(SYS_write, fd, buf, n);
	return how == 's' && n > 1 ? syscall(SYS_write, fd, buf, n / 2) : -1;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t where)
{
	return DISK("pwrite", -1, syscall(SYS_pwrite64, fd, buf, n, where));
}

ssize_t read(int fd, void *buf, size_t n)
{
	return FILES("read", -1, syscall(SYS_read, fd, buf, n));
}

/* One that fails has closed the descriptor all the same (close(2)). */
int close(int fd)
{
	int fails = is_it("fds", "close");
	int r = (int)syscall(SYS_close, fd);

	if (fails)
		errno = number;
	return fails ? -1 : r;
}

int rename(const char *from, const char *to)
{
	return DISK("rename", -1, (int)syscall(SYS_rename, from, to));
}

int unlink(const char *path)
{
	return FILES("unlink", -1, (int)syscall(SYS_unlink, path));
}

int mkdir(const char *path, mode_t mode)
{
	return DISK("mkdir", -1, (int)syscall(SYS_mkdir, path, mode));
}

int fsync(int fd)
{
	return DISK("fsync", -1, (int)syscall(SYS_fsync, fd));
}

int flock(int fd, int operation)
{
	return FILES("flock", -1, (int)syscall(SYS_flock, fd, operation));
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return FILES("fcntl", -1, (int)syscall(SYS_fcntl, fd, cmd, arg));
}

int fcntl64(int fd, int cmd, ...) __attribute__((alias("fcntl")));

int fstat(int fd, struct stat *st)
{
	return FILES("fstat", -1, (int)syscall(SYS_fstat, fd, st));
}

int access(const char *path, int mode)
{
	return FILES("access", -1, (int)syscall(SYS_access, path, mode));
}

/* --- what else a guest is made by -------------------------------------------------------------- */

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return is_it("s", "ioctl") ? -1 : (int)syscall(SYS_ioctl, fd, request, arg);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	return is_it("s", "send") ? -1 : syscall(SYS_sendto, fd, buf, n, flags, NULL, 0);
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	return is_it("s", "recv") ? -1 : syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	return is_it("s", "connect") ? -1 : (int)syscall(SYS_connect, fd, address, len);
}

int pipe2(int fd[2], int flags)
{
	return is_it("s", "pipe2") ? -1 : (int)syscall(SYS_pipe2, fd, flags);
}

/* --- memory ------------------------------------------------------------------------------------ */

static int refused(const char *name, const void *caller)
{
	return ((uintptr_t)caller < xml_begin || (uintptr_t)caller >= xml_end) && is_it("m", name);
}

void *malloc(size_t size)
{
	return refused("malloc", __builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return refused("calloc", __builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return refused("realloc", __builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}
