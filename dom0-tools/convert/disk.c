/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/disk.c
 *
 * One string of disk= (xl-disk-configuration(5)): parameters with commas between, some by their place, some by name.  In the old
 * notation the target has a prefix, such as "phy:", and there is no place for a format behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "convert/internal.h"
#include "domain/config.h"

#define QCOW "; 'qemu-img convert -O raw' makes an image that can be used, or qemu-nbd serves this one to a disk of type 'network'"

struct spec {
	struct device dev;
	char *target, *format, *vdev, *access;
	char *prefixed;       /* a path that a prefix made longer */
	bool old;             /* a prefix was there: no format by place */
	bool cdrom, no_discard;
};

/* --- splitting --------------------------------------------------------------------------------- */

char *trimmed(char *s)
{
	char *end = s + strlen(s);

	while (*s == ' ' || *s == '\t')
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return s;
}

char *part_next(char **rest)
{
	char *part = *rest, *comma;

	if (!part)
		return NULL;
	comma = strchr(part, ',');
	if (comma)
		*comma = '\0';
	*rest = comma ? comma + 1 : NULL;
	return trimmed(part);
}

static void set_once(struct spec *s, char **place, char *value, const char *name)
{
	if (*place)
		device_fault(&s->dev, "'%s' is given twice", name);
	*place = value;
}

/* Prefixes of the old notation. */
static const struct prefix {
	const char *word;
	char *format;
	bool device; /* a path that does not begin with / is one below /dev */
} prefixes[] = {
	{ "phy:", "raw", true }, { "file:", "raw", false }, { "raw:", "raw", false }, { "qcow:", "qcow", false },
	{ "qcow2:", "qcow2", false }, { "vhd:", "vhd", false }, { "tapdisk:", NULL, false }, { "tap2:", NULL, false },
	{ "tap:", NULL, false }, { "aio:", "raw", false }, { "ioemu:", NULL, false }, { "iscsi:", "iscsi", false },
	{ "nbd:", "nbd", false }, { "enbd:", "nbd", false }, { "drbd:", "drbd", false },
};

static const struct prefix *prefix_of(const char *part)
{
	for (unsigned int i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(part, prefixes[i].word, strlen(prefixes[i].word)) == 0)
			return &prefixes[i];
	return NULL;
}

/* What is behind a prefix, or behind two of them (tap:aio:). */
static char *prefixes_take(struct spec *s, char *part)
{
	const struct prefix *p;
	bool device = false;

	for (; (p = prefix_of(part)); part += strlen(p->word)) {
		s->old = true;
		device |= p->device;
		if (p->format)
			s->format = p->format;
	}
	if (!device || !*part || *part == '/')
		return part;
	if (asprintf(&s->prefixed, "/dev/%s", part) < 0) {
		s->prefixed = NULL;
		device_fault(&s->dev, "out of memory");
		return part;
	}
	return s->prefixed;
}

/* A disk may be called one in so many words; a floppy drive or a tape is none. */
static void type_take(struct spec *s, const char *type)
{
	if (strcmp(type, "cdrom") == 0)
		s->cdrom = true;
	else if (strcmp(type, "disk") != 0)
		device_loss(&s->dev, "'%.20s' is not a kind of device here; disk is the only one", type);
}

/* In the order of the places; an empty one is left at its default. */
static void place_take(struct spec *s, char *part, unsigned int *place)
{
	char **places[] = { &s->target, &s->format, &s->vdev, &s->access }, *colon;

	while (*place < 4 && (*places[*place] || (*place == 1 && s->old)))
		(*place)++;
	if (*place == 4) {
		if (*part)
			device_fault(&s->dev, "'%.40s' has no place", part);
		return;
	}
	if (*place == 0)
		part = prefixes_take(s, part);
	colon = *place == 2 ? strchr(part, ':') : NULL;
	if (colon) {
		type_take(s, colon + 1);
		*colon = '\0';
	}
	if (*part)
		*places[*place] = part;
	(*place)++;
}

static void word_take(struct spec *s, char *word, unsigned int *place)
{
	if (strcmp(word, "cdrom") == 0)
		s->cdrom = true;
	else if (strcmp(word, "no-discard") == 0 || strcmp(word, "discard") == 0)
		s->no_discard = *word == 'n';
	else if (strcmp(word, "direct-io-safe") != 0) /* it is so anyway */
		place_take(s, word, place);
}

static void named_take(struct spec *s, const char *name, char *value)
{
	if (strcmp(name, "format") == 0)
		set_once(s, &s->format, value, name);
	else if (strcmp(name, "vdev") == 0)
		set_once(s, &s->vdev, value, name);
	else if (strcmp(name, "access") == 0)
		set_once(s, &s->access, value, name);
	else if (strcmp(name, "devtype") == 0)
		type_take(s, value);
	else if (strcmp(name, "backendtype") == 0 || strcmp(name, "specification") == 0)
		return; /* who serves it here is decided here */
	else if (strcmp(name, "backend") == 0 && (strcmp(value, "0") == 0 || strcmp(value, "Domain-0") == 0))
		return;
	else if (strcmp(name, "backend") == 0)
		device_loss(&s->dev, "its backend is the domain '%.40s', and backends run in the control domain; serve the disk from there by NBD", value);
	else if (strcmp(name, "script") == 0)
		device_loss(&s->dev, "there are no scripts ('%.80s'); make the block device first, or serve it by NBD", value);
	else
		device_loss(&s->dev, "'%.40s' is not known", name);
}

