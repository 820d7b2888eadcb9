/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/config.c
 *
 * From a file to a checked description.  Three passes, each run only when the one before had no
 * complaint that makes it pointless: well-formedness (libxml2); structure and values, by a table of
 * elements that gives each refusal its own words (element.c, value.c); the RELAX NG schema, which
 * is the published contract and must never accept less than the table does.  A document that the
 * table accepts and the schema refuses is refused with the schema's words.
 */
#include "domain/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/element.h"
#include "domain/xml.h"

const char *domain_action_name(enum domain_action a)
{
	static const char *const names[] = {
		[DOMAIN_ACTION_DESTROY] = "destroy",
		[DOMAIN_ACTION_RESTART] = "restart",
		[DOMAIN_ACTION_PRESERVE] = "preserve",
	};

	return names[a];
}

static struct domain_config *config_new(const char *name)
{
	struct domain_config *cfg = calloc(1, sizeof(*cfg));

	if (!cfg)
		return NULL;
	cfg->vcpus = 1;
	cfg->on_poweroff = DOMAIN_ACTION_DESTROY;
	cfg->on_reboot = DOMAIN_ACTION_RESTART;
	cfg->on_crash = DOMAIN_ACTION_DESTROY;
	cfg->file = strdup(name);
	if (!cfg->file) {
		free(cfg);
		return NULL;
	}
	return cfg;
}

void domain_config_free(struct domain_config *cfg)
{
	if (!cfg)
		return;
	free(cfg->kernel);
	free(cfg->initrd);
	free(cfg->cmdline);
	free(cfg->file);
	free(cfg->text);
	free(cfg);
}

/* Kept for a supervisor that takes over: the file may be another by then. */
static bool text_keep(struct domain_config *cfg, const char *text, size_t len)
{
	cfg->text = malloc(len + 1);
	if (!cfg->text)
		return false;
	memcpy(cfg->text, text, len);
	cfg->text[len] = '\0';
	cfg->text_len = len;
	return true;
}

struct domain_config *domain_config_parse(const char *name, const char *text, size_t len,
					  struct diag_list *diags)
{
	struct domain_config *cfg = NULL;
	xmlDoc *doc = xml_read(name, text, len, diags);

	if (!doc)
		return NULL;
	cfg = config_new(name);
	if (!cfg || !text_keep(cfg, text, len))
		diag_add(diags, 0, 0, "out of memory");
	else
		element_read_document(doc, cfg, diags);
	if (!diags->count)
		xml_validate(doc, diags);
	xmlFreeDoc(doc);
	if (diags->count) {
		domain_config_free(cfg);
		return NULL;
	}
	return cfg;
}

char *domain_file_read(const char *file, size_t *len, struct diag_list *diags)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat sb;
	char *text = NULL;
	ssize_t r;

	if (fd < 0 || fstat(fd, &sb)) {
		diag_add(diags, 0, 0, "cannot open: %s", strerror(errno));
	} else if (!S_ISREG(sb.st_mode)) {
		diag_add(diags, 0, 0, "not a regular file");
	} else if (sb.st_size > (off_t)DOMAIN_FILE_MAX) {
		diag_add(diags, 0, 0, "%lld bytes is too large for a domain description",
			 (long long)sb.st_size);
	} else if (!(text = malloc(DOMAIN_FILE_MAX + 1))) {
		diag_add(diags, 0, 0, "out of memory");
	} else {
		*len = 0;
		while ((r = read(fd, text + *len, DOMAIN_FILE_MAX + 1 - *len)) > 0)
			*len += (size_t)r;
		if (r < 0 || *len > DOMAIN_FILE_MAX) {
			diag_add(diags, 0, 0, "cannot read: %s", strerror(r < 0 ? errno : EFBIG));
			free(text);
			text = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return text;
}

struct domain_config *domain_config_load(const char *file, struct diag_list *diags)
{
	struct domain_config *cfg = NULL;
	size_t len = 0;
	char *text = domain_file_read(file, &len, diags);

	if (text)
		cfg = domain_config_parse(file, text, len, diags);
	free(text);
	return cfg;
}

/* The shortest guest there can be, around a device; in one line, so that lines stay what they are in the file. */
static const char frame_head[] = "<domain type='socle'><name>x</name><memory>8192</memory><os><type>linux</type>"
				 "<kernel>/x</kernel></os><devices>";
static const char frame_tail[] = "</devices></domain>";

struct domain_config *domain_device_parse(const char *name, const char *text, size_t len, struct diag_list *diags)
{
	const char *end = len > 5 && memcmp(text, "<?xml", 5) == 0 ? memmem(text, len, "?>", 2) : NULL;
	size_t skip = end ? (size_t)(end + 2 - text) : 0;
	char *framed = malloc(len + sizeof(frame_head) + sizeof(frame_tail));
	struct domain_config *cfg = NULL;

	if (framed) {
		memcpy(framed, frame_head, sizeof(frame_head) - 1);
		memcpy(framed + sizeof(frame_head) - 1, text + skip, len - skip);
		memcpy(framed + sizeof(frame_head) - 1 + len - skip, frame_tail, sizeof(frame_tail));
		cfg = domain_config_parse(name, framed, sizeof(frame_head) - 1 + len - skip + sizeof(frame_tail) - 1, diags);
	} else {
		diag_add(diags, 0, 0, "out of memory");
	}
	free(framed);
	if (cfg && cfg->nr_disks + cfg->nr_cards != 1) {
		diag_add(diags, 0, 0, "it has %u devices, not one", cfg->nr_disks + cfg->nr_cards);
		domain_config_free(cfg);
		cfg = NULL;
	}
	return cfg;
}

struct domain_config *domain_device_load(const char *file, struct diag_list *diags)
{
	size_t len = 0;
	char *text = domain_file_read(file, &len, diags);
	struct domain_config *cfg = text ? domain_device_parse(file, text, len, diags) : NULL;

	free(text);
	return cfg;
}
