/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/procs.c
 *
 * See procs.h.
 */
#include "domain/procs.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/device.h"

static bool is_ours(const char *name)
{
	static const char *const names[] = { "stored", "consoled", "socle-watch", "blkd", "blkd-nbd", "netd" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static FILE *proc_open(const char *pid, const char *what)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	return fopen(path, "re");
}

static bool name_read(const char *pid, char out[20])
{
	FILE *f = proc_open(pid, "comm");
	bool ok = f && fgets(out, 20, f);

	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = '\0';
	return ok;
}

static uint64_t rss_read(const char *pid)
{
	FILE *f = proc_open(pid, "statm");
	uint64_t size, pages = 0;

	if (f && fscanf(f, "%" SCNu64 " %" SCNu64, &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Workers run as a user of their guest's. */
static uint32_t guest_of(const char *pid)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s", pid);
	if (stat(path, &st) || st.st_uid <= DEVICE_UID_BASE || st.st_uid > DEVICE_UID_BASE + UINT16_MAX)
		return 0;
	return st.st_uid - DEVICE_UID_BASE;
}

size_t procs_list(struct proc *out, size_t max)
{
	DIR *d = opendir("/proc");
	size_t n = 0;

	for (struct dirent *de; d && (de = readdir(d));) {
		struct proc p = { .pid = 0 };

		if (!isdigit((unsigned char)de->d_name[0]) || !name_read(de->d_name, p.name) || !is_ours(p.name))
			continue;
		p.pid = (pid_t)atoi(de->d_name);
		p.domid = guest_of(de->d_name);
		p.rss_kib = rss_read(de->d_name);
		if (n < max)
			out[n] = p;
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

uint64_t meminfo_kib(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	size_t n = strlen(key);
	uint64_t kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, n) == 0 && line[n] == ':')
			kib = strtoull(line + n + 1, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}
