/* SPDX-License-Identifier: BSD-2-Clause */
/* The text for Prometheus; with --print it goes to standard output, for tests/cli/metrics.sh to hold it to the format. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/metrics.h"
#include "suite.h"

static struct metrics_domain domains[] = {
	{ .domid = 0, .name = "Domain-0", .uuid = "00000000-0000-0000-0000-000000000000", .state = "running", .vcpus = 2,
	  .memory_bytes = 536870912, .max_memory_bytes = UINT64_MAX, .run_ns = UINT64_C(9007199254740993000), .wait_ns = 1 },
	{ .domid = 7, .name = "a\"b\\c\nd\x1b\xff", .uuid = "5e0c1e00-0000-4000-8000-000000000001", .state = "blocked", .vcpus = 1,
	  .memory_bytes = 4194304, .run_ns = 1500000000, .wait_ns = 2000000001, .waits = { [0] = 3, [1] = 2, [SOCLE_WAIT_BUCKETS - 1] = 1 } },
};
static struct metrics_device devices[] = {
	{ .domid = 7, .name = "web", .cls = DEVICE_DISK, .dev = "xvda", .restarts = 1, .stats = { .reads = 5, .throttled = UINT64_MAX } },
	{ .domid = 7, .name = "web", .cls = DEVICE_CARD, .dev = "0", .stats = { .rx_frames = 9, .errors = 2 } },
};

static const struct metrics all = {
	.cpus = 2, .total_bytes = 1073741824, .free_bytes = 4096, .domain = domains, .nr_domains = 2, .device = devices, .nr_devices = 2,
};

static char *text;

static void write_text(const struct metrics *m)
{
	size_t size;
	FILE *f;

	free(text);
	text = NULL;
	f = open_memstream(&text, &size);
	metrics_write(m, f);
	fclose(f);
}

static const char *const lines[] = {
	"\nsocle_host_cpus 2\n",
	"\nsocle_domain_info{guest=\"Domain-0\",id=\"0\",uuid=\"00000000-0000-0000-0000-000000000000\",state=\"running\"} 1\n",
	"\nsocle_domain_cpu_seconds_total{guest=\"Domain-0\",id=\"0\"} 9007199254.740993000\n",
	"\nsocle_domain_steal_seconds_total{guest=\"a\\\"b\\\\c\\nd??\",id=\"7\"} 2.000000001\n",
	"\nsocle_domain_memory_max_bytes{guest=\"Domain-0\",id=\"0\"} 18446744073709551615\n",
	",id=\"7\",le=\"2.048e-06\"} 3\n", ",id=\"7\",le=\"4.096e-06\"} 5\n", ",id=\"7\",le=\"2.14748365\"} 5\n", ",id=\"7\",le=\"+Inf\"} 6\n",
	"\nsocle_domain_wait_seconds_sum{guest=\"a\\\"b\\\\c\\nd??\",id=\"7\"} 2.000000001\n",
	"\nsocle_domain_wait_seconds_count{guest=\"a\\\"b\\\\c\\nd??\",id=\"7\"} 6\n",
	"\nsocle_disk_reads_total{guest=\"web\",id=\"7\",disk=\"xvda\"} 5\n",
	"\nsocle_disk_throttled_total{guest=\"web\",id=\"7\",disk=\"xvda\"} 18446744073709551615\n",
	"\nsocle_disk_worker_restarts_total{guest=\"web\",id=\"7\",disk=\"xvda\"} 1\n",
	"\nsocle_card_rx_frames_total{guest=\"web\",id=\"7\",card=\"0\"} 9\n",
	"\nsocle_card_errors_total{guest=\"web\",id=\"7\",card=\"0\"} 2\n",
};

START_TEST(samples_say_what_is)
{
	write_text(&all);
	ck_assert_msg(strstr(text, lines[_i]) != NULL, "no '%s' in\n%s", lines[_i], text);
}
END_TEST

START_TEST(a_machine_without_guests_has_metrics)
{
	struct metrics none = { .cpus = 1 };

	write_text(&none);
	ck_assert(strstr(text, "\nsocle_host_memory_bytes 0\n") != NULL && strstr(text, "{") == NULL);
}
END_TEST

int main(int argc, char **argv)
{
	TCase *t;
	Suite *s;

	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		metrics_write(&all, stdout);
		return EXIT_SUCCESS;
	}
	s = suite_create("metrics");
	t = tcase_create("metrics");
	tcase_add_loop_test(t, samples_say_what_is, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, a_machine_without_guests_has_metrics);
	suite_add_tcase(s, t);
	return suite_run(s);
}
