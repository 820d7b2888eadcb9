/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/metrics.c
 *
 * See metrics.h.  All samples of a family stand together, below its HELP and TYPE, as the format wants it; counters end in _total,
 * units are seconds and bytes, as its readers expect it.
 */
#include "domain/metrics.h"

#include <inttypes.h>
#include <string.h>

/* --- the text ------------------------------------------------------------------------------------ */

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* What a label's value may not have as it is: backslash, quote, end of line.  Bytes that are no ASCII may be no UTF-8 either. */
static void value_write(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", out);
		else
			putc((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e ? '?' : *text, out);
}

static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	value_write(out, value);
	putc('"', out);
}

/* "NAME{guest="web",id="3"": the caller adds labels and the end. */
static void guest_begin(FILE *out, const char *metric, const char *name, uint32_t domid)
{
	fprintf(out, "%s{", metric);
	label(out, "guest", name);
	fprintf(out, ",id=\"%u\"", domid);
}

/* Nanoseconds as seconds, exactly: a double has not all digits of a long life. */
static void seconds_write(FILE *out, uint64_t ns)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000, ns % 1000000000);
}

/* --- families of domains --------------------------------------------------------------------------- */

static void host_write(const struct metrics *m, FILE *out)
{
	family(out, "socle_host_cpus", "gauge", "Processors of the machine.");
	fprintf(out, "socle_host_cpus %u\n", m->cpus);
	family(out, "socle_host_memory_bytes", "gauge", "Memory of the machine.");
	fprintf(out, "socle_host_memory_bytes %" PRIu64 "\n", m->total_bytes);
	family(out, "socle_host_memory_free_bytes", "gauge", "Memory that belongs to no domain and not to the hypervisor.");
	fprintf(out, "socle_host_memory_free_bytes %" PRIu64 "\n", m->free_bytes);
}

static uint64_t vcpus_of(const struct metrics_domain *d) { return d->vcpus; }
static uint64_t memory_of(const struct metrics_domain *d) { return d->memory_bytes; }
static uint64_t max_memory_of(const struct metrics_domain *d) { return d->max_memory_bytes; }
static uint64_t run_of(const struct metrics_domain *d) { return d->run_ns; }
static uint64_t wait_of(const struct metrics_domain *d) { return d->wait_ns; }

static const struct {
	const char *name, *type, *help;
	uint64_t (*of)(const struct metrics_domain *d);
	bool seconds;
} domain_families[] = {
	{ "socle_domain_vcpus", "gauge", "Virtual processors that are online.", vcpus_of, false },
	{ "socle_domain_memory_bytes", "gauge", "Memory that the domain has.", memory_of, false },
	{ "socle_domain_memory_max_bytes", "gauge", "The most that it may have.", max_memory_of, false },
	{ "socle_domain_cpu_seconds_total", "counter", "Processor time used, of all its virtual processors.", run_of, true },
	{ "socle_domain_steal_seconds_total", "counter", "Time in which its virtual processors could have run but waited.", wait_of, true },
};

static void domains_write(const struct metrics *m, FILE *out)
{
	family(out, "socle_domain_info", "gauge", "A domain that there is: its UUID and what it does. Always 1.");
	for (size_t i = 0; i < m->nr_domains; i++) {
		const struct metrics_domain *d = &m->domain[i];

		guest_begin(out, "socle_domain_info", d->name, d->domid);
		putc(',', out);
		label(out, "uuid", d->uuid);
		putc(',', out);
		label(out, "state", d->state);
		fputs("} 1\n", out);
	}
	for (size_t f = 0; f < sizeof(domain_families) / sizeof(domain_families[0]); f++) {
		family(out, domain_families[f].name, domain_families[f].type, domain_families[f].help);
		for (size_t i = 0; i < m->nr_domains; i++) {
			const struct metrics_domain *d = &m->domain[i];

			guest_begin(out, domain_families[f].name, d->name, d->domid);
			fputs("} ", out);
			if (domain_families[f].seconds)
				seconds_write(out, domain_families[f].of(d));
			else
				fprintf(out, "%" PRIu64 "\n", domain_families[f].of(d));
		}
	}
}

#define WAITS "socle_domain_wait_seconds"

static void waits_write(const struct metrics_domain *d, FILE *out)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < SOCLE_WAIT_BUCKETS; i++) {
		sum += d->waits[i];
		guest_begin(out, WAITS "_bucket", d->name, d->domid);
		if (i + 1 < SOCLE_WAIT_BUCKETS)
			fprintf(out, ",le=\"%.9g\"} %" PRIu64 "\n", (double)(UINT64_C(1) << (11 + i)) / 1e9, sum);
		else
			fprintf(out, ",le=\"+Inf\"} %" PRIu64 "\n", sum);
	}
	guest_begin(out, WAITS "_sum", d->name, d->domid);
	fputs("} ", out);
	seconds_write(out, d->wait_ns);
	guest_begin(out, WAITS "_count", d->name, d->domid);
	fprintf(out, "} %" PRIu64 "\n", sum);
}

