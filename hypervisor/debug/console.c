/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console devices: a 16550 UART (polled output, interrupt-driven input) and the VGA text screen. Until the
 * command line is known output only fills the log ring; console_configure() then opens what the options
 * name and replays it. Output never blocks for long: a UART that does not drain loses bytes. Input goes into
 * a ring that dom0 reads with console_io after VIRQ_CONSOLE; when it is full new bytes are dropped. Ctrl-A
 * three times gives the input to the debug keys instead.
 */
#include <string.h>
#include <abi/xen.h>
#include "asm/io.h"
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "debug/console.h"
#include "debug/keys.h"
#include "debug/log.h"
#include "evtchn/evtchn.h"
#include "irq/irq.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"

/* 16550 registers (PC16550D data sheet, table II). */
#define UART_DATA	0
#define UART_IER	1
#define UART_DLL	0		/* with LCR_DLAB */
#define UART_DLM	1
#define UART_IIR	2
#define UART_FCR	2
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5
#define UART_SCRATCH	7
#define IER_RX		0x01
#define FCR_ENABLE_CLEAR 0x07
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define MCR_DTR_RTS_OUT2 0x0b		/* OUT2 gates the interrupt line on PCs */
#define LSR_RX_READY	0x01
#define LSR_TX_EMPTY	0x20
#define LSR_ALL_SENT	0x40
#define UART_CLOCK_BAUD	115200
#define COM1_IRQ	4
#define COM3_PORT	0x3e8
#define COM1_PORT	0x3f8

#define TX_SPINS	200000		/* port reads take about 1 us: far more than a byte time at 50 baud */
#define RX_SIZE		1024u		/* a power of two */

#define VGA_PADDR	0xb8000
#define VGA_COLS	80
#define VGA_ROWS	25
#define VGA_ATTR	0x0700

#define ESCAPE_KEY	0x01		/* Ctrl-A */
#define ESCAPE_TIMES	3u

static bool configured, uart_on, vga_on;
static uint16_t uart;
static volatile uint16_t *vga;
static unsigned int vga_x, vga_y;

static char rx_ring[RX_SIZE];
static uint32_t rx_produced, rx_consumed;
static unsigned int escapes;		/* rx_lock: how many escape keys came in a row */
static bool keys_are_ours;		/* rx_lock: input goes to the debug keys, not to dom0 */
static struct spinlock rx_lock = SPINLOCK_INIT(RANK_CONSOLE);

/* ---- UART ---- */

static bool uart_open(uint16_t port, uint32_t baud)
{
	uint16_t divisor = (uint16_t)(UART_CLOCK_BAUD / baud);

	/* An absent port reads as all ones. */
	outb(0x5a, port + UART_SCRATCH);
	if (inb(port + UART_SCRATCH) != 0x5a)
		return false;
	outb(0, port + UART_IER);
	outb(LCR_8N1 | LCR_DLAB, port + UART_LCR);
	outb((uint8_t)divisor, port + UART_DLL);
	outb((uint8_t)(divisor >> 8), port + UART_DLM);
	outb(LCR_8N1, port + UART_LCR);
	outb(FCR_ENABLE_CLEAR, port + UART_FCR);
	outb(MCR_DTR_RTS_OUT2, port + UART_MCR);
	uart = port;
	return true;
}

static void uart_put(char c)
{
	for (unsigned int i = 0; i < TX_SPINS; i++) {
		if (inb(uart + UART_LSR) & LSR_TX_EMPTY) {
			outb((uint8_t)c, uart + UART_DATA);
			return;
		}
	}
}

/* Three escape keys in a row give the keyboard to the hypervisor, or back to dom0, which sees the first two. */
static bool switches_input(char c)
{
	escapes = c == ESCAPE_KEY ? escapes + 1 : 0;
	if (escapes < ESCAPE_TIMES)
		return false;
	escapes = 0;
	keys_are_ours = !keys_are_ours;
	printk("Keys go to %s. Ctrl-A three times switches.\n",
	       keys_are_ours ? "the hypervisor, where h lists them" : "domain 0");
	return true;
}

/* True when dom0 has something to read. */
static bool receive_char(char c)
{
	if (switches_input(c))
		return false;
	if (keys_are_ours) {
		if (c != ESCAPE_KEY && c != '\r' && c != '\n')
			(void)debug_key_press(c);
		return false;
	}
	if (rx_produced - rx_consumed == RX_SIZE)
		return false;
	rx_ring[rx_produced++ % RX_SIZE] = c;
	return true;
}

