/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Port I/O of domains (pv-abi 3.10). Ports in the domain's set reach the machine; of the others reads give all
 * ones and writes vanish, without a fault. A few are emulated for everybody or for dom0: the PCI address and data
 * ports and the CMOS pair, whose index registers the hypervisor shares, and channel 2 of the PIT, which
 * kernels time their start-up loops with while the real one is the hypervisor's.
 */
#include "asm/io.h"
#include "domain/domain.h"
#include "lib/lock.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "platform/pci.h"
#include "platform/platform.h"
#include "time/clock.h"

#define PORT_PIT_CH2	0x42
#define PORT_PIT_CONTROL 0x43
#define PORT_GATE	0x61
#define PORT_RTC_INDEX	0x70
#define PORT_RTC_DATA	0x71
#define PORT_PCI_ADDRESS 0xcf8
#define PORT_PCI_DATA	0xcfc

#define PIT_HZ		1193182u
#define NSEC_PER_SEC	1000000000u
#define GATE_BITS	3u		/* gate, speaker */
#define GATE_OPEN	1u
#define GATE_REFRESH	(1u << 4)	/* toggles with memory refresh, every 15 us */
#define GATE_OUT	(1u << 5)	/* output of channel 2 */

static struct spinlock ports_lock = SPINLOCK_INIT(RANK_PHYSDEV);

void platform_ports_hold(void)
{
	spin_lock(&ports_lock);
	pci_hold();
}

void platform_ports_release(void)
{
	pci_release();
	spin_unlock(&ports_lock);
}

static uint32_t all_ones(unsigned int width)
{
	return width == 4 ? ~0u : (1u << 8 * width) - 1;
}

bool platform_port_allowed(struct domain *d, uint16_t port, unsigned int width)
{
	return domain_may_access(d, d->ioports, port, (uint64_t)port + width - 1) && port + width <= 0x10000;
}

/* ---- PIT channel 2 (Intel 8254 data sheet) ---- */

static uint64_t pit_elapsed(const struct port_state *p)
{
	uint64_t ns = system_time() - p->pit_start;

	/* In two parts, so that the product stays within 64 bits. */
	return p->pit_gate & GATE_OPEN ? ns / NSEC_PER_SEC * PIT_HZ + ns % NSEC_PER_SEC * PIT_HZ / NSEC_PER_SEC : 0;
}

static uint32_t pit_period(const struct port_state *p)
{
	return p->pit_reload ? p->pit_reload : 0x10000;
}

static unsigned int pit_mode(const struct port_state *p)
{
	return p->pit_control >> 1 & 3;
}

static uint16_t pit_count(const struct port_state *p)
{
	uint64_t elapsed = pit_elapsed(p);

	/* Modes 2 and 3 reload, the latter counting by two; others run on through zero. */
	if (pit_mode(p) == 3)
		return (uint16_t)(pit_period(p) - elapsed * 2 % pit_period(p));
	if (pit_mode(p) == 2)
		return (uint16_t)(pit_period(p) - elapsed % pit_period(p));
	return (uint16_t)(pit_period(p) - elapsed);
}

static bool pit_output(const struct port_state *p)
{
	uint64_t elapsed = pit_elapsed(p);

	if (pit_mode(p) == 3)
		return elapsed % pit_period(p) < pit_period(p) / 2;
	if (pit_mode(p) == 2)
		return elapsed % pit_period(p) != pit_period(p) - 1;
	return elapsed >= pit_period(p);
}

static void pit_write_control(struct port_state *p, uint8_t v)
{
	/* Bits 6-7 select the channel, 3 is read-back; bits 4-5 zero latch the count. */
	if (v >> 6 != 2)
		return;
	if (!(v & 0x30)) {
		p->pit_latch = pit_count(p);
		p->pit_latched = true;
		return;
	}
	p->pit_control = v;
	p->pit_write_high = p->pit_read_high = (v & 0x30) == 0x20;
	p->pit_latched = false;
	p->pit_reload = 0;
	p->pit_start = system_time();
}

static bool pit_both_bytes(const struct port_state *p)
{
	return (p->pit_control & 0x30) == 0x30;
}

static void pit_write_count(struct port_state *p, uint8_t v)
{
	if (p->pit_write_high)
		p->pit_reload = (uint16_t)((p->pit_reload & 0x00ff) | v << 8);
	else
		p->pit_reload = (uint16_t)((p->pit_reload & 0xff00) | v);
	/* Counting starts with the last byte. */
	if (p->pit_write_high || !pit_both_bytes(p))
		p->pit_start = system_time();
	if (pit_both_bytes(p))
		p->pit_write_high = !p->pit_write_high;
}

