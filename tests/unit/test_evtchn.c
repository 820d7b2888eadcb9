/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event channels against a model: two domains bind, send, mask, close and reset at random, by the operations as a guest
 * gives them; after each step every port's state, peer and pending bit agree with the model's, in 2-level mode and in
 * FIFO mode with a consumer that behaves, one that scribbles, and after the end of either domain.
 */
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include <abi/event_channel.h>
#include "debug/log.h"
#include "evtchn/internal.h"
#include "mm_host/harness.h"
#include "sched/sched.h"
#include "suite.h"

#define PORTS 40

struct model_port {
	int state;			/* EVTCHNSTAT_* */
	domid_t unbound_for;
	int peer_dom;
	uint32_t peer_port, virq;
	bool pending, masked;
};

static struct model_port model[2][PORTS];
static bool fifo;
static unsigned int kicks, poll_wakes;
static struct shared_info shared[2];

/* ---- what evtchn/ calls beyond the harness ---- */

void vcpu_kick(struct vcpu *v) { (void)v; kicks++; }
void sched_poll_wake(struct vcpu *v) { v->polling = false; poll_wakes++; }
struct vcpu *vcpu_get(struct domain *d, uint32_t id) { return id < d->max_vcpus ? d->vcpu[id] : NULL; }
int pirq_bind(struct domain *d, uint32_t pirq, uint32_t flags, uint32_t port)
{
	(void)d, (void)flags, (void)port;
	return pirq == 7 ? -XEN_EEXIST : 0;
}
void pirq_unbind(struct domain *d, uint32_t pirq) { (void)d, (void)pirq; }
uint32_t pirq_limit(const struct domain *d) { return d->privileged ? 16 : 0; }
void log_guest(const char *fmt, ...) { (void)fmt; }

/* ---- the world ---- */

static long op(unsigned int cmd, void *arg)
{
	return do_event_channel_op(cmd, (uint64_t)arg);
}

static void world_reset(void)
{
	machine_reset();
	memset(model, 0, sizeof(model));
	memset(shared, 0, sizeof(shared));
	fifo = false;
	for (int i = 0; i < 2; i++) {
		struct domain *d = test_dom[i];

		d->shared_info = &shared[i];
		d->vcpu[0]->info = &shared[i].vcpu_info[0];
		d->max_evtchn_port = PORTS - 1;
		ck_assert_int_eq(evtchn_domain_init(d), 0);
	}
	dom0 = test_dom[0];
}

static bool really_pending(int dom, uint32_t port)
{
	return test_dom[dom]->evtchn && evtchn_port_pending(test_dom[dom], port);
}

static void check_world(void)
{
	for (int i = 0; i < 2; i++) {
		as_domain(i);
		for (uint32_t port = 1; port < PORTS; port++) {
			const struct model_port *m = &model[i][port];
			struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

			if (op(EVTCHNOP_status, &s)) {
				ck_assert_int_eq(m->state, EVTCHNSTAT_closed);
				continue;
			}
			ck_assert_int_eq((int)s.status, m->state);
			if (m->state == EVTCHNSTAT_unbound)
				ck_assert_uint_eq(s.u.unbound.dom, m->unbound_for);
			if (m->state == EVTCHNSTAT_interdomain) {
				ck_assert_int_eq(s.u.interdomain.dom, m->peer_dom);
				ck_assert_uint_eq(s.u.interdomain.port, m->peer_port);
			}
			if (m->state != EVTCHNSTAT_closed)
				ck_assert_int_eq(really_pending(i, port), m->pending);
		}
	}
}

static uint32_t model_lowest(int dom)
{
	for (uint32_t port = 1; port < PORTS; port++)
		if (model[dom][port].state == EVTCHNSTAT_closed)
			return port;
	return 0;
}

static void model_bind(int dom, uint32_t port, int state)
{
	bool masked = model[dom][port].masked;

	model[dom][port] = (struct model_port){ .state = state, .masked = masked };
}

static void step_alloc(int dom)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = (domid_t)rnd(2) };
	uint32_t want = model_lowest(dom);
	long rc = op(EVTCHNOP_alloc_unbound, &a);

	if (!want) {
		ck_assert_int_eq(rc, -XEN_ENOSPC);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(a.port, want);
	model_bind(dom, want, EVTCHNSTAT_unbound);
	model[dom][want].unbound_for = a.remote_dom;
}

