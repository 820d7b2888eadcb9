/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What needs a second domain: event round trips and switches between domains; and, inside a domain of two vCPUs, the
 * same from one to the other.
 *
 * The peer waits for an event and does what `cmd` says: answers it, or yields in a loop until told otherwise.
 */
#include <abi/event_channel.h>
#include <abi/sched.h>
#include "guest/peer.h"
#include "micro/micro.h"

#define ROUNDS		300
#define BETWEEN_VCPUS	2U

enum peer_cmd { PEER_ANSWER, PEER_YIELD };

struct peer_comm {
	volatile uint32_t cmd, ready, port;
	volatile uint64_t turns;
	/* What a domain measured in itself. */
	struct bench_result result[BETWEEN_VCPUS];
	long failed;
};

static struct peer peer;
static uint8_t comm_window[PAGE_SIZE] PAGE_ALIGNED;
static struct peer_comm *comm;
static uint32_t local_port;

/* ---- all sides --------------------------------------------------------------------------------------------- */

static void block(void)
{
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}

/* Until the event stub of the vCPU has seen its port once more. Blocking unmasks upcalls. */
static void await(unsigned int vcpu, uint64_t *seen)
{
	volatile uint8_t *mask = &kit_shared_info->vcpu_info[vcpu].evtchn_upcall_mask;

	for (*mask = 1; bench_events_seen[vcpu] == *seen; *mask = 1)
		block();
	(*seen)++;
}

static void send(uint32_t port)
{
	struct evtchn_send s = { .port = port };

	bench_failed |= hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &s);
}

static uint64_t ping(unsigned long n, unsigned int vcpu, uint32_t port)
{
	uint64_t seen = bench_events_seen[vcpu];

	return BENCH_LOOP(n, {
		send(port);
		await(vcpu, &seen);
	});
}

/* ---- the peer ------------------------------------------------------------------------------------------------ */

static void peer_main(void)
{
	struct peer_comm *c = (struct peer_comm *)peer_page;
	uint64_t seen = 0;

	peer_start();
	bench_event_callback(bench_event_stub);
	bench_events_seen[0] = 0;
	bench_port[0] = c->port;
	c->ready = 1;
	for (;;) {
		await(0, &seen);
		for (; c->cmd == PEER_YIELD; c->turns++)
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		send(c->port);
	}
}

/* ---- between two domains --------------------------------------------------------------------------------------- */

static uint64_t round_trip(unsigned long n)
{
	return ping(n, 0, local_port);
}

/* Both are always runnable and do nothing but yield: two switches for each turn of the peer that we see. */
static uint64_t yields(unsigned long n)
{
	uint64_t seen = bench_events_seen[0], start, turns, t;

	comm->cmd = PEER_YIELD;
	send(local_port);
	start = ticks();
	for (turns = comm->turns, t = turns; t - turns < n; t = comm->turns)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	start = ticks() - start;
	comm->cmd = PEER_ANSWER;
	await(0, &seen);
	return start / 2;
}


static const struct bench between_domains[] = {
	{ "event round trip between two domains", round_trip, ROUNDS, BENCH_AROUND, "two loads of CR3 are the hardware's" },
	{ "switch between two domains that yield", yields, ROUNDS, BENCH_AROUND, "the load of CR3 is the hardware's" },
};

static void start_peer(const peer_entry_fn *entry, unsigned int nr)
{
	peer_create(&peer, entry, nr);
	peer_map(&peer, peer_page, comm_window);
	comm = (struct peer_comm *)comm_window;
	memset(comm, 0, sizeof(*comm));
	comm->port = peer_connect(&peer, &local_port);
	/* A fresh channel is pending at the side that bound it (pv-abi 5.1). */
	kit_shared_info->evtchn_pending[0] = 0;
	kit_vcpu_info()->evtchn_pending_sel = 0;
	kit_vcpu_info()->evtchn_upcall_pending = 0;
	bench_port[0] = local_port;
	bench_event_callback(bench_event_stub);
	peer_unpause(&peer);
}

/* ---- between two vCPUs of one domain -------------------------------------------------------------------------- */

static uint32_t port_to_1, port_to_0;

static uint64_t vcpu_round_trip(unsigned long n)
{
	return ping(n, 0, port_to_1);
}

static uint64_t vcpu_send_masked(unsigned long n)
{
	uint64_t t;

	kit_shared_info->evtchn_mask[0] = 1UL << port_to_1;
	t = BENCH_LOOP(n, {
		send(port_to_1);
		kit_shared_info->evtchn_pending[0] = 0;
	});
	kit_shared_info->evtchn_mask[0] = 0;
	return t;
}

static const struct bench between_vcpus[BETWEEN_VCPUS] = {
	{ "event to another vCPU: masked port", vcpu_send_masked, ROUNDS, BENCH_AROUND, NULL },
	{ "event round trip between two vCPUs", vcpu_round_trip, ROUNDS, BENCH_AROUND, NULL },
};

/* Answers vCPU 0. Traps and callbacks are each vCPU's own. */
static void vcpu1_main(void)
{
	struct peer_comm *c = (struct peer_comm *)peer_page;
	uint64_t seen = 0;

	while (!c->ready)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	kit_traps_init();
	bench_event_callback(bench_event_stub1);
	c->ready = 2;
	for (;;) {
		await(1, &seen);
		send(port_to_0);
	}
}

/* Measures; its maker prints, as consoles are dom0's. */
static void vcpu0_main(void)
{
	struct peer_comm *c = (struct peer_comm *)peer_page;
	struct evtchn_bind_ipi to_1 = { .vcpu = 1 }, to_0 = { .vcpu = 0 };

	peer_start();
	bench_event_callback(bench_event_stub);
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &to_1), "bind_ipi");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &to_0), "bind_ipi");
	bench_port[0] = port_to_0 = to_0.port;
	bench_port[1] = port_to_1 = to_1.port;
	bench_events_seen[0] = bench_events_seen[1] = 0;
	for (c->ready = 1; c->ready == 1;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	for (unsigned int i = 0; i < BETWEEN_VCPUS; i++) {
		bench_measure(&between_vcpus[i], &c->result[i]);
		c->failed |= bench_failed;
	}
	send(c->port);
	for (;;)
		block();
}

void bench_peers(void)
{
	const peer_entry_fn one[] = { peer_main }, two[] = { vcpu0_main, vcpu1_main };
	uint64_t seen;

	start_peer(two, 2);
	seen = bench_events_seen[0];
	await(0, &seen);
	bench_must(comm->failed, "a vCPU's hypercalls");
	for (unsigned int i = 0; i < BETWEEN_VCPUS; i++)
		bench_print(&between_vcpus[i], &comm->result[i]);
	peer_destroy(&peer);

	start_peer(one, 1);
	while (!comm->ready)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	for (unsigned int i = 0; i < sizeof(between_domains) / sizeof(between_domains[0]); i++)
		bench_run(&between_domains[i]);
	bench_grants(&peer);
	peer_destroy(&peer);
}