/* target=, in whatever place, has all that follows. */
static void parts_take(struct spec *s, char *text)
{
	unsigned int place = 0;
	char *rest = text;

	while (rest && !s->dev.bad) {
		char *start = rest + strspn(rest, " \t"), *equals, *part;

		if (strncmp(start, "target=", 7) == 0) {
			set_once(s, &s->target, start + 7, "target");
			return;
		}
		part = part_next(&rest);
		equals = strchr(part, '=');
		/* A path may have a "=" as well. */
		if (equals && !memchr(part, '/', (size_t)(equals - part))) {
			*equals = '\0';
			named_take(s, trimmed(part), trimmed(equals + 1));
		} else {
			word_take(s, part, &place);
		}
	}
}

/* --- what the parts say ------------------------------------------------------------------------ */

/* xvda to xvdp, into out; d0 means xvda. */
static bool vdev_read(struct spec *s, char out[8])
{
	unsigned int n;
	char more;

	if (strlen(s->vdev) == 4 && strncmp(s->vdev, "xvd", 3) == 0 && s->vdev[3] >= 'a' && s->vdev[3] <= 'p') {
		strcpy(out, s->vdev);
		return true;
	}
	if (sscanf(s->vdev, "d%2u%c", &n, &more) == 1 && n < DOMAIN_DISKS_MAX) {
		snprintf(out, 8, "xvd%c", 'a' + (char)n);
		return true;
	}
	if (strncmp(s->vdev, "xvd", 3) == 0 && strlen(s->vdev) > 4 && strspn(s->vdev + 4, "0123456789") == strlen(s->vdev + 4))
		device_loss(&s->dev, "a single partition ('%.20s') cannot be a disk; give the whole image as 'xvd%c', and change root= and the guest's fstab "
			    "to it", s->vdev, s->vdev[3]);
	else
		device_loss(&s->dev, "'%.20s' is not a disk's name here; use xvda to xvdp, and change root= and the guest's fstab to it", s->vdev);
	return false;
}

static bool readonly_read(struct spec *s, bool *readonly)
{
	static const char *const words[] = { "r", "ro", "w", "rw" };

	for (unsigned int i = 0; s->access && i < 4; i++)
		if (strcmp(s->access, words[i]) == 0) {
			*readonly = i < 2;
			return true;
		}
	if (!s->access)
		return true;
	device_fault(&s->dev, "access '%.20s' is not known; use ro or rw", s->access);
	return false;
}

static bool is_usable(struct spec *s)
{
	if (!s->target || !*s->target)
		device_loss(&s->dev, "it has no image");
	else if (s->cdrom)
		device_loss(&s->dev, "there are no CD drives; give the image as a disk with access=ro");
	else if (s->format && *s->format && strcmp(s->format, "raw") != 0)
		device_loss(&s->dev, "the format '%.20s' is not read here%s", s->format, strcmp(s->format, "iscsi") == 0 || strcmp(s->format, "drbd") == 0 ?
			    "; make the block device in the control domain, and name it" : strcmp(s->format, "nbd") == 0 ?
			    "; write a <disk type='network'>" : QCOW);
	else if (!s->vdev || !*s->vdev)
		device_fault(&s->dev, "it has no name in the guest (vdev), such as xvda");
	return !s->dev.bad;
}

static void write(struct spec *s, const char *vdev, bool readonly)
{
	struct convert *c = s->dev.c;
	bool device = strncmp(s->target, "/dev/", 5) == 0;

	write_piece(c, "    <disk");
	write_attribute(c, "type", device ? "block" : "file");
	write_line(c, s->dev.v->line, ">");
	if (s->no_discard)
		write_line(c, s->dev.v->line, "      <driver discard='ignore'/>");
	write_piece(c, "      <source");
	write_attribute(c, device ? "dev" : "file", s->target);
	write_line(c, s->dev.v->line, "/>");
	write_piece(c, "      <target");
	write_attribute(c, "dev", vdev);
	write_line(c, s->dev.v->line, "/>");
	if (readonly)
		write_line(c, s->dev.v->line, "      <readonly/>");
	write_line(c, s->dev.v->line, "    </disk>");
}

void convert_disk(struct convert *c, const struct xl_value *v)
{
	struct spec s = { .dev = { .c = c, .v = v, .kind = "disk", .whole = true } };
	char *text = strdup(v->text), vdev[8];
	bool readonly = false;

	if (!text) {
		convert_fault(c, 0, 0, "out of memory");
		return;
	}
	parts_take(&s, text);
	if (!s.dev.bad && is_usable(&s) && vdev_read(&s, vdev) && readonly_read(&s, &readonly))
		write(&s, vdev, readonly);
	free(s.prefixed);
	free(text);
}
