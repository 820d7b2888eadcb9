/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/bzimage.c
 *
 * Recognise the form of a kernel file and find the ELF, or the compressed ELF, in it.
 *
 * The offsets are those of Linux's x86 boot protocol (setup header at 0x1f1), which has carried the
 * place of the payload since version 2.08. Only bytes inside [file, file + len) are read.
 */
#include <stdbool.h>
#include <string.h>

#include <abi/errno.h>

#include "bzimage.h"

/* Setup header fields, as offsets in the file, and the end of the last one used. */
#define HDR_SETUP_SECTS		0x1f1
#define HDR_BOOT_FLAG		0x1fe
#define HDR_MAGIC		0x202
#define HDR_VERSION		0x206
#define HDR_PAYLOAD_OFFSET	0x248
#define HDR_PAYLOAD_LENGTH	0x24c
#define HDR_END			0x250

#define SECTOR_BYTES		512u
#define VERSION_PAYLOAD		0x0208	/* first protocol that has the payload fields */

/* The size that ends a compressed payload. */
#define TRAILER_BYTES		4u

struct form {
	char magic[8];
	uint8_t magic_len;
	bool taken;
	enum payload_kind kind;
	const char *why;	/* the refusal, where not taken */
};

static const struct form forms[] = {
	{ "\177ELF", 4, true, PAYLOAD_ELF, NULL },
	{ "\x1f\x8b", 2, true, PAYLOAD_GZIP, NULL },
	{ "\xfd" "7zXZ", 6, true, PAYLOAD_XZ, NULL },	/* the sixth byte is the NUL */
	{ "\x28\xb5\x2f\xfd", 4, true, PAYLOAD_ZSTD, NULL },
	{ "\x02\x21\x4c\x18", 4, true, PAYLOAD_LZ4, NULL },
	{ "BZh", 3, false, PAYLOAD_ELF,
	  "the kernel is compressed with bzip2; gzip, xz, zstd and lz4 are taken" },
	{ "\x5d\x00\x00", 3, false, PAYLOAD_ELF,
	  "the kernel is compressed with lzma; gzip, xz, zstd and lz4 are taken" },
	{ "\x89LZO", 4, false, PAYLOAD_ELF,
	  "the kernel is compressed with lzo; gzip, xz, zstd and lz4 are taken" },
	{ "\x04\x22\x4d\x18", 4, false, PAYLOAD_ELF,
	  "the kernel is compressed with the lz4 frame format; the legacy format (lz4 -l) is taken" },
};

const char *payload_kind_name(enum payload_kind kind)
{
	switch (kind) {
	case PAYLOAD_ELF: return "ELF";
	case PAYLOAD_GZIP: return "gzip";
	case PAYLOAD_XZ: return "xz";
	case PAYLOAD_ZSTD: return "zstd";
	case PAYLOAD_LZ4: return "lz4";
	}
	return "unknown";
}

/* Little-endian, as x86 is; the file may lie at any alignment. */
static uint32_t read32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint16_t read16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static const struct form *find_form(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (len >= forms[i].magic_len &&
		    memcmp(data, forms[i].magic, forms[i].magic_len) == 0)
			return &forms[i];
	}
	return NULL;
}

/* Narrow *data, *len to the payload of a bzImage. */
static int enter_bzimage(const uint8_t **data, size_t *len, const char **why)
{
	const uint8_t *file = *data;
	unsigned int sects;
	uint64_t offset;
	uint32_t size;

	if (*len < HDR_END || read16(file + HDR_BOOT_FLAG) != 0xaa55 ||
	    memcmp(file + HDR_MAGIC, "HdrS", 4) != 0) {
		*why = "the kernel is neither a Linux bzImage, nor an ELF, nor a gzip'ed ELF";
		return -XEN_ENOEXEC;
	}
	if (read16(file + HDR_VERSION) < VERSION_PAYLOAD) {
		*why = "the kernel's bzImage is older than boot protocol 2.08 and hides its payload";
		return -XEN_ENOEXEC;
	}
	/* Boot protocol: 0 means 4. */
	sects = file[HDR_SETUP_SECTS] ? file[HDR_SETUP_SECTS] : 4;
	offset = (uint64_t)(sects + 1) * SECTOR_BYTES + read32(file + HDR_PAYLOAD_OFFSET);
	size = read32(file + HDR_PAYLOAD_LENGTH);
	if (offset > *len || size > *len - offset) {
		*why = "the kernel's bzImage is truncated: its payload ends behind the file";
		return -XEN_ENOEXEC;
	}
	*data = file + offset;
	*len = size;
	return 0;
}

int bzimage_payload(const void *file, size_t len, const void **payload, size_t *paylen,
		    size_t *unpacked_hint, enum payload_kind *kind, const char **why)
{
	const uint8_t *data = file;
	const struct form *form;
	bool inside = false;
	int err;

	form = find_form(data, len);
	/* Bare files: the two forms that other loaders take as well. */
	if (!form || (form->kind != PAYLOAD_ELF && form->kind != PAYLOAD_GZIP) || !form->taken) {
		err = enter_bzimage(&data, &len, why);
		if (err)
			return err;
		inside = true;
		form = find_form(data, len);
	}
	if (!form) {
		*why = inside ? "the kernel's bzImage is in an unknown compression" :
				"the kernel file is empty";
		return -XEN_EOPNOTSUPP;
	}
	if (!form->taken) {
		*why = form->why;
		return -XEN_EOPNOTSUPP;
	}
	if (len < form->magic_len + TRAILER_BYTES) {
		*why = "the kernel's payload is too short to be one";
		return -XEN_ENOEXEC;
	}
	*payload = data;
	*paylen = len;
	*kind = form->kind;
	*unpacked_hint = form->kind == PAYLOAD_ELF ? len : read32(data + len - TRAILER_BYTES);
	return 0;
}