static void uart_receive(void *arg)
{
	bool got = false;

	(void)arg;
	spin_lock(&rx_lock);
	/* Reading the identification register ends the interrupt conditions that data reads do not. */
	(void)inb(uart + UART_IIR);
	for (unsigned int i = 0; i < 256 && inb(uart + UART_LSR) & LSR_RX_READY; i++)
		got |= receive_char((char)inb(uart + UART_DATA));
	spin_unlock(&rx_lock);
	if (got)
		virq_raise_global(VIRQ_CONSOLE);
}

static uint32_t uart_gsi(void)
{
	return irq_isa_to_gsi(uart == COM1_PORT || uart == COM3_PORT ? COM1_IRQ : COM1_IRQ - 1, NULL);
}

bool console_owns_uart(uint16_t *first_port, uint16_t *last_port, uint32_t *gsi)
{
	if (!uart_on)
		return false;
	*first_port = uart;
	*last_port = uart + 7;
	*gsi = uart_gsi();
	return true;
}

/* ---- VGA text ---- */

static void vga_scroll(void)
{
	for (unsigned int i = 0; i < VGA_COLS * (VGA_ROWS - 1); i++)
		vga[i] = vga[i + VGA_COLS];
	for (unsigned int i = 0; i < VGA_COLS; i++)
		vga[VGA_COLS * (VGA_ROWS - 1) + i] = VGA_ATTR | ' ';
}

static void vga_put(char c)
{
	if (c == '\r') {
		vga_x = 0;
		return;
	}
	if (c != '\n')
		vga[vga_y * VGA_COLS + vga_x++] = VGA_ATTR | (uint8_t)c;
	if (c == '\n' || vga_x == VGA_COLS) {
		vga_x = 0;
		if (++vga_y == VGA_ROWS) {
			vga_scroll();
			vga_y--;
		}
	}
}

static void vga_open(uint64_t va)
{
	vga = (volatile uint16_t *)va;
	for (unsigned int i = 0; i < VGA_COLS * VGA_ROWS; i++)
		vga[i] = VGA_ATTR | ' ';
	vga_x = vga_y = 0;
	vga_on = true;
}

void console_remap(void)
{
	if (vga_on)
		vga = ioremap(VGA_PADDR, 2 * VGA_COLS * VGA_ROWS);
}

void console_release_vga(void)
{
	vga_on = false;
}

/* ---- both ---- */

void console_early_init(void)
{
	configured = uart_on = vga_on = false;
}

/* "com1,vga": any order, comma-separated. */
static bool wants(const char *name)
{
	const char *s = options.console;
	size_t n = strlen(name);

	for (;;) {
		if (!strncmp(s, name, n) && (s[n] == ',' || !s[n]))
			return true;
		s = strchr(s, ',');
		if (!s)
			return false;
		s++;
	}
}

void console_configure(void)
{
	if (configured)
		return;
	configured = true;
	if (wants("com1"))
		uart_on = uart_open(options.com1_port, options.com1_baud);
	/* EFI firmware leaves a graphics mode: there is no text screen then. */
	if (wants("vga") && !bootinfo.efi && !bootinfo.fb.present)
		vga_open(DIRECTMAP_VIRT + VGA_PADDR);
	log_replay();
	if (wants("com1") && !uart_on)
		printk("console: no UART at port %x\n", options.com1_port);
}

void console_irq_init(void)
{
	int err;

	if (!uart_on)
		return;
	err = irq_request_isa(uart_gsi() == irq_isa_to_gsi(COM1_IRQ, NULL) ? COM1_IRQ : COM1_IRQ - 1,
			      uart_receive, NULL);
	if (err) {
		printk("console: no interrupt for the UART (error %d): no input\n", err);
		return;
	}
	outb(IER_RX, uart + UART_IER);
}

void console_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (uart_on) {
			if (s[i] == '\n')
				uart_put('\r');
			uart_put(s[i]);
		}
		if (vga_on)
			vga_put(s[i]);
	}
}

void console_drain(void)
{
	for (unsigned int i = 0; uart_on && i < TX_SPINS && !(inb(uart + UART_LSR) & LSR_ALL_SENT); i++)
		;
}

size_t console_read(char *buf, size_t len)
{
	size_t n = 0;

	spin_lock(&rx_lock);
	while (n < len && rx_consumed != rx_produced)
		buf[n++] = rx_ring[rx_consumed++ % RX_SIZE];
	spin_unlock(&rx_lock);
	return n;
}
