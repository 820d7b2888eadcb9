/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_killed.c
 *
 * The store daemon, in a process of its own, is killed (SIGKILL, at whatever instruction it has come to) again and again
 * while guests talk to it through their ring pages, which both processes share as guest and dom0 would. Each guest has to
 * see a store that never ended: one answer to each request, in order; what was acknowledged is there; one event for each
 * change; a transaction is done or EAGAIN. Xen is a table here, all else is the daemon's own code.
 *
 * The guests signal no more than Linux does (drivers/xen/xenbus/xenbus_comms.c): when the ring of requests was empty, as far
 * as they saw, or that of answers full. So a wake-up that the daemon loses stops them.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stored/conn_ring.h"
#include "stored/keeper.h"
#include "stored/replay.h"
#include "suite.h"

#define GUESTS 4u	/* domain 0's kernel is one of them */
#define KILLS  250
#define BIG    2000u

/* What outlives the daemon. */
static struct world {
	struct xenstore_domain_interface page[GUESTS];
	bool event[GUESTS];		/* to the daemon */
	uint32_t starts;
} *world;

static char dir[] = "/tmp/socle-killed-XXXXXX";
static char path[64];

/* --- Xen, as far as the rings' carrier knows it. */

int xen_ring_open(struct xen *x, uint16_t domid, uint64_t gfn, uint32_t remote_port, struct xen_ring *ring,
		  struct socle_error *e)
{
	(void)x, (void)gfn, (void)remote_port, (void)e;
	*ring = (struct xen_ring){ .kind = XEN_MAP_FOREIGN, .page = &world->page[domid], .port = domid };
	return 0;
}

void xen_ring_close(struct xen *x, struct xen_ring *ring)
{
	(void)x;
	ring->kind = XEN_MAP_NONE;
}

void xen_notify(struct xen *x, uint32_t port)
{
	(void)x, (void)port;	/* the guests look all the time */
}

enum domain_state xen_domain_state(struct xen *x, uint16_t domid)
{
	(void)x, (void)domid;
	return DOMAIN_RUNNING;
}

struct domain_handle xen_domain_handle(struct xen *x, uint16_t domid)
{
	(void)x, (void)domid;
	return (struct domain_handle){ { 7 } };
}

/* --- The daemon. */

static void furnish(struct store *s)
{
	if (store_furnish(s))
		_exit(3);
	for (uint16_t d = 0; d < GUESTS; d++) {
		struct perm own = { d, PERM_NONE };
		struct perm_list *l = perm_list_new(&own, 1);
		char home[32];

		snprintf(home, sizeof(home), "/local/domain/%u", d);
		if (tree_mkdir(&s->tree, home, 0) || tree_set_perms(&s->tree, home, l) ||
		    domain_introduce(s, d, 0, d + 1u))
			_exit(4);
		perm_list_put(l);
	}
}

static struct store store;
static struct conn_ring_set rings;
static struct keeper keeper;

static void begin(void)
{
	struct socle_error e = { 0 };
	bool found;

	conn_ring_init(&rings, &store, NULL);
	if (keeper_load(&keeper, &store, path, &conn_ring_domain_ops, &rings, &found, &e))
		_exit(5);
	if (!found && world->starts)
		_exit(6);	/* the state is lost */
	if (!found)
		furnish(&store);
	if (replay_rejoin(&store, 1))
		_exit(7);
	keeper_begin(&keeper);
	world->starts++;
}

__attribute__((noreturn))
static void daemon_run(void)
{
	begin();
	for (;;) {
		for (uint32_t d = 0; d < GUESTS; d++)
			if (__atomic_exchange_n(&world->event[d], false, __ATOMIC_SEQ_CST))
				conn_ring_event(&rings, d);
		conn_ring_round(&rings);
		keeper_round(&keeper);
	}
}

/* --- A guest: sends one request after the other and judges what comes. */

enum step { STEP_WATCH, STEP_WRITE, STEP_READ, STEP_BEGIN, STEP_PUT, STEP_END, STEP_LOOK, STEP_BIG, STEP_BIG_READ, STEPS };

