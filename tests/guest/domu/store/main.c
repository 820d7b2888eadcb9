/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kit's store client against the daemon, from a guest of its own: values, transactions, watches, long answers, errors. With
 * the word "live" it lives in the kit's loop until the tools end it.
 */
#include "kit/console.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/run.h"
#include "kit/store.h"
#include "kit/xenbus.h"

static void test_values(void)
{
	char buf[64], small[3];
	uint64_t domid = 0;

	CHECK_EQ(kit_store_number(0, "domid", &domid), 0, "our number can be read");
	CHECK(domid > 0 && domid < DOMID_FIRST_RESERVED, "it is %lu", domid);
	CHECK_EQ(kit_store_write(0, "data/a", "one two"), 0, "a value is written");
	CHECK_EQ(kit_store_read(0, "data/a", buf, sizeof(buf)), 0, "and read");
	CHECK(!strcmp(buf, "one two"), "it is '%s'", buf);
	CHECK_EQ(kit_store_read(0, "data/a", small, sizeof(small)), -XEN_E2BIG, "not into too little room");
	CHECK_EQ(kit_store_number(0, "data/a", &domid), -XEN_EINVAL, "not as a number");
	CHECK_EQ(kit_store_read(0, "data/none", buf, sizeof(buf)), -XEN_ENOENT, "what is not there");
	CHECK_EQ(kit_store_write(0, "/local/domain/0/name", "x"), -XEN_EACCES, "what is not ours");
	CHECK_EQ(kit_store_read(0, "data//a", buf, sizeof(buf)), -XEN_EINVAL, "what is no path");
	CHECK_EQ(kit_store_printf(0, "data/n", "%u", 4711), 0, "a number is written");
	CHECK(!kit_store_number(0, "data/n", &domid) && domid == 4711, "and is that number");
	CHECK_EQ(kit_store_remove(0, "data/n"), 0, "and removed");
	CHECK_EQ(kit_store_read(0, "data/n", buf, sizeof(buf)), -XEN_ENOENT, "then it is gone");
}

/* Longer than the ring is, both ways. */
static void test_long(void)
{
	static char value[2001], back[2048], list[4096];
	char name[64];
	bool good = true;

	memset(value, 'x', 2000);
	CHECK_EQ(kit_store_write(0, "data/long", value), 0, "a value of 2000 bytes");
	CHECK_EQ(kit_store_read(0, "data/long", back, sizeof(back)), 0, "comes back");
	CHECK(!strcmp(value, back), "as it was");
	for (int i = 0; i < 60; i++) {
		kit_snprintf(name, sizeof(name), "data/list/a-name-that-is-not-a-short-one-%d", i);
		good &= !kit_store_write(0, name, "");
	}
	CHECK(good, "60 nodes");
	CHECK_EQ(kit_store_list(0, "data/list", list, sizeof(list)), 60, "are listed");
	CHECK_EQ(kit_store_remove(0, "data/list"), 0, "and removed in one");
}

static void test_transactions(void)
{
	char buf[16];
	uint32_t tx, other;

	kit_store_write(0, "data/t", "0");
	CHECK(!kit_store_begin(&tx) && !kit_store_write(tx, "data/t", "1"), "a change in a transaction");
	CHECK(!kit_store_read(0, "data/t", buf, sizeof(buf)) && buf[0] == '0', "is not seen outside");
	CHECK(!kit_store_read(tx, "data/t", buf, sizeof(buf)) && buf[0] == '1', "but inside");
	CHECK_EQ(kit_store_end(tx, true), 0, "until it ends");
	CHECK(!kit_store_read(0, "data/t", buf, sizeof(buf)) && buf[0] == '1', "then it is");
	kit_store_begin(&tx);
	kit_store_read(tx, "data/t", buf, sizeof(buf));
	CHECK(!kit_store_begin(&other) && !kit_store_write(other, "data/t", "2") && !kit_store_end(other, true), "another is quicker");
	kit_store_write(tx, "data/t", "3");
	CHECK_EQ(kit_store_end(tx, true), -XEN_EAGAIN, "so the first is to be done again");
	kit_store_begin(&tx);
	kit_store_write(tx, "data/t", "4");
	CHECK_EQ(kit_store_end(tx, false), 0, "one is given up");
	CHECK(!kit_store_read(0, "data/t", buf, sizeof(buf)) && buf[0] == '2', "and nothing of it is there");
}

static unsigned int seen[2];

static void on_watch(void *arg)
{
	(*(unsigned int *)arg)++;
}

static bool is_seen(void *arg)
{
	return *(unsigned int *)arg;
}

static bool wait_seen(unsigned int i)
{
	return kit_loop_until(is_seen, &seen[i], kit_time() + 10 * KIT_SECOND);
}

static void test_watches(void)
{
	static struct kit_watch a, b;
	char buf[16];

	CHECK_EQ(kit_watch_add(&a, on_watch, &seen[0], "data/%s", "w"), 0, "a watch");
	CHECK(wait_seen(0), "says so once at first");
	seen[0] = 0;
	CHECK_EQ(kit_watch_add(&b, on_watch, &seen[1], "data/v"), 0, "another");
	CHECK(wait_seen(1) && !seen[0], "has a voice of its own");
	seen[1] = 0;
	kit_store_write(0, "data/w/below", "1");
	CHECK(wait_seen(0) && !seen[1], "it tells of what is below");
	seen[0] = 0;
	for (int i = 0; i < 50; i++)
		kit_store_printf(0, "data/v", "%d", i);
	CHECK(wait_seen(1), "many changes are told");
	kit_watch_remove(&a);
	seen[0] = 0;
	kit_store_write(0, "data/w", "2");
	kit_store_read(0, "data/w", buf, sizeof(buf));
	kit_loop_once(kit_time() + 100000000);
	CHECK(!seen[0], "a watch that is gone is silent");
	kit_watch_remove(&b);
}

static void bye(void *arg)
{
	(void)arg;
	kit_printf("bye\n");
}

/* What was there before the sleep is there after it. */
static void awake(void *arg)
{
	void *page = kit_page_alloc(1);
	char word[16] = "";
	int ref = kit_grant(0, page, false);

	kit_store_read(0, "data/before", word, sizeof(word));
	kit_printf("awake: store %s, wall clock %s, grant %s\n", word, kit_shared_info->wc_sec ? "runs" : "stands",
		   ref > *(int *)arg && !kit_grant_end((uint32_t)*(int *)arg) && !kit_grant_end((uint32_t)ref) ? "kept" : "lost");
	kit_loop_stop();
}

static void asleep(void *arg)
{
	*(int *)arg = kit_grant(0, kit_page_alloc(1), false);
	kit_store_write(0, "data/before", "same");
	kit_printf("asleep\n");
}

static void on_typed(void *arg)
{
	char text[64];
	size_t n = kit_console_read(text, sizeof(text) - 1);

	(void)arg;
	text[n] = '\0';
	if (n)
		kit_printf("typed: %s", text);
}

int main(int argc, char *argv[])
{
	static int ref;
	static struct kit_hook hook = { .stop = bye, .suspend = asleep, .resume = awake, .arg = &ref };

	kit_hook_add(&hook);
	if (argc > 1 && !strcmp(argv[1], "live")) {
		kit_console_listen(on_typed, NULL);
		kit_printf("alive\n");
		kit_loop();
		return 0;
	}
	if (kit_option(argc, argv, "events"))
		CHECK_EQ(kit_events_fifo(), 0, "FIFO events");
	test_values();
	test_long();
	test_transactions();
	test_watches();
	tap_done();
}
