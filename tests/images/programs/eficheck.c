/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/images/programs/eficheck.c
 *
 * Does the hypervisor call EFI's runtime services as dom0 asks, and refuse what it must? By the hypercall itself, beside efivarfs, which
 * uses a few of them. Prints "BATCH ok WHAT" and "BATCH fail WHAT: WHY", as tests/system/machine.bash reads them; root of dom0 runs it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <abi/linux/privcmd.h>
#include <abi/platform.h>
#include <abi/xen.h>

#define EFI_ERROR(n)		(1ull << 63 | (n))
#define EFI_BUFFER_TOO_SMALL	EFI_ERROR(5)
#define EFI_NOT_FOUND		EFI_ERROR(14)
#define EFI_ABORTED		EFI_ERROR(21)
#define KEPT			7u	/* UEFI 2.10, 8.2.1: kept without power, for boot and for run time; no other can be made at run time */
#define RUNTIME_TABLE		0x56524553544e5552ull	/* "RUNTSERV" */
/* In that table, in words: UEFI 2.10, 4.5.1. */
#define AT_GET_VARIABLE		9
#define AT_GET_COUNT		12
#define ACPI_TABLES		9	/* UEFI 2.10, 7.2.1: memory that holds ACPI's tables, and nothing else */
#define PAGE			4096u
#define SMALL			(32ull << 20)	/* larger ones are windows of devices */

/* What the hypervisor reads and writes: always there, and in one piece. */
static struct {
	struct xen_platform_op op;
	uint16_t name[1024], endless[2048];
	uint8_t data[2 * PAGE];
} *area;
static int privcmd;

/* {5ec0de01-...}: nobody else's. */
static const struct xenpf_efi_guid ours = { 0x5ec0de01, 0x50c1, 0xe0ef, { 1, 2, 3, 4, 5, 6, 7, 8 } };

static void verdict(int good, const char *what, const char *why, uint64_t number)
{
	if (good)
		printf("BATCH ok %s\n", what);
	else
		printf("BATCH fail %s: %s %#llx\n", what, why, (unsigned long long)number);
	fflush(stdout);
}

static struct xenpf_efi_runtime_call *fresh(uint32_t function)
{
	memset(&area->op, 0, sizeof(area->op));
	area->op.cmd = XENPF_efi_runtime_call;
	area->op.interface_version = XENPF_INTERFACE_VERSION;
	area->op.u.efi_runtime_call.function = function;
	return &area->op.u.efi_runtime_call;
}

/* 0, or the errno of the hypercall. */
static int call(void)
{
	struct privcmd_hypercall h = { .op = __HYPERVISOR_platform_op, .arg = { (uintptr_t)&area->op } };

	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &h) < 0 ? errno : 0;
}

static void name(const char *text)
{
	size_t i = 0;

	do
		area->name[i] = (uint8_t)text[i];
	while (text[i++]);
}

/* The firmware's answer to a write of area->data, or the errno. */
static uint64_t set(const char *text, uint64_t size, uint32_t attributes)
{
	struct xenpf_efi_runtime_call *c = fresh(XEN_EFI_set_variable);
	int err;

	name(text);
	c->misc = attributes;
	c->u.set_variable.name = (uintptr_t)area->name;
	c->u.set_variable.size = size;
	c->u.set_variable.data = (uintptr_t)area->data;
	c->u.set_variable.vendor_guid = ours;
	err = call();
	return err ? (uint64_t)err : c->status;
}

static uint64_t get(const char *text, uint64_t room, uint64_t *size)
{
	struct xenpf_efi_runtime_call *c = fresh(XEN_EFI_get_variable);
	int err;

	name(text);
	c->u.get_variable.name = (uintptr_t)area->name;
	c->u.get_variable.size = room;
	c->u.get_variable.data = (uintptr_t)area->data;
	c->u.get_variable.vendor_guid = ours;
	err = call();
	*size = c->u.get_variable.size;
	return err ? (uint64_t)err : c->status;
}

static void check_time(void)
{
	struct xenpf_efi_runtime_call *c = fresh(XEN_EFI_get_time);
	int err = call();
	struct tm tm = { .tm_year = c->u.get_time.time.year - 1900, .tm_mon = c->u.get_time.time.month - 1, .tm_mday = c->u.get_time.time.day,
		.tm_hour = c->u.get_time.time.hour, .tm_min = c->u.get_time.time.min, .tm_sec = c->u.get_time.time.sec };
	int64_t off = timegm(&tm) - time(NULL);

	verdict(!err && !c->status, "the firmware tells the time", "status", err ? (uint64_t)err : c->status);
	verdict(off > -300 && off < 300, "it is dom0's time", "seconds off", (uint64_t)off);
	c = fresh(XEN_EFI_get_time);
	c->misc = 1;
	err = call();
	verdict(err == EINVAL, "a bit that get_time does not know is refused", "errno", (uint64_t)err);
}

