/* SPDX-License-Identifier: BSD-2-Clause */
/* See card.h: the handshake of a vif (pv-abi 8.5), and the way to its queues. */
#include "kit/kit.h"
#include "net/packet.h"
#include "net/queue.h"
#include "net/wire.h"

#define MTU_DEFAULT	1500u
#define MTU_MAX		(NET_FRAME_MAX - ETH_HEADER)

static bool has(struct kit_device *d, const char *key)
{
	return kit_device_get(d, key, 1, 0);
}

static void close_queues(struct net_card *c)
{
	for (unsigned int i = 0; i < NET_QUEUES_MAX; i++) {
		net_queue_close(c->queue[i]);
		c->queue[i] = NULL;
	}
}

static int prepare(struct kit_device *d)
{
	struct net_card *c = d->driver;
	const struct net_offer offer = {
		.rx_copy = has(d, "feature-rx-copy"), .sg = has(d, "feature-sg"), .gso4 = has(d, "feature-gso-tcpv4"),
		.gso6 = has(d, "feature-gso-tcpv6"), .csum6 = has(d, "feature-ipv6-csum-offload"),
		.split = has(d, "feature-split-event-channels"),
		.max_queues = (unsigned int)kit_device_get(d, "multi-queue-max-queues", 1024, 0),
	};
	int rc = 0;

	if (!net_terms_make(&c->terms, &offer, &c->wish))
		return -XEN_EOPNOTSUPP;
	c->fault = NULL;
	for (unsigned int i = 0; i < c->terms.queues && !rc; i++)
		rc = net_queue_open(&c->queue[i], c, i);
	if (rc)
		close_queues(c);
	return rc;
}

static int publish_queue(struct net_card *c, uint32_t tx, const char *prefix, const struct net_queue *q)
{
	const struct { const char *key; uint32_t value; } keys[] = {
		{ "tx-ring-ref", q->tx_ring.ref },
		{ "rx-ring-ref", q->rx_ring.ref },
		{ c->terms.split ? "event-channel-tx" : "event-channel", (uint32_t)q->tx_port },
		{ "event-channel-rx", (uint32_t)q->rx_port },
	};
	unsigned int n = c->terms.split ? 4 : 3;
	char path[48];
	int rc = 0;

	for (unsigned int i = 0; i < n && !rc; i++) {
		kit_snprintf(path, sizeof(path), "%s%s", prefix, keys[i].key);
		rc = kit_device_put(&c->dev, tx, path, "%u", keys[i].value);
	}
	return rc;
}

static int publish_features(struct net_card *c, uint32_t tx)
{
	const struct { const char *key; bool value; } keys[] = {
		{ "request-rx-copy", true }, { "feature-rx-notify", true }, { "feature-sg", true },
		{ "feature-gso-tcpv4", c->terms.rx_gso4 }, { "feature-gso-tcpv6", c->terms.rx_gso6 },
		{ "feature-ipv6-csum-offload", c->terms.rx_csum }, { "feature-no-csum-offload", !c->terms.rx_csum },
	};
	int rc = 0;

	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
		rc = kit_device_put(&c->dev, tx, keys[i].key, "%u", keys[i].value);
	return rc;
}

/* What a connection before has written and this one does not. */
static int clear_stale(struct net_card *c, uint32_t tx)
{
	static const char *const keys[] = { "tx-ring-ref", "rx-ring-ref", "event-channel", "event-channel-tx", "event-channel-rx" };
	char path[16];
	int rc = 0;

	if (!c->terms.say_queues)
		rc = kit_device_clear(&c->dev, tx, "multi-queue-num-queues");
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
		rc = kit_device_clear(&c->dev, tx, keys[i]);
	for (unsigned int i = 0; i < NET_QUEUES_MAX && !rc; i++) {
		kit_snprintf(path, sizeof(path), "queue-%u", i);
		rc = kit_device_clear(&c->dev, tx, path);
	}
	return rc;
}

/* A single queue has its keys where they were before there were several. */
static int publish(struct kit_device *d, uint32_t tx)
{
	struct net_card *c = d->driver;
	int rc = clear_stale(c, tx);

	if (!rc)
		rc = publish_features(c, tx);
	if (!rc && c->terms.say_queues)
		rc = kit_device_put(d, tx, "multi-queue-num-queues", "%u", c->terms.queues);
	for (unsigned int i = 0; i < c->terms.queues && !rc; i++) {
		char prefix[16] = "";

		if (c->terms.queues > 1)
			kit_snprintf(prefix, sizeof(prefix), "queue-%u/", i);
		rc = publish_queue(c, tx, prefix, c->queue[i]);
	}
	return rc;
}

