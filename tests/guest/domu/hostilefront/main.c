/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that attacks the backends of its first disk and its first card.
 *
 *   hostilefront disk card ip=A.B.C.D peer=A.B.C.D [only=NAME]
 *   hostilefront ignore
 *
 * Each attack has a name, which is said before it begins, and a fate: the backend serves on, or closes the device. After
 * each the device is connected anew by the rules and has to work. "ignore" connects the disk, takes away the
 * node that says whose it is, and hears nothing more.
 */
#include "domu/hostilefront/card.h"
#include "domu/hostilefront/front.h"
#include "kit/kit.h"
#include "kit/run.h"
#include "kit/string.h"
#include "net/addr.h"

static const char *only;

static void judge(const struct manners *m, const struct attack *a, struct front *f)
{
	switch (a->fate) {
	case CLOSES:
		CHECK(back_wait(f, IN(Closing) | IN(Closed), 20), "%s: the device is closed", a->name);
		break;
	case STAYS:
		CHECK_EQ(back_state(f), XenbusStateConnected, a->name);
		CHECK(m->works(f), "%s: it is served on", a->name);
		break;
	case EITHER:
		break;
	}
}

static void storm(const struct manners *m)
{
	static struct front f;

	if (!front_find(&f, m->type)) {
		CHECK(false, "there is a %s", m->type);
		return;
	}
	for (unsigned int i = 0; i < m->nr; i++) {
		const struct attack *a = &m->attack[i];

		if (only && strcmp(only, a->name))
			continue;
		kit_printf("attack %s %s at %lu ms\n", m->type, a->name, kit_time() / 1000000);
		CHECK(front_reset(&f), "%s: both sides begin closed", a->name);
		a->run(&f);
		judge(m, a, &f);
		CHECK(front_reset(&f), "%s: it can be closed", a->name);
		CHECK(m->connect(&f) && m->works(&f), "%s: it works again by the rules", a->name);
	}
	front_reset(&f);
}

static void ignore(void)
{
	static struct front f;

	CHECK(front_find(&f, "vbd") && disk_manners.connect(&f) && disk_manners.works(&f), "the disk works");
	front_clear(&f, "backend");
	kit_printf("deaf from now on\n");
	for (;;)
		pause_ms(60000);
}

static bool address(int argc, char **argv, const char *name, uint8_t to[4])
{
	const char *text = kit_option(argc, argv, name);
	struct net_addr a;

	if (!text || !net_addr_parse(text, &a) || !net_addr_is_ip4(&a))
		return false;
	memcpy(to, net_addr_as_ip4(&a), 4);
	return true;
}

int main(int argc, char *argv[])
{
	only = kit_option(argc, argv, "only");
	if (kit_smp_init(2) < 2)
		kit_bail("two vCPUs are wanted");
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "disk"))
			storm(&disk_manners);
		if (!strcmp(argv[i], "card")) {
			if (!address(argc, argv, "ip", card_own_ip) || !address(argc, argv, "peer", card_peer_ip))
				kit_bail("ip= and peer= are wanted");
			storm(&card_manners);
		}
		if (!strcmp(argv[i], "ignore"))
			ignore();
	}
	/* What is left of it is for dom0 to look at. */
	tap_plan();
	for (;;)
		pause_ms(60000);
}
