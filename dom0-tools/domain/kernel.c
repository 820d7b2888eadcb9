/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/kernel.c
 *
 * From a kernel file to a parsed ELF image in memory.  The parsers are the hypervisor's own, which
 * take the file as hostile; here is only the plumbing and the wording of errors.
 */
#include "domain/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hypervisor/domain/bzimage.h>
#include <hypervisor/domain/decompress.h>

#include "domain/codes.h"

#define KERNEL_FILE_MAX ((off_t)1 << 30)

static void *take(size_t size)
{
	return malloc(size);
}

static void give(void *p, size_t size)
{
	(void)size;
	free(p);
}

/* Find the payload in the file, unpack and parse it. */
static int kernel_read(const char *path, const void *file, size_t len, struct kernel *out,
		       struct socle_error *e)
{
	enum payload_kind kind;
	const void *payload;
	size_t paylen, hint;
	const char *why = "?";
	int r = bzimage_payload(file, len, &payload, &paylen, &hint, &kind, &why);

	if (r < 0)
		return socle_fail(e, DOMAIN_E_CONFIG, "kernel '%s' cannot be used: %s", path, why);
	r = payload_unpack(kind, payload, paylen, take, give, &out->elf, &out->len, &why);
	if (r == -ENOMEM)
		return socle_fail(e, DOMAIN_E_NO_MEMORY,
				  "no memory in dom0 to unpack kernel '%s': %s", path, why);
	if (r < 0)
		return socle_fail(e, DOMAIN_E_CONFIG, "kernel '%s' cannot be unpacked (%s): %s",
				  path, payload_kind_name(kind), why);
	r = elf_parse(out->elf, out->len, &out->image, &why);
	if (r < 0) {
		kernel_unload(out);
		return socle_fail(e, DOMAIN_E_CONFIG, "kernel '%s' cannot be started: %s", path,
				  why);
	}
	return 0;
}

int kernel_load(const char *path, struct kernel *out, struct socle_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	struct stat sb;
	void *file;

	memset(out, 0, sizeof(*out));
	if (fd < 0 || fstat(fd, &sb)) {
		socle_fail(e, DOMAIN_E_CONFIG, "cannot open kernel '%s': %s", path,
			   strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(sb.st_mode) || sb.st_size == 0 || sb.st_size > KERNEL_FILE_MAX) {
		close(fd);
		return socle_fail(e, DOMAIN_E_CONFIG, "kernel '%s' is %s", path,
				  !S_ISREG(sb.st_mode) ? "not a regular file" :
				  sb.st_size ? "too large" : "empty");
	}
	file = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	r = errno;
	close(fd);
	if (file == MAP_FAILED)
		return socle_fail(e, r, "cannot map kernel '%s': %s", path, strerror(r));
	r = kernel_read(path, file, (size_t)sb.st_size, out, e);
	munmap(file, (size_t)sb.st_size);
	return r;
}

void kernel_unload(struct kernel *k)
{
	free(k->elf);
	k->elf = NULL;
	k->len = 0;
}