static void check_variable(void)
{
	static const char said[] = "what was written";
	uint64_t size, status;

	memcpy(area->data, said, sizeof(said));
	status = set("SocleCheck", sizeof(said), KEPT);
	verdict(!status, "a variable is written", "status", status);
	memset(area->data, 0, sizeof(area->data));
	status = get("SocleCheck", PAGE, &size);
	verdict(!status && size == sizeof(said) && !memcmp(area->data, said, sizeof(said)), "it is read as it was written", "status", status);
	verdict(area->op.u.efi_runtime_call.misc == KEPT, "with its attributes", "attributes", area->op.u.efi_runtime_call.misc);
	memset(area->data, 0xee, sizeof(area->data));
	status = get("SocleCheck", 3, &size);
	verdict(status == EFI_BUFFER_TOO_SMALL && size == sizeof(said) && area->data[0] == 0xee, "a buffer that is too small is told its size", "status", status);
	status = get("SocleCheck", ~0ull, &size);
	verdict(!status && size == sizeof(said) && area->data[sizeof(said)] == 0xee, "a size beyond all measure is none", "status", status);
	status = set("SocleCheck", 0, 0);
	verdict(!status, "it is removed", "status", status);
	status = get("SocleCheck", PAGE, &size);
	verdict(status == EFI_NOT_FOUND, "and gone", "status", status);
}

static void check_names(void)
{
	struct xenpf_efi_runtime_call *c;
	struct xenpf_efi_guid guid = { 0 };
	unsigned int n = 0, boot = 0;
	uint64_t status;

	name("");
	do {
		int err;

		c = fresh(XEN_EFI_get_next_variable_name);
		c->u.get_next_variable_name.size = sizeof(area->name);
		c->u.get_next_variable_name.name = (uintptr_t)area->name;
		c->u.get_next_variable_name.vendor_guid = guid;
		err = call();
		status = err ? (uint64_t)err : c->status;
		guid = c->u.get_next_variable_name.vendor_guid;
		boot += !memcmp(area->name, u"BootOrder", sizeof(u"BootOrder"));
	} while (!status && ++n < 1000);
	verdict(status == EFI_NOT_FOUND && n > 5 && boot == 1, "all names are listed, BootOrder among them", "how many", n);
	c = fresh(XEN_EFI_query_variable_info);
	c->u.query_variable_info.attr = KEPT;
	status = (uint64_t)call();
	verdict(!status && !c->status && c->u.query_variable_info.remain_store_size &&
		c->u.query_variable_info.remain_store_size <= c->u.query_variable_info.max_store_size, "the room for variables is known", "status", c->status);
}

/* The firmware's map, as newer kernels ask for it: they take no table (ACPI, SMBIOS) that is not where the hypervisor left memory alone. */
static int memory_at(uint64_t addr, uint64_t *size)
{
	union xenpf_efi_info *info = &area->op.u.firmware_info.u.efi_info;
	int err;

	memset(&area->op, 0, sizeof(area->op));
	area->op.cmd = XENPF_firmware_info;
	area->op.interface_version = XENPF_INTERFACE_VERSION;
	area->op.u.firmware_info.type = XEN_FW_EFI_INFO;
	area->op.u.firmware_info.index = XEN_FW_EFI_MEM_INFO;
	info->mem.addr = addr;
	info->mem.size = ~0ull - addr;
	err = call();
	*size = info->mem.size;
	return err ? -err : (int)info->mem.type;
}

static void check_memory(void)
{
	FILE *systab = fopen("/sys/firmware/efi/systab", "r");
	unsigned long long acpi = 0;
	uint64_t size = 0;
	char line[128];
	int type;

	while (systab && fgets(line, sizeof(line), systab))
		sscanf(line, "ACPI20=%llx", &acpi);
	if (systab)
		fclose(systab);
	type = memory_at(acpi, &size);
	verdict(acpi && type == ACPI_TABLES && size && size < SMALL, "the firmware's memory map has ACPI's tables", "type", (uint64_t)(int64_t)type);
	type = memory_at(1ull << 51, &size);
	verdict(type == -ESRCH, "and knows where it ends", "type", (uint64_t)(int64_t)type);
}