static void step_bind(int dom)
{
	int other = (int)rnd(2);
	struct evtchn_bind_interdomain b = { .remote_dom = (domid_t)other, .remote_port = rnd(PORTS + 3) };
	struct model_port *r = b.remote_port < PORTS ? &model[other][b.remote_port] : NULL;
	bool fits = r && r->state == EVTCHNSTAT_unbound && r->unbound_for == dom;
	uint32_t want = model_lowest(dom);
	long rc = op(EVTCHNOP_bind_interdomain, &b);

	if (!fits || !want) {
		ck_assert_int_eq(rc, fits ? -XEN_ENOSPC : -XEN_EINVAL);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(b.local_port, want);
	model_bind(dom, want, EVTCHNSTAT_interdomain);
	model[dom][want].peer_dom = other;
	model[dom][want].peer_port = b.remote_port;
	model[dom][want].pending = true;
	r->state = EVTCHNSTAT_interdomain;
	r->peer_dom = dom;
	r->peer_port = want;
}

static void step_send(int dom)
{
	struct evtchn_send s = { .port = rnd(PORTS + 3) };
	struct model_port *m = s.port && s.port < PORTS ? &model[dom][s.port] : NULL;
	long rc = op(EVTCHNOP_send, &s);

	if (!m || m->state == EVTCHNSTAT_closed || m->state == EVTCHNSTAT_virq) {
		ck_assert_int_eq(rc, -XEN_EINVAL);
		return;
	}
	ck_assert_int_eq(rc, 0);
	if (m->state == EVTCHNSTAT_ipi)
		m->pending = true;
	else if (m->state == EVTCHNSTAT_interdomain)
		model[m->peer_dom][m->peer_port].pending = true;
}

static void step_virq_or_ipi(int dom)
{
	struct evtchn_bind_virq v = { .virq = rnd(26), .vcpu = rnd(2) };
	struct evtchn_bind_ipi i = { .vcpu = 0 };
	uint32_t want = model_lowest(dom);
	bool bound = false;
	long rc;

	if (rnd(2)) {
		rc = op(EVTCHNOP_bind_ipi, &i);
		ck_assert_int_eq(rc, want ? 0 : -XEN_ENOSPC);
		if (want)
			model_bind(dom, want, EVTCHNSTAT_ipi);
		return;
	}
	for (uint32_t p = 1; p < PORTS; p++)
		bound |= model[dom][p].state == EVTCHNSTAT_virq && model[dom][p].virq == v.virq;
	rc = op(EVTCHNOP_bind_virq, &v);
	if (v.virq >= NR_VIRQS)
		ck_assert_int_eq(rc, -XEN_EINVAL);
	else if (v.vcpu)
		ck_assert(rc == -XEN_EINVAL || rc == -XEN_ENOENT);
	else if (bound)
		ck_assert_int_eq(rc, -XEN_EEXIST);
	else
		ck_assert_int_eq(rc, want ? 0 : -XEN_ENOSPC);
	if (!rc) {
		model_bind(dom, want, EVTCHNSTAT_virq);
		model[dom][want].virq = v.virq;
	}
}

static void model_close(int dom, uint32_t port)
{
	struct model_port *m = &model[dom][port];

	if (m->state == EVTCHNSTAT_interdomain) {
		model[m->peer_dom][m->peer_port].state = EVTCHNSTAT_unbound;
		model[m->peer_dom][m->peer_port].unbound_for = (domid_t)dom;
	}
	m->state = EVTCHNSTAT_closed;
	m->pending = false;
}

static void step_close(int dom)
{
	struct evtchn_close c = { .port = rnd(PORTS + 3) };
	bool open = c.port && c.port < PORTS && model[dom][c.port].state != EVTCHNSTAT_closed;

	ck_assert_int_eq(op(EVTCHNOP_close, &c), open ? 0 : -XEN_EINVAL);
	if (open)
		model_close(dom, c.port);
}

static void step_raise(int dom)
{
	static const uint32_t virqs[] = { VIRQ_TIMER, VIRQ_DEBUG };
	uint32_t virq = virqs[rnd(2)];

	virq_raise_vcpu(test_dom[dom]->vcpu[0], virq);
	for (uint32_t p = 1; p < PORTS; p++)
		if (model[dom][p].state == EVTCHNSTAT_virq && model[dom][p].virq == virq)
			model[dom][p].pending = true;
}

static void random_step(void)
{
	static void (*const steps[])(int) = {
		step_alloc, step_bind, step_bind, step_bind, step_send, step_send, step_virq_or_ipi, step_close, step_raise,
	};
	int dom = (int)rnd(2);

	as_domain(dom);
	steps[rnd(sizeof(steps) / sizeof(steps[0]))](dom);
}

START_TEST(test_model_two_level)
{
	world_reset();
	rnd_seed((uint64_t)_i + 1);
	for (int i = 0; i < 4000; i++) {
		random_step();
		check_world();
	}
}
END_TEST

/* ---- delivery ---- */

START_TEST(test_two_level_delivery)
{
	struct vcpu_info *info = &shared[0].vcpu_info[0];
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send send;

	world_reset();
	ck_assert_int_eq(op(EVTCHNOP_bind_ipi, &ipi), 0);
	send.port = ipi.port;
	kicks = 0;
	op(EVTCHNOP_send, &send);
	ck_assert(info->evtchn_upcall_pending && (info->evtchn_pending_sel & 1));
	ck_assert_uint_eq(kicks, 1);
	op(EVTCHNOP_send, &send);
	ck_assert_uint_eq(kicks, 1);
	memset(&shared[0], 0, sizeof(shared[0]));
	shared[0].evtchn_mask[0] = ~0UL;
	test_dom[0]->vcpu[0]->polling = true;
	test_dom[0]->vcpu[0]->poll_port_single = ipi.port;
	poll_wakes = 0;
	op(EVTCHNOP_send, &send);
	ck_assert_uint_eq(kicks, 1);
	ck_assert_uint_eq(poll_wakes, 1);
	ck_assert(!info->evtchn_upcall_pending);
	ck_assert_int_eq(op(EVTCHNOP_unmask, &(struct evtchn_unmask){ .port = ipi.port }), 0);
	ck_assert(info->evtchn_upcall_pending);
	ck_assert_uint_eq(kicks, 2);
}
END_TEST

/* ---- FIFO ---- */

static mfn_t array_mfn, control_mfn;

static void fifo_start(int dom)
{
	struct evtchn_init_control c = { .vcpu = 0, .offset = 64 };
	struct evtchn_expand_array e;

	as_domain(dom);
	c.control_gfn = control_mfn = new_page(dom);
	e.array_gfn = array_mfn = new_page(dom);
	ck_assert_int_eq(op(EVTCHNOP_init_control, &c), 0);
	ck_assert_int_eq(op(EVTCHNOP_expand_array, &e), 0);
}

static struct evtchn_fifo_control_block *control(void) { return (void *)((char *)words(control_mfn) + 64); }
static uint32_t *word(uint32_t port) { return (uint32_t *)words(array_mfn) + port; }

/* A guest's consumer (pv-abi 5.3): how often each port was seen pending. */
static void consume(unsigned int *seen)
{
	uint32_t ready = control()->ready;

	control()->ready = 0;
	for (unsigned int prio = 0; prio < EVTCHN_FIFO_MAX_QUEUES; prio++) {
		uint32_t port = ready >> prio & 1 ? control()->head[prio] : 0;

		for (int guard = 0; port && guard < 1000; guard++) {
			uint32_t *w = word(port), link = *w & EVTCHN_FIFO_LINK_MASK, was = *w;

			*w &= ~(1u << EVTCHN_FIFO_LINKED | EVTCHN_FIFO_LINK_MASK);
			if ((was >> EVTCHN_FIFO_PENDING & 1) && !(was >> EVTCHN_FIFO_MASKED & 1)) {
				*w &= ~(1u << EVTCHN_FIFO_PENDING);
				seen[port]++;
			}
			port = link;
		}
	}
}

START_TEST(test_fifo_loses_nothing)
{
	unsigned int seen[PORTS] = { 0 }, sent[PORTS] = { 0 };
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };

	world_reset();
	rnd_seed((uint64_t)_i + 77);
	fifo_start(0);
	for (int i = 1; i < PORTS; i++)
		ck_assert_int_eq(op(EVTCHNOP_bind_ipi, &ipi), 0);
	for (int i = 0; i < 20000; i++) {
		uint32_t port = 1 + rnd(PORTS - 1);

		switch (rnd(6)) {
		case 0:
			consume(seen);
			break;
		case 1:
			*word(port) |= 1u << EVTCHN_FIFO_MASKED;
			break;
		case 2:
			ck_assert_int_eq(op(EVTCHNOP_unmask, &(struct evtchn_unmask){ .port = port }), 0);
			break;
		case 3:
			op(EVTCHNOP_set_priority, &(struct evtchn_set_priority){ .port = port, .priority = rnd(16) });
			break;
		default:
			sent[port] += !(*word(port) >> EVTCHN_FIFO_PENDING & 1);
			ck_assert_int_eq(op(EVTCHNOP_send, &(struct evtchn_send){ .port = port }), 0);
		}
	}
	for (uint32_t port = 1; port < PORTS; port++)
		op(EVTCHNOP_unmask, &(struct evtchn_unmask){ .port = port });
	for (int i = 0; i < 3; i++)
		consume(seen);
	for (uint32_t port = 1; port < PORTS; port++)
		ck_assert_uint_eq(seen[port], sent[port]);
}
END_TEST

