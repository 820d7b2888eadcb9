/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/definition.c
 *
 * See definition.h.  A text is written beside its place, synchronised, and renamed over the one before; then the folder is
 * synchronised.  Whoever changes something holds the lock of the folder for that moment; readers need none.
 */
#include "domain/definition.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/rewrite.h"
#include "domain/uuid.h"

#define SUFFIX ".xml"

const char *definition_dir(void)
{
	const char *dir = getenv("SOCLE_GUESTS");

	return dir && *dir == '/' && strlen(dir) < 200 ? dir : "/etc/socle/guests";
}

void definition_path(char out[DEFINITION_PATH_MAX], const char *name, const char *suffix)
{
	snprintf(out, DEFINITION_PATH_MAX, "%s/%s%s", definition_dir(), name, suffix);
}

/* What could be a guest's name, and surely is no path. */
static bool name_is_good(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') && strlen(name) <= DOMAIN_NAME_MAX;
}

bool definition_exists(const char *name)
{
	char path[DEFINITION_PATH_MAX];

	definition_path(path, name, SUFFIX);
	/* One that cannot be looked at is there: whoever reads it is told why it cannot be read. */
	return name_is_good(name) && (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

struct guess {
	const char *name;
	char best[DOMAIN_NAME_MAX + 1];
};

static int guess_look(void *arg, const char *name)
{
	struct guess *g = arg;
	const char *candidates[] = { name, *g->best ? g->best : NULL, NULL }, *best = diag_suggest(g->name, candidates);

	if (best == name)
		snprintf(g->best, sizeof(g->best), "%s", name);
	return 0;
}

bool definition_suggest(const char *name, char out[DOMAIN_NAME_MAX + 1])
{
	struct guess g = { .name = name, .best = "" };

	definition_each(guess_look, &g, NULL);
	strcpy(out, g.best);
	return *out;
}

int definition_missing(const char *name, struct socle_error *e)
{
	char guess[DOMAIN_NAME_MAX + 1];
	bool known = e && definition_suggest(name, guess);

	return socle_fail_id(e, DOMAIN_E_NOT_FOUND, "no-definition", "there is no definition of this name; %s%s%s", known ? "did you mean '" :
			     "see 'socle list --all'", known ? guess : "", known ? "'?" : "");
}

struct domain_config *definition_load(const char *name, struct socle_error *e)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	struct domain_config *cfg = NULL;
	char path[DEFINITION_PATH_MAX];

	definition_path(path, name, SUFFIX);
	if (!diags)
		socle_fail(e, DOMAIN_E_NO_MEMORY, "out of memory");
	else if (!definition_exists(name))
		definition_missing(name, e);
	else if (!(cfg = domain_config_load(path, diags)))
		socle_fail_id(e, DOMAIN_E_CONFIG, "bad-definition", "%s:%u:%u: %s; see 'socle validate %s'", path, diags->item[0].line,
			   diags->item[0].column, diags->kept ? diags->item[0].text : "?", path);
	else if (strcmp(cfg->name, name) != 0 || !cfg->has_uuid)
		socle_fail_id(e, DOMAIN_E_CONFIG, "bad-definition", "'%s' %s; it was changed by hand: define it anew", path,
			   cfg->has_uuid ? "is of a guest with another name" : "has no <uuid>");
	if (cfg && (strcmp(cfg->name, name) != 0 || !cfg->has_uuid)) {
		domain_config_free(cfg);
		cfg = NULL;
	}
	if (diags)
		diag_clear(diags);
	free(diags);
	return cfg;
}

int definition_each(int (*fn)(void *arg, const char *name), void *arg, struct socle_error *e)
{
	struct dirent **list;
	int n = scandir(definition_dir(), &list, NULL, alphasort), r = 0;

	if (n < 0 && errno != ENOENT)
		return socle_fail_id(e, errno, "definitions-folder", "cannot read '%s': %s", definition_dir(), strerror(errno));

	for (int i = 0; i < n; i++) {
		char *name = list[i]->d_name;
		size_t len = strlen(name);

		if (!r && len > strlen(SUFFIX) && strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0) {
			name[len - strlen(SUFFIX)] = '\0';
			r = name_is_good(name) ? fn(arg, name) : 0;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return r;
}

/* --- changing ---------------------------------------------------------------------------------- */

/* Make the folder with the one above it. */
static int dir_make(struct socle_error *e)
{
	char above[DEFINITION_PATH_MAX];
	char *slash;

	snprintf(above, sizeof(above), "%s", definition_dir());
	slash = strrchr(above, '/');
	*slash = '\0';
	if ((*above && mkdir(above, 0755) && errno != EEXIST) || (mkdir(definition_dir(), 0700) && errno != EEXIST))
		return socle_fail_id(e, errno, "definitions-folder", "cannot make '%s': %s", definition_dir(), strerror(errno));
	return 0;
}

int definition_lock(struct socle_error *e)
{
	int fd, err;

	if (dir_make(e))
		return -1;
	fd = open(definition_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	err = errno;
	if (fd >= 0)
		close(fd);
	return socle_fail_id(e, err, "definitions-folder", "cannot lock '%s': %s", definition_dir(), strerror(err));
}

static int dir_sync(struct socle_error *e)
{
	int fd = open(definition_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0 || fsync(fd))
		r = socle_fail_id(e, errno, "definitions-folder", "cannot write '%s' to its disk: %s", definition_dir(), strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

static int fill(int fd, const char *text, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return fsync(fd);
}

int definition_write(const char *name, const char *suffix, const char *text, size_t len, struct socle_error *e)
{
	char path[DEFINITION_PATH_MAX], beside[DEFINITION_PATH_MAX + 8];
	int fd, err = 0;

	definition_path(path, name, suffix);
	snprintf(beside, sizeof(beside), "%s.new", path);
	unlink(beside); /* of one who was killed: the lock is ours */
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return socle_fail_id(e, errno, "definitions-folder", "cannot make '%s': %s", beside, strerror(errno));
	if (fill(fd, text, len))
		err = errno;
	if (close(fd) && !err)
		err = errno;
	if (!err && rename(beside, path))
		err = errno;
	if (!err)
		return dir_sync(e);
	unlink(beside);
	return socle_fail_id(e, err, "definitions-folder", "cannot write '%s': %s", path, strerror(err));
}

struct uuid_search {
	const uint8_t *uuid;
	const char *except;
	struct socle_error *e;
};

static int uuid_look(void *arg, const char *name)
{
	const struct uuid_search *s = arg;
	struct domain_config *cfg = strcmp(name, s->except) == 0 ? NULL : definition_load(name, NULL);
	bool same = cfg && memcmp(cfg->uuid, s->uuid, 16) == 0;

	domain_config_free(cfg);
	return same ? socle_fail_id(s->e, DOMAIN_E_EXISTS, "uuid-taken", "its UUID is that of the definition of '%s'; leave <uuid> out, or make a "
				 "new one with uuidgen", name) : 0;
}

/* The UUID that it gets; -1 when it has one that it may not have. */
static int uuid_settle(const struct domain_config *cfg, const uint8_t *running, uint8_t uuid[16], struct socle_error *e)
{
	struct domain_config *before = definition_load(cfg->name, NULL);
	const uint8_t *known = before ? before->uuid : running;
	struct uuid_search s = { .uuid = uuid, .except = cfg->name, .e = e };
	char text[37];
	int r = 0;

	if (cfg->has_uuid && known && memcmp(cfg->uuid, known, 16) != 0) {
		uuid_unparse_lower(known, text);
		r = socle_fail_id(e, DOMAIN_E_EXISTS, "definition-exists", "there is a guest of this name with another UUID, %s; leave <uuid> out, or choose "
			       "another <name>", text);
	}
	if (cfg->has_uuid)
		known = cfg->uuid;
	if (known)
		memcpy(uuid, known, 16);
	else
		uuid_make(uuid);
	domain_config_free(before);
	return r ? r : definition_each(uuid_look, &s, e);
}

static int put_as(const struct domain_config *cfg, const struct identity *id, const char *name, struct socle_error *e)
{
	struct diag_list *diags = calloc(1, sizeof(*diags));
	size_t len = 0;
	char *text = diags ? description_rewrite(cfg->text, cfg->text_len, id, &len, diags) : NULL;
	int r = text ? definition_write(name, SUFFIX, text, len, e)
		     : socle_fail(e, DOMAIN_E_NO_MEMORY, "cannot fill in what is missing: %s",
				  diags && diags->kept ? diags->item[0].text : "out of memory");

	if (diags)
		diag_clear(diags);
	free(diags);
	free(text);
	return r;
}

int definition_put(const struct domain_config *cfg, const uint8_t *running, struct socle_error *e)
{
	struct identity id = { .name = NULL };

	if (uuid_settle(cfg, running, id.uuid, e))
		return -1;
	return put_as(cfg, &id, cfg->name, e);
}

/* Is there a definition of this name, and of another guest?  One of this guest is what a rename left behind that was cut off. */
static int name_check(const char *to, const uint8_t uuid[16], struct socle_error *e)
{
	struct domain_config *there = definition_exists(to) ? definition_load(to, e) : NULL;
	int r = 0;

	if (there && memcmp(there->uuid, uuid, 16) != 0)
		r = -1;
	else if (!there && definition_exists(to))
		r = -1;
	domain_config_free(there);
	return r ? socle_fail_id(e, DOMAIN_E_EXISTS, "definition-exists", "there is a definition of '%s'", to) : 0;
}

int definition_copy(const char *name, const char *to, struct socle_error *e)
{
	struct domain_config *cfg = definition_load(name, e);
	struct identity id = { .name = to };
	int r;

	if (!cfg)
		return -1;
	memcpy(id.uuid, cfg->uuid, sizeof(id.uuid));
	r = name_check(to, cfg->uuid, e) || put_as(cfg, &id, to, e) ? -1 : 0;
	domain_config_free(cfg);
	return r;
}

int definition_remove(const char *name, struct socle_error *e)
{
	char path[DEFINITION_PATH_MAX], start[DEFINITION_PATH_MAX];

	definition_path(path, name, SUFFIX);
	definition_path(start, name, ".start");
	if (!definition_exists(name))
		return definition_missing(name, e);
	if (unlink(start) && errno != ENOENT)
		return socle_fail_id(e, errno, "definitions-folder", "cannot remove '%s': %s", start, strerror(errno));
	if (unlink(path))
		return socle_fail_id(e, errno, "definitions-folder", "cannot remove '%s': %s", path, strerror(errno));
	return dir_sync(e);
}