static struct guest {
	unsigned domid;
	enum step step;
	uint32_t n, tx, req_id;
	unsigned long events, writes, again, commits;
	char out[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	size_t out_len, sent;
	char in[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
	size_t got;
} guests[GUESTS];

static void send_words(struct guest *g, uint32_t type, uint32_t tx, const char *body, size_t len)
{
	struct xsd_sockmsg hdr = { type, ++g->req_id, tx, (uint32_t)len };

	memcpy(g->out, &hdr, sizeof(hdr));
	memcpy(g->out + sizeof(hdr), body, len);
	g->out_len = sizeof(hdr) + len;
	g->sent = 0;
}

/* A value of n digits is told from any other by its first ones. */
static size_t value_of(const struct guest *g, const char *key, size_t width, char *body)
{
	size_t k = strlen(key) + 1;

	memcpy(body, key, k);
	memset(body + k, '.', width);
	body[k + (size_t)snprintf(body + k, 16, "%u-%u", g->domid, g->n)] = '.';
	return k + width;
}

static void next_request(struct guest *g)
{
	char body[XENSTORE_PAYLOAD_MAX];

	switch (g->step) {
	case STEP_WATCH:    send_words(g, XS_WATCH, 0, "seq\0s", 6); break;
	case STEP_WRITE:    g->n++; g->writes++; send_words(g, XS_WRITE, 0, body, value_of(g, "seq", 20, body)); break;
	case STEP_READ:     send_words(g, XS_READ, 0, "seq", 4); break;
	case STEP_BEGIN:    send_words(g, XS_TRANSACTION_START, 0, "", 1); break;
	case STEP_PUT:      send_words(g, XS_WRITE, g->tx, body, value_of(g, "tx", 20, body)); break;
	case STEP_END:      send_words(g, XS_TRANSACTION_END, g->tx, "T", 2); break;
	case STEP_LOOK:     send_words(g, XS_READ, 0, "tx", 3); break;
	case STEP_BIG:      send_words(g, XS_WRITE, 0, body, value_of(g, "big", BIG, body)); break;
	case STEP_BIG_READ: send_words(g, XS_READ, 0, "big", 4); break;
	case STEPS:         break;
	}
}

static void expect_value(const struct guest *g, const char *body, size_t len, const char *key, size_t width)
{
	char want[XENSTORE_PAYLOAD_MAX];
	size_t n = value_of(g, key, width, want) - strlen(key) - 1;

	ck_assert_msg(n == len && !memcmp(body, want + strlen(key) + 1, n), "domain %u: %s is \"%.*s\" and not \"%.*s\"",
		      g->domid, key, (int)(len < 40 ? len : 40), body, (int)(n < 40 ? n : 40), want + strlen(key) + 1);
}

static void judge_answer(struct guest *g, const struct xsd_sockmsg *hdr, const char *body)
{
	bool again = hdr->type == XS_ERROR && !strcmp(body, "EAGAIN") && g->step == STEP_END;

	ck_assert_msg(hdr->req_id == g->req_id, "domain %u: answer %u to request %u", g->domid, hdr->req_id, g->req_id);
	ck_assert_msg(hdr->type != XS_ERROR || again, "domain %u: step %d: %s", g->domid, g->step, body);
	switch (g->step) {
	case STEP_READ:     expect_value(g, body, hdr->len, "seq", 20); break;
	case STEP_BEGIN:    g->tx = (uint32_t)atoi(body); break;
	case STEP_LOOK:     expect_value(g, body, hdr->len, "tx", 20); break;
	case STEP_BIG_READ: expect_value(g, body, hdr->len, "big", BIG); break;
	default:            break;
	}
	g->again += again;
	g->commits += g->step == STEP_END && !again;
	if (again)
		g->step = STEP_BEGIN;
	else
		g->step = g->step + 1 == STEPS ? STEP_WRITE : g->step + 1;
	next_request(g);
}

static void judge(struct guest *g)
{
	struct xsd_sockmsg hdr;

	memcpy(&hdr, g->in, sizeof(hdr));
	g->in[sizeof(hdr) + hdr.len] = '\0';
	g->got = 0;
	if (hdr.type != XS_WATCH_EVENT) {
		judge_answer(g, &hdr, g->in + sizeof(hdr));
		return;
	}
	ck_assert_uint_eq(hdr.len, 6);
	ck_assert_mem_eq(g->in + sizeof(hdr), "seq\0s", 6);
	g->events++;
	/* The first is that of the watch itself. */
	ck_assert_uint_le(g->events, g->writes + 1);
}

static void requests_publish(struct guest *g, uint32_t prod)
{
	struct xenstore_domain_interface *p = &world->page[g->domid];
	uint32_t old = p->req_prod;

	__atomic_store_n(&p->req_prod, prod, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (prod != old && (int32_t)(__atomic_load_n(&p->req_cons, __ATOMIC_SEQ_CST) - old) >= 0)
		__atomic_store_n(&world->event[g->domid], true, __ATOMIC_SEQ_CST);
}

static void answers_taken(struct guest *g, uint32_t cons)
{
	struct xenstore_domain_interface *p = &world->page[g->domid];
	uint32_t old = p->rsp_cons;

	__atomic_store_n(&p->rsp_cons, cons, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&p->rsp_prod, __ATOMIC_SEQ_CST) - old >= XENSTORE_RING_SIZE)
		__atomic_store_n(&world->event[g->domid], true, __ATOMIC_SEQ_CST);
}

/* The other side of the ring page, a few bytes at a time. */
static void pump(struct guest *g)
{
	struct xenstore_domain_interface *p = &world->page[g->domid];
	uint32_t prod = p->req_prod, there = __atomic_load_n(&p->rsp_prod, __ATOMIC_ACQUIRE), cons = p->rsp_cons;
	struct xsd_sockmsg hdr;
	size_t want = sizeof(hdr);

	while (g->sent < g->out_len && prod - __atomic_load_n(&p->req_cons, __ATOMIC_ACQUIRE) < XENSTORE_RING_SIZE) {
		p->req[prod++ % XENSTORE_RING_SIZE] = g->out[g->sent++];
		if (g->sent == sizeof(hdr) || g->sent % 97 == 0 || g->sent == g->out_len)
			requests_publish(g, prod);
	}
	requests_publish(g, prod);
	while (cons != there) {
		if (g->got >= sizeof(hdr)) {
			memcpy(&hdr, g->in, sizeof(hdr));
			ck_assert_msg(hdr.len <= XENSTORE_PAYLOAD_MAX, "domain %u: what comes is no message", g->domid);
			want = sizeof(hdr) + hdr.len;
		}
		if (g->got < want)
			g->in[g->got++] = p->rsp[cons++ % XENSTORE_RING_SIZE];
		answers_taken(g, cons);
		if (g->got == sizeof(hdr))
			memcpy(&hdr, g->in, sizeof(hdr));
		if (g->got >= sizeof(hdr) && g->got == sizeof(hdr) + hdr.len) {
			judge(g);
			return;
		}
	}
	ck_assert_uint_eq(p->error, XENSTORE_ERROR_NONE);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void pump_all(int64_t us)
{
	int64_t end = now_us() + us;

	do
		for (unsigned d = 0; d < GUESTS; d++)
			pump(&guests[d]);
	while (now_us() < end);
}

static pid_t daemon_start(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid)
		daemon_run();
	return pid;
}

static void daemon_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status), "the daemon ended by itself: exit code %d",
		      WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Until all have done so many rounds more; false when that takes too long. */
static bool progress(unsigned rounds)
{
	int64_t end = now_us() + 120 * 1000000ll;
	uint32_t goal[GUESTS];
	bool all = false;

	for (unsigned d = 0; d < GUESTS; d++)
		goal[d] = guests[d].n + rounds;
	while (!all && now_us() < end) {
		pump_all(1000);
		all = true;
		for (unsigned d = 0; d < GUESTS; d++)
			all &= guests[d].n >= goal[d];
	}
	return all;
}

static void world_make(void)
{
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(world, MAP_FAILED);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/journal", dir);
}

static void world_end(void)
{
	unlink(path);
	snprintf(path, sizeof(path), "%s/journal.new", dir);
	unlink(path);
	rmdir(dir);
	munmap(world, sizeof(*world));
}

START_TEST(killed_at_any_instruction)
{
	unsigned long again = 0, commits = 0;
	pid_t pid;

	srand(1);
	for (unsigned d = 0; d < GUESTS; d++) {
		guests[d].domid = d;
		next_request(&guests[d]);
	}
	pid = daemon_start();
	ck_assert(progress(3));
	for (unsigned i = 0; i < KILLS; i++) {
		daemon_kill(pid);
		pid = daemon_start();
		/* Some die before they serve. */
		pump_all(rand() % (i % 4 ? 12000 : 3000));
		if (i % 25 == 0)
			ck_assert_msg(progress(2), "after %u kills the guests do not get on", i);
	}
	ck_assert(progress(2));
	daemon_kill(pid);
	for (unsigned d = 0; d < GUESTS; d++) {
		again += guests[d].again;
		commits += guests[d].commits;
		/* Exactly one event for each acknowledged write; the last one may be on its way. */
		ck_assert_uint_ge(guests[d].events + 1, guests[d].writes);
	}
	printf("# %u starts served, %lu commits, %lu transactions done again\n", world->starts, commits, again);
	ck_assert_uint_gt(world->starts, KILLS / 10);
}
END_TEST

/* --- One daemon after the other in this process, and pages that are not as they were left. */

#define DOMID 2u

static struct xenstore_domain_interface *page(void)
{
	return &world->page[DOMID];
}

/* What is left of it is what is in the file and in the pages. */
static void die(void)
{
	keeper_end(&keeper);
	conn_ring_close_all(&rings);
	store_fini(&store);
}

static void rounds(void)
{
	conn_ring_event(&rings, DOMID);
	while (conn_ring_round(&rings))
		;
}

static void put(uint32_t type, const char *body, size_t len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = 7, .len = (uint32_t)len };
	char bytes[256];

