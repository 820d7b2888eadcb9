/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_net_killed.c
 *
 * netd's card runs in a process that is killed at random moments under load.  Every transmit request is answered exactly
 * once, no buffer is lost, and what comes through is whole and in order.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "net_machine.h"
#include "suite.h"

/* The worker's process: no events here, it looks at the rings all the time. */
static void __attribute__((noreturn)) worker_run(bool resume)
{
	static struct net_card mine;
	struct pollfd p = { .fd = tap_in[0], .events = POLLIN };

	connect_words.resume = resume;
	if (net_card_init(&mine, &io, &setup_words, tap_in, &m->journal, now, &err) ||
	    net_card_connect(&mine, &connect_words, &err)) {
		fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	for (;;) {
		if (poll(&p, 1, 0) > 0)
			mine.queue[0].tap_ready = true;
		net_card_serve(&mine, now);
	}
}

static bool outstanding[256], is_extra[256];
static uint32_t answers, sequence_out, sequence_seen, sequence_in, sequence_got;

static void answers_check(void)
{
	struct netif_tx_response r;

	while (front_get(&ftx, &r, sizeof(r))) {
		uint32_t at = (ftx.rsp_cons - 1) & 255;

		answers++;
		ck_assert_int_eq(r.status == NETIF_RSP_NULL, is_extra[at]);
		if (r.status == NETIF_RSP_NULL)
			continue;
		ck_assert_msg(r.id < 256 && outstanding[r.id], "id %u is answered twice, or was never asked", r.id);
		outstanding[r.id] = false;
	}
}

/* Frames of one to three pieces, some with an extra slot, each with a number and a pattern that goes with it. */
static void more_sent(void)
{
	while (ftx.req_prod - ftx.rsp_cons < FRONT_SLOTS - 8) {
		uint32_t size = 100 + sequence_out * 977 % 9000, base = 400 + (ftx.req_prod & 255) * 8, at = ftx.req_prod;
		uint16_t gso = sequence_out % 3 == 0 ? 1000 : 0;

		frame_ip4(&f, 5, 6, size);
		memcpy(f.data + 54, &sequence_out, 4);
		f.data[34 + 12] = 5 << 4;
		if (size + 20 > 1500)
			gso = 1000;
		for (uint32_t i = 0; i < 8; i++)
			is_extra[(at + i) & 255] = gso && i == 1;
		guest_sends((uint16_t)(at & 255), base, 80, NETTXF_csum_blank, gso);
		/* Ids are the slot's index without extras' gaps: nothing else is outstanding under them. */
		for (uint32_t i = 0, id = at; i < ftx.req_prod - at; i++)
			if (!is_extra[(at + i) & 255])
				outstanding[id++ & 255] = true;
		sequence_out++;
	}
}

static void sent_check(void)
{
	struct virtio_net_hdr v;
	uint32_t number;

	while (tap_got(&v)) {
		memcpy(&number, got.data + 54, 4);
		ck_assert_uint_ge(number, sequence_seen);
		ck_assert_uint_eq(got.len, 134 + number * 977 % 9000);
		ck_assert_uint_eq(got.data[got.len - 1], (uint8_t)((got.len - 35) * 7 + 1));
		sequence_seen = number + 1;
	}
}

static void more_to_come(void)
{
	static uint8_t buf[20000];

	while (sequence_in - sequence_got < 100) {
		frame_ip4(&f, 5, 6, 100 + sequence_in * 1361 % 9000);
		memcpy(f.data + 54, &sequence_in, 4);
		memset(buf, 0, 10);
		memcpy(buf + 10, f.data, f.len);
		if (write(tap_out[0], buf, f.len + 10) < 0)
			break;
		sequence_in++;
	}
}

/* A frame's slots are published together, so it can be taken whole. */
static void came_check(void)
{
	uint32_t number;
	uint16_t gso;

	while (guest_got(&gso)) {
		memcpy(&number, got.data + 54, 4);
		ck_assert_uint_ge(number, sequence_got);
		ck_assert_uint_eq(got.len, 134 + number * 1361 % 9000);
		ck_assert_uint_eq(got.data[got.len - 1], (uint8_t)((got.len - 35) * 7 + 1));
		sequence_got = number + 1;
	}
	buffers_offer(FRONT_SLOTS - (frx.req_prod - frx.rsp_cons));
}

static void guest_turn(void)
{
	answers_check();
	more_sent();
	sent_check();
	more_to_come();
	came_check();
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* Returns when it serves: it notifies the guest then. */
static pid_t worker_start(bool resume)
{
	uint32_t before = m->notified[TX_PORT + 100];
	pid_t pid = fork();

	if (pid == 0)
		worker_run(resume);
	ck_assert_int_gt(pid, 0);
	while (__atomic_load_n(&m->notified[TX_PORT + 100], __ATOMIC_SEQ_CST) == before)
		ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	return pid;
}

static void worker_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

START_TEST(killed_at_any_moment_it_goes_on)
{
	unsigned int seed = 1;
	pid_t pid;

	setup_words.net.mtu = 9200;
	pid = worker_start(false);
	for (int life = 0; life < 60; life++) {
		/* Each life does something, then ends anywhere. */
		uint32_t before = answers, came = sequence_got;
		uint64_t until, end = clock_ns() + 60 * SECOND;

		while ((answers < before + 300 || sequence_got < came + 50) && clock_ns() < end)
			guest_turn();
		ck_assert_uint_ge(answers, before + 300);
		until = clock_ns() + (uint64_t)(rand_r(&seed) % 300) * 1000;
		while (clock_ns() < until)
			guest_turn();
		worker_kill(pid);
		guest_turn();
		pid = worker_start(true);
	}
	/* The last one answers all that is asked. */
	for (uint64_t end = clock_ns() + 60 * SECOND; ftx.rsp_cons != ftx.req_prod && clock_ns() < end;) {
		answers_check();
		sent_check();
		came_check();
	}
	worker_kill(pid);
	ck_assert_uint_eq(ftx.rsp_cons, ftx.req_prod);
	ck_assert_uint_eq(answers, ftx.req_prod);
	for (int i = 0; i < 256; i++)
		ck_assert(!outstanding[i]);
	/* Few are lost: those that were in flight, at most a round and what one process held, each time. */
	printf("# %u frames sent, %u received, in 61 lives\n", sequence_out, sequence_got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_killed");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, killed_at_any_moment_it_goes_on);
	suite_add_tcase(s, t);
	return suite_run(s);
}
