/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/autostart.c
 *
 * See autostart.h.
 */
#include "domain/autostart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/definition.h"

#define SUFFIX ".start"

bool autostart_is(const char *name)
{
	char path[DEFINITION_PATH_MAX];

	definition_path(path, name, SUFFIX);
	return access(path, F_OK) == 0;
}

/* 1 read, 0 it does not start with the host, -1. */
static int item_load(struct start_item *s, const char *name, struct socle_error *e)
{
	char path[DEFINITION_PATH_MAX], text[START_TEXT_MAX + 1];
	ssize_t n = -1;
	int fd;

	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	definition_path(path, name, SUFFIX);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if (n < 0)
		return socle_fail_id(e, errno, "definitions-folder", "cannot read '%s': %s", path, strerror(errno));
	text[n < (ssize_t)sizeof(text) ? n : 0] = '\0';
	if (n == (ssize_t)sizeof(text) || !start_item_read(s, text))
		return socle_fail_id(e, DOMAIN_E_CONFIG, "bad-definition", "'%s' has other lines than 'order N' and 'after NAME'; set it anew with 'socle "
				  "autostart %s'", path, name);
	return 1;
}

struct load {
	struct start_item *item;
	size_t nr, room;
	struct socle_error *e;
};

static int load_one(void *arg, const char *name)
{
	struct load *l = arg;
	int r;

	if (l->nr == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct start_item *more = realloc(l->item, room * sizeof(*more));

		if (!more)
			return socle_fail(l->e, DOMAIN_E_NO_MEMORY, "out of memory");
		l->item = more;
		l->room = room;
	}
	r = item_load(&l->item[l->nr], name, l->e);
	if (r > 0)
		l->nr++;
	return r < 0 ? -1 : 0;
}

int autostart_load(struct start_item **item, size_t *nr, struct socle_error *e)
{
	struct load l = { .e = e };

	*item = NULL;
	*nr = 0;
	if (definition_each(load_one, &l, e)) {
		free(l.item);
		return -1;
	}
	if (l.nr)
		startplan_sort(l.item, l.nr);
	*item = l.item;
	*nr = l.nr;
	return 0;
}

static int item_write(const struct start_item *s, struct socle_error *e)
{
	char text[START_TEXT_MAX];

	start_item_write(s, text, sizeof(text));
	return definition_write(s->name, SUFFIX, text, strlen(text), e);
}

/* All as they would be with this one. */
static int check_with(const struct start_item *s, struct start_item *item, size_t nr, struct socle_error *e)
{
	const struct start_item *ring;
	size_t at = 0;

	while (at < nr && strcmp(item[at].name, s->name) != 0)
		at++;
	item[at] = *s; /* there is room for one more */
	nr += at == nr;
	for (unsigned int i = 0; i < s->nr_after; i++) {
		bool there = false;

		for (size_t k = 0; k < nr; k++)
			there |= strcmp(item[k].name, s->after[i]) == 0;
		if (!there)
			return socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-definition", definition_exists(s->after[i]) ?
					  "'%s' does not start with the host; 'socle autostart %s' first" :
					  "there is no definition of '%s'; see 'socle list --all'", s->after[i], s->after[i]);
	}
	ring = startplan_ring(item, nr);
	return ring ? socle_fail_id(e, EINVAL, "start-ring", "then '%s' would have to start after itself, by way of those that it comes after",
				 ring->name) : 0;
}

int autostart_put(const struct start_item *s, struct socle_error *e)
{
	struct start_item *item, *more;
	size_t nr;
	int r;

	if (!definition_exists(s->name))
		return definition_missing(s->name, e);
	if (autostart_load(&item, &nr, e))
		return -1;
	more = realloc(item, (nr + 1) * sizeof(*item));
	r = more ? check_with(s, more, nr, e) : socle_fail(e, DOMAIN_E_NO_MEMORY, "out of memory");
	free(more ? more : item);
	return r ? r : item_write(s, e);
}

int autostart_check_unused(const char *name, struct socle_error *e)
{
	struct start_item *item;
	size_t nr;
	int r = autostart_load(&item, &nr, e);

	for (size_t i = 0; i < nr && !r; i++)
		for (unsigned int k = 0; k < item[i].nr_after && !r; k++)
			if (strcmp(item[i].after[k], name) == 0)
				r = socle_fail_id(e, DOMAIN_E_BUSY, "start-needed", "'%s' starts after it; change that first with 'socle autostart %s'",
					       item[i].name, item[i].name);
	free(item);
	return r;
}

int autostart_drop(const char *name, struct socle_error *e)
{
	char path[DEFINITION_PATH_MAX];

	definition_path(path, name, SUFFIX);
	if (autostart_check_unused(name, e))
		return -1;
	if (unlink(path) && errno != ENOENT)
		return socle_fail_id(e, errno, "definitions-folder", "cannot remove '%s': %s", path, strerror(errno));
	return 0;
}

int autostart_follow(const char *name, const char *to, struct socle_error *e)
{
	struct start_item *item;
	size_t nr;
	int r = autostart_load(&item, &nr, e);

	for (size_t i = 0; i < nr && !r; i++) {
		bool changed = false;

		for (unsigned int k = 0; k < item[i].nr_after; k++)
			if (strcmp(item[i].after[k], name) == 0) {
				snprintf(item[i].after[k], sizeof(item[i].after[k]), "%s", to);
				changed = true;
			}
		if (changed)
			r = item_write(&item[i], e);
	}
	free(item);
	return r;
}
