/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/kernel.c
 *
 * From a kernel file to a parsed ELF image.  The parsers are the hypervisor's own, which
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

#include <hypervisor/domain/decompress.h>

#include "domain/codes.h"

#define KERNEL_FILE_MAX ((off_t)1 << 30)

static int payload_find(struct kernel *k, struct socle_error *e)
{
	const char *why = "?";
	size_t hint;
	int r = bzimage_payload(k->file, k->file_len, &k->payload, &k->payload_len, &hint, &k->kind,
				&why);

	if (r == 0)
		k->size = payload_size(k->kind, k->payload, k->payload_len, &why);
	if (k->size)
		k->work = payload_work_size(k->kind, k->payload, k->payload_len, &why);
	if (k->work == 0)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "kernel-bad", "kernel '%s' cannot be used: %s", k->path,
				  why);
	return 0;
}

int kernel_unpack(const struct kernel *k, void *elf, void *work, struct elf_image *image,
		  struct socle_error *e)
{
	const char *why = "?";
	int r = payload_unpack_to(k->kind, k->payload, k->payload_len, work, k->work, elf, k->size,
				  &why);

	if (r < 0)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "kernel-bad", "kernel '%s' cannot be unpacked (%s): %s",
				  k->path, payload_kind_name(k->kind), why);
	r = elf_parse(elf, k->size, image, &why);
	if (r < 0)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "kernel-bad", "kernel '%s' cannot be started: %s", k->path,
				  why);
	return 0;
}

int kernel_load(const char *path, struct kernel *out, struct socle_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	struct stat sb;

	*out = (struct kernel){ .path = path };
	if (fd < 0 || fstat(fd, &sb)) {
		socle_fail_id(e, DOMAIN_E_CONFIG, "kernel-missing", "cannot open kernel '%s': %s", path,
			   strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(sb.st_mode) || sb.st_size == 0 || sb.st_size > KERNEL_FILE_MAX) {
		close(fd);
		return socle_fail_id(e, DOMAIN_E_CONFIG, "kernel-bad", "kernel '%s' is %s", path,
				  !S_ISREG(sb.st_mode) ? "not a regular file" :
				  sb.st_size ? "too large" : "empty");
	}
	out->file_len = (size_t)sb.st_size;
	out->file = mmap(NULL, out->file_len, PROT_READ, MAP_PRIVATE, fd, 0);
	r = errno;
	close(fd);
	if (out->file == MAP_FAILED) {
		out->file = NULL;
		return socle_fail_id(e, r, "kernel-bad", "cannot map kernel '%s': %s", path, strerror(r));
	}
	r = payload_find(out, e);
	if (r)
		kernel_unload(out);
	return r;
}

void kernel_unload(struct kernel *k)
{
	if (k->file)
		munmap(k->file, k->file_len);
	k->file = NULL;
}