static void check_refused(void)
{
	struct xenpf_efi_runtime_call *c;
	uint64_t size;
	int err;

	fresh(99);
	err = call();
	verdict(err == ENOSYS, "an unknown service is refused", "errno", (uint64_t)err);
	fresh(XEN_EFI_update_capsule);
	err = call();
	verdict(err == ENOSYS, "capsules are refused", "errno", (uint64_t)err);
	for (size_t i = 0; i < sizeof(area->endless) / sizeof(area->endless[0]); i++)
		area->endless[i] = 'x';
	c = fresh(XEN_EFI_get_variable);
	c->u.get_variable.name = (uintptr_t)area->endless;
	err = call();
	verdict(err == EINVAL, "a name without an end is refused", "errno", (uint64_t)err);
	c = fresh(XEN_EFI_get_variable);
	c->u.get_variable.name = 0xffff830000000000ull;
	err = call();
	verdict(err == EFAULT, "a name in the hypervisor's memory is refused", "errno", (uint64_t)err);
	size = set("SocleCheck", 65537, KEPT);
	verdict(size == EFI_ERROR(9), "data beyond 64 KiB are refused", "status", size);
}

static uint64_t *map_page(int mem, uint64_t at)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, (off_t)at);

	return p == MAP_FAILED ? NULL : p;
}

/* What a page says of a service, if the table is in it. */
static uint64_t in_table(int mem, uint64_t at, unsigned int service)
{
	uint64_t *page = map_page(mem, at), found = 0;

	for (unsigned int i = 0; page && i + service < PAGE / 8 && !found; i++)
		if (page[i] == RUNTIME_TABLE)
			found = page[i + service];
	if (page)
		munmap(page, PAGE);
	return found;
}

/* Where the firmware's code for a service is: in its table, somewhere in memory that is reserved. */
static uint64_t firmware_code(int mem, unsigned int service)
{
	FILE *map = fopen("/proc/iomem", "r");
	unsigned long long first, last;
	uint64_t found = 0;
	char line[256];

	while (map && !found && fgets(line, sizeof(line), map)) {
		if (line[0] == ' ' || sscanf(line, "%llx-%llx : Reserved", &first, &last) != 2 || !strstr(line, "Reserved") || first < 1 << 20 || last - first > SMALL)
			continue;
		for (uint64_t at = first & -(uint64_t)PAGE; at < last && !found; at += PAGE)
			found = in_table(mem, at, service);
	}
	if (map)
		fclose(map);
	return found;
}

/* A breakpoint that a program of dom0's has on an address which is the firmware's code as well: it must not strike there. */
static void check_breakpoint(int mem)
{
	uint64_t at = firmware_code(mem, AT_GET_VARIABLE), size;
	int status = -1;
	pid_t child;

	verdict(at, "the firmware's code is found", "in /dev/mem, errno", (uint64_t)errno);
	if (!at)
		return;
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(get("BootOrder", PAGE, &size) == EFI_NOT_FOUND ? 0 : 1);
	}
	waitpid(child, &status, 0);
	verdict(!ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[0]), at) &&
		!ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[7]), 1), "a breakpoint is set there", "errno", (uint64_t)errno);
	ptrace(PTRACE_CONT, child, 0, 0);
	waitpid(child, &status, 0);
	verdict(WIFEXITED(status) && !WEXITSTATUS(status), "and does not strike in the firmware", "wait status", (uint64_t)status);
}

/* Firmware that does what no CPU can: the call ends, the machine goes on without the firmware. Nothing of it can be tried after this. */
static void check_fault(int mem)
{
	static const uint8_t undefined[] = { 0x0f, 0x0b };
	uint64_t at = firmware_code(mem, AT_GET_COUNT);
	struct xenpf_efi_runtime_call *c;
	int err;

	uint8_t *page = at ? (uint8_t *)map_page(mem, at & -(uint64_t)PAGE) : NULL;

	verdict(page != NULL, "an instruction of the firmware is spoilt", "errno", (uint64_t)errno);
	if (!page)
		return;
	memcpy(page + at % PAGE, undefined, sizeof(undefined));
	c = fresh(XEN_EFI_get_next_high_monotonic_count);
	err = call();
	verdict(!err && c->status == EFI_ABORTED, "firmware that faults has failed, and that is all", "status", err ? (uint64_t)err : c->status);
	fresh(XEN_EFI_get_time);
	err = call();
	verdict(err == ENOSYS, "it is not called again", "errno", (uint64_t)err);
}

int main(void)
{
	int mem = open("/dev/mem", O_RDWR | O_CLOEXEC);

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	area = mmap(NULL, sizeof(*area), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (mem < 0 || privcmd < 0 || area == MAP_FAILED || mlockall(MCL_CURRENT | MCL_FUTURE)) {
		verdict(0, "eficheck begins", strerror(errno), 0);
		return 1;
	}
	check_time();
	check_names();
	check_variable();
	check_memory();
	check_refused();
	check_breakpoint(mem);
	check_fault(mem);
	return 0;
}