/* --- families of devices --------------------------------------------------------------------------- */

#define STAT(n) offsetof(struct ctl_stats, n)

static const struct {
	enum device_class cls;
	const char *name, *help;
	size_t at;
} device_families[] = {
	{ DEVICE_DISK, "socle_disk_reads_total", "Read requests that were done.", STAT(reads) },
	{ DEVICE_DISK, "socle_disk_writes_total", "Write requests that were done.", STAT(writes) },
	{ DEVICE_DISK, "socle_disk_flushes_total", "Flushes that were done.", STAT(flushes) },
	{ DEVICE_DISK, "socle_disk_discards_total", "Discards that were done.", STAT(discards) },
	{ DEVICE_DISK, "socle_disk_read_bytes_total", "Bytes that were read.", STAT(read_bytes) },
	{ DEVICE_DISK, "socle_disk_written_bytes_total", "Bytes that were written.", STAT(write_bytes) },
	{ DEVICE_DISK, "socle_disk_errors_total", "Requests that the image failed.", STAT(errors) },
	{ DEVICE_DISK, "socle_disk_refused_total", "Requests that were wrong.", STAT(refused) },
	{ DEVICE_DISK, "socle_disk_throttled_total", "Times that a limit made it wait.", STAT(throttled) },
	{ DEVICE_CARD, "socle_card_rx_frames_total", "Frames to the guest.", STAT(rx_frames) },
	{ DEVICE_CARD, "socle_card_tx_frames_total", "Frames from the guest.", STAT(tx_frames) },
	{ DEVICE_CARD, "socle_card_rx_bytes_total", "Bytes to the guest.", STAT(rx_bytes) },
	{ DEVICE_CARD, "socle_card_tx_bytes_total", "Bytes from the guest.", STAT(tx_bytes) },
	{ DEVICE_CARD, "socle_card_rx_dropped_total", "Frames to the guest that were dropped.", STAT(rx_dropped) },
	{ DEVICE_CARD, "socle_card_tx_dropped_total", "Frames from the guest that were dropped.", STAT(tx_dropped) },
	{ DEVICE_CARD, "socle_card_spoofed_total", "Frames with an address that the guest may not use.", STAT(spoofed) },
	{ DEVICE_CARD, "socle_card_errors_total", "Frames that the tap failed.", STAT(errors) },
	{ DEVICE_CARD, "socle_card_refused_total", "Requests that were wrong.", STAT(refused) },
	{ DEVICE_CARD, "socle_card_throttled_total", "Times that a limit made it wait.", STAT(throttled) },
};

static void device_begin(FILE *out, const char *metric, const struct metrics_device *d)
{
	guest_begin(out, metric, d->name, d->domid);
	putc(',', out);
	label(out, d->cls == DEVICE_DISK ? "disk" : "card", d->dev);
	fputs("} ", out);
}

static void restarts_write(const struct metrics *m, FILE *out, enum device_class cls, const char *name)
{
	family(out, name, "counter", "Workers that were started in place of one that died.");
	for (size_t i = 0; i < m->nr_devices; i++)
		if (m->device[i].cls == cls) {
			device_begin(out, name, &m->device[i]);
			fprintf(out, "%u\n", m->device[i].restarts);
		}
}

static void devices_write(const struct metrics *m, FILE *out)
{
	for (size_t f = 0; f < sizeof(device_families) / sizeof(device_families[0]); f++) {
		family(out, device_families[f].name, "counter", device_families[f].help);
		for (size_t i = 0; i < m->nr_devices; i++) {
			uint64_t n;

			if (m->device[i].cls != device_families[f].cls)
				continue;
			memcpy(&n, (const char *)&m->device[i].stats + device_families[f].at, sizeof(n));
			device_begin(out, device_families[f].name, &m->device[i]);
			fprintf(out, "%" PRIu64 "\n", n);
		}
	}
	restarts_write(m, out, DEVICE_DISK, "socle_disk_worker_restarts_total");
	restarts_write(m, out, DEVICE_CARD, "socle_card_worker_restarts_total");
}

void metrics_write(const struct metrics *m, FILE *out)
{
	host_write(m, out);
	domains_write(m, out);
	family(out, WAITS, "histogram", "How long virtual processors waited for a processor, each time that they could run.");
	for (size_t i = 0; i < m->nr_domains; i++)
		waits_write(&m->domain[i], out);
	devices_write(m, out);
}