static int connect(struct kit_device *d)
{
	struct net_card *c = d->driver;

	c->up = true;
	for (unsigned int i = 0; i < c->terms.queues; i++)
		net_queue_start(c->queue[i]);
	if (c->ops->link)
		c->ops->link(c, true);
	return 0;
}

static void changed(struct kit_device *d)
{
	(void)d;	/* nothing of a vif changes while it is connected */
}

static void disconnect(struct kit_device *d, bool again)
{
	struct net_card *c = d->driver;
	bool was_up = c->up;

	(void)again;
	c->up = false;
	close_queues(c);
	if (was_up && c->ops->link)
		c->ops->link(c, false);
}

static const struct kit_device_ops vif_ops = {
	.type = "vif", .offered = XenbusStateConnected,
	.prepare = prepare, .publish = publish, .connect = connect, .changed = changed, .disconnect = disconnect,
};

static void give_up(void *arg)
{
	struct net_card *c = arg;

	if (c->fault)
		kit_device_fail(&c->dev, "%s", c->fault);
}

void net_card_fault(struct net_card *c, const char *why)
{
	if (!c->fault)
		c->fault = why;
	kit_task_add(&c->give_up);
}

/* What the tools say of the card stands in the guest's own node. */
static int read_identity(struct net_card *c, const char *name)
{
	char path[48], text[32];
	uint64_t mtu;
	int rc;

	kit_snprintf(path, sizeof(path), "device/vif/%s/mac", name);
	rc = kit_store_read(0, path, text, sizeof(text));
	if (!rc && !net_mac_parse(text, &c->mac))
		rc = -XEN_EINVAL;
	kit_snprintf(path, sizeof(path), "device/vif/%s/mtu", name);
	c->mtu = kit_store_number(0, path, &mtu) || mtu < 68 || mtu > MTU_MAX ? MTU_DEFAULT : (unsigned int)mtu;
	return rc;
}

static void on_nodes(void *arg)
{
	bool *look = arg;

	*look = true;
}

static bool looked(void *arg)
{
	return *(bool *)arg;
}

/* The tools write the nodes of a card at once, so one that can be seen is complete. */
int net_card_await(unsigned int n, uint64_t until)
{
	struct kit_watch watch = { .arg = NULL };
	char name[16];
	bool look;
	int rc = kit_watch_add(&watch, on_nodes, &look, "device/vif");

	while (!rc) {
		look = false;
		rc = kit_device_name("vif", n, name, sizeof(name));
		if (rc != -XEN_ENOENT)
			break;
		rc = kit_loop_until(looked, &look, until) ? 0 : -XEN_ETIMEDOUT;
	}
	kit_watch_remove(&watch);
	return rc;
}

int net_card_open(struct net_card *c, unsigned int n, const struct net_card_ops *ops, void *arg)
{
	char name[16];
	int rc = kit_device_name("vif", n, name, sizeof(name));

	c->ops = ops;
	c->arg = arg;
	c->give_up = (struct kit_task){ .fn = give_up, .arg = c };
	if (!rc)
		rc = read_identity(c, name);
	if (!rc)
		rc = kit_device_open(&c->dev, &vif_ops, name, c);
	return rc;
}

void net_card_close(struct net_card *c)
{
	kit_device_close(&c->dev);
	kit_task_remove(&c->give_up);
}

/* Length of a frame that may be sent now, or a negative errno. */
static int check(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, const struct net_offload *o)
{
	uint64_t len = 0;
	const uint8_t *head;

	if (!c->up || c->fault)
		return -XEN_ENODEV;
	for (unsigned int i = 0; i < nr; i++)
		len += piece[i].len;
	if (queue >= c->terms.queues || len < ETH_HEADER || len > NET_FRAME_MAX || piece[0].len < ETH_HEADER)
		return -XEN_EINVAL;
	head = piece[0].data;
	if (!net_terms_allow(&c->terms, (uint32_t)len, o, net_get16(head + ETH_TYPE) == ETH_TYPE_IP6))
		return -XEN_EOPNOTSUPP;
	return (int)len;
}

int net_send(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, const struct net_offload *o)
{
	int len = check(c, queue, piece, nr, o);

	return len < 0 ? len : net_queue_send(c->queue[queue], piece, nr, (uint32_t)len, o);
}

int net_lend(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, const struct net_offload *o,
	     void *cookie)
{
	int len = check(c, queue, piece, nr, o);

	return len < 0 ? len : net_queue_lend(c->queue[queue], piece, nr, o, cookie);
}
