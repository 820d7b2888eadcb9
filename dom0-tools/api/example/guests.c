/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/example/guests.c
 *
 * What libsocle(3) can do, in a small program:
 *
 *   guests list                all guests of the host
 *   guests check FILE          what is wrong with a description
 *   guests define FILE         keep it as a definition
 *   guests forget NAME         the opposite
 *   guests watch SECONDS       print what happens
 *   guests run FILE SECONDS    make a guest, print what its console says, and take it away when the time is over
 *
 * cc -o guests guests.c $(pkg-config --cflags --libs libsocle)
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <socle/socle.h>

/* What failed, for people; the number of its kind for whoever called. */
static int complain(const struct socle *s, const char *what)
{
	for (size_t i = 0; i < socle_fault_count(s); i++) {
		const struct socle_fault *f = socle_fault(s, i);

		fprintf(stderr, "%u:%u: %s\n", f->line, f->column, f->text);
	}
	fprintf(stderr, "guests: %s: %s [%s]\n", what, socle_error_text(s), socle_error_id(s));
	return socle_error_code(s);
}

static char *file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t n = f ? getdelim(&text, &room, '\0', f) : -1;

	if (n < 0)
		perror(path);
	if (f)
		fclose(f);
	*len = n < 0 ? 0 : (size_t)n;
	if (n < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int list(struct socle *s)
{
	struct socle_guest **all;
	int n = socle_guests(s, SOCLE_ALL, &all);

	if (n < 0)
		return complain(s, "cannot list the guests");
	for (int i = 0; i < n; i++)
		printf("%-24s %-10s %6llu MiB\n", all[i]->name, socle_state_name(all[i]->state), (unsigned long long)all[i]->memory_kib / 1024);
	socle_guests_free(all);
	return 0;
}

static int watch(struct socle *s, int seconds)
{
	struct socle_events *ev = socle_events_open(s, 0);
	time_t end = time(NULL) + seconds;

	if (!ev)
		return complain(s, "cannot listen");
	for (time_t now = time(NULL); now < end; now = time(NULL)) {
		struct pollfd p = { .fd = socle_events_fd(ev), .events = POLLIN };
		const char *event;

		while ((event = socle_events_next(ev)))
			printf("%s\n", event);
		fflush(stdout);
		poll(&p, 1, (int)(end - now) * 1000);
	}
	socle_events_close(ev);
	return 0;
}

/* Until it is silent for good, or the time is over. */
static void console_copy(int fd, int seconds)
{
	time_t end = time(NULL) + seconds;
	char buf[4096];

	for (time_t now = time(NULL); now < end; now = time(NULL)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n = poll(&p, 1, (int)(end - now) * 1000) > 0 ? read(fd, buf, sizeof(buf)) : 0;

		if (n <= 0)
			return;
		fwrite(buf, 1, (size_t)n, stdout);
	}
}

static int run(struct socle *s, const char *xml, size_t len, int seconds)
{
	char who[16];
	int domid = socle_create(s, xml, len), fd;

	if (domid < 0)
		return complain(s, "cannot make the guest");
	snprintf(who, sizeof(who), "%d", domid);
	fd = socle_console(s, who);
	if (fd >= 0) {
		console_copy(fd, seconds);
		close(fd);
	}
	if (socle_destroy(s, who) && socle_error_code(s) != SOCLE_E_NOT_FOUND)
		return complain(s, "cannot take the guest away");
	return 0;
}

static int with_file(struct socle *s, char **argv)
{
	size_t len;
	char *xml = file_read(argv[2], &len);
	int r = 1;

	if (!xml)
		return SOCLE_E_CONFIG;
	if (strcmp(argv[1], "check") == 0)
		r = socle_validate(s, xml, len) ? complain(s, argv[2]) : 0;
	else if (strcmp(argv[1], "define") == 0)
		r = socle_define(s, xml, len) ? complain(s, argv[2]) : 0;
	else
		r = run(s, xml, len, argv[3] ? atoi(argv[3]) : 10);
	free(xml);
	return r;
}

int main(int argc, char **argv)
{
	struct socle *s = socle_open();
	int r = SOCLE_E_USAGE;

	if (!s)
		return SOCLE_E_NO_MEMORY;
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		r = list(s);
	else if (argc == 3 && strcmp(argv[1], "watch") == 0)
		r = watch(s, atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "forget") == 0)
		r = socle_undefine(s, argv[2]) ? complain(s, argv[2]) : 0;
	else if (argc >= 3 && (strcmp(argv[1], "check") == 0 || strcmp(argv[1], "define") == 0 || strcmp(argv[1], "run") == 0))
		r = with_file(s, argv);
	else
		fprintf(stderr, "usage: guests list | check FILE | define FILE | forget NAME | watch SECONDS | run FILE [SECONDS]\n");
	socle_close(s);
	return r;
}