/* A guest that writes anything anywhere in its shared pages: nothing but its own events may suffer. */
START_TEST(test_fifo_hostile)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };

	world_reset();
	rnd_seed((uint64_t)_i + 500);
	fifo_start(1);
	for (int i = 1; i < PORTS; i++)
		ck_assert_int_eq(op(EVTCHNOP_bind_ipi, &ipi), 0);
	for (int i = 0; i < 20000; i++) {
		words(array_mfn)[rnd(512)] = (uint64_t)rnd(~0u) << 32 | rnd(~0u);
		words(control_mfn)[8 + rnd(9)] = (uint64_t)rnd(~0u) << 32 | rnd(~0u);
		op(rnd(2) ? EVTCHNOP_send : EVTCHNOP_unmask, &(struct evtchn_send){ .port = 1 + rnd(PORTS - 1) });
	}
	ck_assert_int_eq(evtchn_relinquish(test_dom[1]), 0);
	evtchn_domain_fini(test_dom[1]);
	check_counts(NULL, NULL);
}
END_TEST

/* What was pending in the bitmap waits for its page in the array. */
START_TEST(test_switch_carries_pending)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_init_control c = { .vcpu = 0, .offset = 64 };
	struct evtchn_expand_array e;

	world_reset();
	op(EVTCHNOP_bind_ipi, &ipi);
	op(EVTCHNOP_send, &(struct evtchn_send){ .port = ipi.port });
	c.control_gfn = control_mfn = new_page(0);
	e.array_gfn = array_mfn = new_page(0);
	ck_assert_int_eq(op(EVTCHNOP_init_control, &c), 0);
	ck_assert_int_eq(op(EVTCHNOP_expand_array, &e), 0);
	ck_assert(*word(ipi.port) >> EVTCHN_FIFO_PENDING & 1);
	ck_assert_uint_eq(control()->head[EVTCHN_FIFO_PRIORITY_DEFAULT], ipi.port);
}
END_TEST