	memcpy(bytes, &hdr, sizeof(hdr));
	memcpy(bytes + sizeof(hdr), body, len);
	for (size_t i = 0; i < sizeof(hdr) + len; i++)
		page()->req[page()->req_prod++ % XENSTORE_RING_SIZE] = bytes[i];
}

/* The next answer's text, "" when there is none. */
static const char *take(void)
{
	static char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg hdr = { 0 };
	size_t n = 0;

	while (n < sizeof(hdr) + hdr.len && page()->rsp_cons != page()->rsp_prod) {
		bytes[n++] = page()->rsp[page()->rsp_cons++ % XENSTORE_RING_SIZE];
		if (n == sizeof(hdr))
			memcpy(&hdr, bytes, sizeof(hdr));
	}
	ck_assert(n == 0 || n == sizeof(hdr) + hdr.len);
	bytes[n] = '\0';
	return n ? bytes + sizeof(hdr) : "";
}

/* It died before it had told the page how far it was. */
START_TEST(the_page_lags_behind)
{
	uint32_t cons, prod;

	begin();
	rounds();
	put(XS_TRANSACTION_START, "", 1);
	cons = page()->req_cons;
	prod = page()->rsp_prod;
	rounds();
	ck_assert_uint_ne(page()->req_cons, cons);
	die();
	page()->req_cons = cons;
	page()->rsp_prod = prod + 3;	/* of the answer three bytes have been told of */
	begin();
	rounds();
	ck_assert_uint_eq(page()->req_cons, page()->req_prod);
	/* Once, and whole. */
	ck_assert_str_eq(take(), "1");
	ck_assert_str_eq(take(), "");
	put(XS_TRANSACTION_START, "", 1);
	rounds();
	ck_assert_str_eq(take(), "2");
	die();
}
END_TEST