static uint8_t pit_read_count(struct port_state *p)
{
	uint16_t v = p->pit_latched ? p->pit_latch : pit_count(p);
	bool high = p->pit_read_high;

	if (pit_both_bytes(p))
		p->pit_read_high = !p->pit_read_high;
	if (high || !pit_both_bytes(p))
		p->pit_latched = false;
	return (uint8_t)(high ? v >> 8 : v);
}

static uint8_t gate_read(const struct port_state *p)
{
	return (uint8_t)(p->pit_gate | (pit_output(p) ? GATE_OUT : 0) |
			 (system_time() / 15000 & 1 ? GATE_REFRESH : 0));
}

static void gate_write(struct port_state *p, uint8_t v)
{
	/* A rising gate starts the count again, in every mode that kernels use. */
	if (v & ~p->pit_gate & GATE_OPEN)
		p->pit_start = system_time();
	p->pit_gate = v & GATE_BITS;
}

/* ---- CMOS: the index is the hypervisor's too ---- */

static uint8_t rtc_read(const struct port_state *p)
{
	outb(p->rtc_index, PORT_RTC_INDEX);
	return inb(PORT_RTC_DATA);
}

static void rtc_write(const struct port_state *p, uint8_t v)
{
	outb(p->rtc_index, PORT_RTC_INDEX);
	outb(v, PORT_RTC_DATA);
}

/* ---- dispatch: true when the port is emulated for d ---- */

static bool read_emulated(struct domain *d, uint16_t port, uint8_t *v)
{
	struct port_state *p = &d->ports;

	if (port == PORT_PIT_CH2)
		*v = pit_read_count(p);
	else if (port == PORT_GATE)
		*v = gate_read(p);
	else if (port == PORT_RTC_INDEX && d->privileged)
		*v = p->rtc_index;
	else if (port == PORT_RTC_DATA && d->privileged)
		*v = rtc_read(p);
	else
		return false;
	return true;
}

static bool write_emulated(struct domain *d, uint16_t port, uint8_t v)
{
	struct port_state *p = &d->ports;

	if (port == PORT_PIT_CH2)
		pit_write_count(p, v);
	else if (port == PORT_PIT_CONTROL)
		pit_write_control(p, v);
	else if (port == PORT_GATE)
		gate_write(p, v);
	else if (port == PORT_RTC_INDEX && d->privileged)
		p->rtc_index = v;
	else if (port == PORT_RTC_DATA && d->privileged)
		rtc_write(p, v);
	else
		return false;
	return true;
}

static bool is_pci_data(const struct domain *d, uint16_t port, unsigned int width)
{
	return d->privileged && port >= PORT_PCI_DATA && port + width <= PORT_PCI_DATA + 4;
}

uint32_t platform_port_read(struct domain *d, uint16_t port, unsigned int width)
{
	bool emulated = false;
	uint8_t v = 0;

	if (port == PORT_PCI_ADDRESS && width == 4)
		return READ_ONCE(d->ports.pci_address);
	if (is_pci_data(d, port, width))
		return pci_raw_read(READ_ONCE(d->ports.pci_address), port & 3, width);
	if (width == 1) {
		spin_lock(&ports_lock);
		emulated = read_emulated(d, port, &v);
		spin_unlock(&ports_lock);
	}
	if (emulated)
		return v;
	if (!platform_port_allowed(d, port, width))
		return all_ones(width);
	return width == 1 ? inb(port) : width == 2 ? inw(port) : inl(port);
}

void platform_port_write(struct domain *d, uint16_t port, unsigned int width, uint32_t value)
{
	bool emulated = false;

	if (port == PORT_PCI_ADDRESS && width == 4) {
		WRITE_ONCE(d->ports.pci_address, value);
		return;
	}
	if (is_pci_data(d, port, width)) {
		pci_raw_write(READ_ONCE(d->ports.pci_address), port & 3, width, value);
		return;
	}
	if (width == 1) {
		spin_lock(&ports_lock);
		emulated = write_emulated(d, port, (uint8_t)value);
		spin_unlock(&ports_lock);
	}
	if (emulated || !platform_port_allowed(d, port, width))
		return;
	if (width == 1)
		outb((uint8_t)value, port);
	else if (width == 2)
		outw((uint16_t)value, port);
	else
		outl(value, port);
}