/* ---- the end of a domain ---- */

START_TEST(test_death_unbinds_peers)
{
	world_reset();
	rnd_seed((uint64_t)_i + 900);
	for (int i = 0; i < 1500; i++)
		random_step();
	test_preempt_percent = 50;
	while (evtchn_relinquish(test_dom[1]) == -XEN_ERESTART)
		;
	for (uint32_t port = 1; port < PORTS; port++)
		if (model[1][port].state != EVTCHNSTAT_closed)
			model_close(1, port);
	check_world();
	as_domain(1);
	ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &(struct evtchn_alloc_unbound){ .dom = DOMID_SELF }), -XEN_EINVAL);
	ck_assert_uint_eq(test_dom[1]->refs, 1);
	evtchn_domain_fini(test_dom[1]);
}
END_TEST

START_TEST(test_errors)
{
	world_reset();
	as_domain(1);
	ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &(struct evtchn_alloc_unbound){ .dom = 0 }), -XEN_EPERM);
	ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &(struct evtchn_alloc_unbound){ .dom = 99 }), -XEN_ESRCH);
	ck_assert_int_eq(op(EVTCHNOP_status, &(struct evtchn_status){ .dom = 0, .port = 1 }), -XEN_EPERM);
	ck_assert_int_eq(op(EVTCHNOP_bind_pirq, &(struct evtchn_bind_pirq){ .pirq = 3 }), -XEN_EPERM);
	ck_assert_int_eq(op(EVTCHNOP_expand_array, &(struct evtchn_expand_array){ .array_gfn = 1UL << 40 }), -XEN_EINVAL);
	ck_assert_int_eq(op(EVTCHNOP_init_control, &(struct evtchn_init_control){ .control_gfn = 5 }), -XEN_EINVAL);
	ck_assert_int_eq(op(14, NULL), -XEN_ENOSYS);
	ck_assert_int_eq(op(1U << 31, NULL), -XEN_ENOSYS);
	ck_assert_int_eq(op(EVTCHNOP_send, NULL), -XEN_EFAULT);
	as_domain(0);
	ck_assert_int_eq(op(EVTCHNOP_bind_pirq, &(struct evtchn_bind_pirq){ .pirq = 16 }), -XEN_EINVAL);
	ck_assert_int_eq(op(EVTCHNOP_bind_pirq, &(struct evtchn_bind_pirq){ .pirq = 7 }), -XEN_EEXIST);
	ck_assert_int_eq(op(EVTCHNOP_bind_pirq, &(struct evtchn_bind_pirq){ .pirq = 3 }), 0);
	ck_assert_int_eq(op(EVTCHNOP_reset, &(struct evtchn_reset){ .dom = 1 }), -XEN_EINVAL);
}
END_TEST