START_TEST(requests_of_the_meantime)
{
	begin();
	rounds();
	put(XS_WRITE, "a\0one", 5);
	rounds();
	ck_assert_str_eq(take(), "OK");
	die();
	put(XS_READ, "a", 2);
	put(XS_WRITE, "a\0two", 5);
	put(XS_READ, "a", 2);
	begin();
	rounds();
	ck_assert_str_eq(take(), "one");
	ck_assert_str_eq(take(), "OK");
	ck_assert_str_eq(take(), "two");
	die();
}
END_TEST

/* A guest that writes over the daemon's index while nobody is there has broken the protocol, until it reconnects. */
START_TEST(the_page_lies)
{
	begin();
	rounds();
	put(XS_READ, "nothing", 8);
	rounds();
	die();
	page()->rsp_prod += 5000;
	begin();
	rounds();
	ck_assert_uint_eq(page()->error, XENSTORE_ERROR_RINGIDX);
	put(XS_READ, "nothing", 8);
	rounds();
	die();
	/* That it is not served is not forgotten either. */
	page()->error = XENSTORE_ERROR_NONE;
	begin();
	rounds();
	ck_assert_uint_eq(page()->error, XENSTORE_ERROR_RINGIDX);
	page()->connection = XENSTORE_RECONNECT;
	rounds();
	ck_assert_uint_eq(page()->connection, XENSTORE_CONNECTED);
	ck_assert_uint_eq(page()->error, XENSTORE_ERROR_NONE);
	ck_assert_uint_eq(page()->req_prod, 0);
	put(XS_READ, "nothing", 8);
	rounds();
	ck_assert_str_eq(take(), "ENOENT");
	die();
}
END_TEST

START_TEST(a_wish_to_reconnect_of_the_meantime)
{
	begin();
	rounds();
	put(XS_WATCH, "a\0t", 4);
	rounds();
	die();
	page()->connection = XENSTORE_RECONNECT;
	page()->rsp_prod = 99999;
	begin();
	rounds();
	ck_assert_uint_eq(page()->connection, XENSTORE_CONNECTED);
	ck_assert_uint_eq(page()->error, XENSTORE_ERROR_NONE);
	ck_assert_uint_eq(domain_find(&store, DOMID)->conn->n_watches, 0);
	put(XS_WRITE, "a\0x", 3);
	rounds();
	ck_assert_str_eq(take(), "OK");
	ck_assert_str_eq(take(), "");
	die();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store killed");
	TCase *tc = tcase_create("rings");

	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, world_make, world_end);
	tcase_add_test(tc, killed_at_any_instruction);
	tcase_add_test(tc, the_page_lags_behind);
	tcase_add_test(tc, requests_of_the_meantime);
	tcase_add_test(tc, the_page_lies);
	tcase_add_test(tc, a_wish_to_reconnect_of_the_meantime);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