/* A reset that stops in the middle, of more ports than the bitmap has, while another vCPU opens one more behind it. */
START_TEST(test_reset_goes_on)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 1 };
	struct evtchn_init_control c = { 0 };
	unsigned int rounds = 0;
	struct domain *d;

	world_reset();
	d = test_dom[0];
	d->max_evtchn_port = EVTCHN_2L_NR_CHANNELS + 300;
	as_domain(0);
	c.control_gfn = new_page(0);
	ck_assert_int_eq(op(EVTCHNOP_init_control, &c), 0);
	do
		ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &a), 0);
	while (a.port < d->max_evtchn_port);
	test_preempt_percent = 100;
	while (evtchn_reset(d) == -XEN_ERESTART) {
		ck_assert_ptr_nonnull(d->evtchn->fifo);
		/* The cursor is beyond it. */
		if (++rounds == 3)
			ck_assert_int_eq(op(EVTCHNOP_alloc_unbound, &a), 0);
		ck_assert_uint_lt(rounds, 100);
	}
	ck_assert_uint_gt(rounds, EVTCHN_2L_NR_CHANNELS / 256);
	ck_assert_ptr_null(d->evtchn->fifo);
	ck_assert_uint_eq(d->evtchn->nr_open, 0);
	for (uint32_t port = 1; port < d->evtchn->nr_ports; port++)
		ck_assert_uint_eq(d->evtchn->bucket[port / PORTS_PER_BUCKET][port % PORTS_PER_BUCKET].state, PORT_FREE);
	test_preempt_percent = 0;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event channels");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_model_two_level, 0, 4);
	tcase_add_test(t, test_two_level_delivery);
	tcase_add_test(t, test_reset_goes_on);
	tcase_add_loop_test(t, test_fifo_loses_nothing, 0, 8);
	tcase_add_loop_test(t, test_fifo_hostile, 0, 8);
	tcase_add_test(t, test_switch_carries_pending);
	tcase_add_loop_test(t, test_death_unbinds_peers, 0, 8);
	tcase_add_test(t, test_errors);
	suite_add_tcase(s, t);
	return suite_run(s);
}
