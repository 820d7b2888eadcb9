/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmdtab.c
 *
 * The one table of commands.  The order is that of the list that users see; actions stand below their group.
 */
#include "socle/cmd.h"

#define GUEST      { "NAME", KIND_GUEST, false, false }
#define GUEST_MAYBE { "NAME", KIND_GUEST, true, false }
#define FLAG_JSON  { .letter = 'j', .name = "json", .help = "print JSON" }
#define FLAG_FORCE { .letter = 'f', .name = "force", .help = "without asking the guest" }
#define LIMIT(n, h) { .name = n, .value_name = "RATE[:BURST]", .help = h }

const struct command commands[] = {
	{ .name = "create", .run = cmd_create, .help = "start a guest from its description",
	  .arg = { { .name = "FILE", .kind = KIND_FILE } },
	  .flags = { { .letter = 'c', .name = "console", .help = "attach to its console at once" },
		     { .letter = 't', .name = "timing", .help = "say how long each phase took" },
		     { .letter = 'n', .name = "dry-run", .help = "check everything, make nothing" } },
	  .detail = "All or nothing: if a step fails, or Ctrl-C ends it, nothing is left." },
	{ .name = "validate", .run = cmd_validate, .help = "check descriptions, all errors at once",
	  .arg = { { .name = "FILE", .kind = KIND_FILE, .many = true } } },
	{ .name = "list", .run = cmd_list, .help = "the domains of this host", .flags = { FLAG_JSON } },
	{ .name = "info", .run = cmd_info, .help = "the host: version, CPUs, memory", .flags = { FLAG_JSON } },
	{ .name = "console", .run = cmd_console, .help = "talk to a guest's console; Ctrl-] leaves it", .arg = { GUEST } },
	{ .name = "shutdown", .run = cmd_shutdown, .help = "ask a guest to power off", .arg = { GUEST },
	  .flags = { { .letter = 'w', .name = "wait", .help = "wait until it is gone" },
		     { .name = "timeout", .value_name = "SECONDS", .help = "give up waiting after so long (default 60)" } } },
	{ .name = "reboot", .run = cmd_reboot, .help = "ask a guest to reboot", .arg = { GUEST } },
	{ .name = "destroy", .run = cmd_destroy, .help = "end a guest at once, as if its power were cut", .arg = { GUEST } },
	{ .name = "pause", .run = cmd_pause, .help = "stop a guest's CPUs", .arg = { GUEST } },
	{ .name = "unpause", .run = cmd_unpause, .help = "let a paused guest go on", .arg = { GUEST } },
	{ .name = "dmesg", .run = cmd_dmesg, .help = "the hypervisor's messages",
	  .flags = { { .letter = 'c', .name = "clear", .help = "forget them after printing" },
		     { .letter = 'f', .name = "follow", .help = "go on with those that come, until Ctrl-C" } } },
	{ .name = "sched", .run = cmd_sched, .help = "shares of the processors: show or change them",
	  .arg = { GUEST_MAYBE },
	  .flags = { { .name = "weight", .value_name = "N", .help = "its share against others (default 256)" },
		     { .name = "cap", .value_name = "PERCENT", .help = "at most so much, 100 being one CPU; 0 is no limit" },
		     { .name = "vcpu", .value_name = "N", .help = "the vCPU that --hard and --soft mean (default: all)" },
		     { .name = "hard", .value_name = "CPUS", .help = "the CPUs that it may use, such as 0-3,6 or all" },
		     { .name = "soft", .value_name = "CPUS", .help = "the CPUs that it prefers" },
		     { .name = "ratelimit", .value_name = "US", .help = "the machine's: how far ahead one may run" },
		     FLAG_JSON } },
	{ .name = "top", .run = cmd_top, .help = "what the domains do, live; q ends it",
	  .flags = { { .letter = 'b', .name = "batch", .help = "one picture after the other, as off a terminal" },
		     { .letter = 'n', .name = "count", .value_name = "N", .help = "end after so many pictures" },
		     { .letter = 'd', .name = "delay", .value_name = "SECONDS", .help = "between two pictures (default 2)" },
		     { .letter = 's', .name = "sort", .value_name = "WHAT", .help = "cpu, wait, memory, name or id",
		       .words = "cpu wait memory name id" },
		     { .letter = 'j', .name = "json", .help = "a picture is a line of JSON" } },
	  .detail = "CPU %: processor time, 100 being one CPU.  WAIT %: time that its vCPUs could have run but waited." },

	{ .name = "disk", .help = "disks of running guests" },
	{ .name = "disk attach", .run = cmd_disk_attach, .help = "give a running guest a disk",
	  .arg = { GUEST, { .name = "TARGET|FILE", .kind = KIND_FILE }, { .name = "SOURCE", .kind = KIND_FILE, .optional = true } },
	  .flags = { { .letter = 'r', .name = "readonly", .help = "the guest cannot write to it" },
		     { .letter = 'k', .name = "kernel", .help = "served by the kernel's backend" } },
	  .detail = "TARGET is xvda to xvdp, and SOURCE a file, a block device or an NBD server (nbd://HOST/EXPORT).\n"
		    "  FILE alone has a <disk> as in a guest's description." },
	{ .name = "disk detach", .run = cmd_disk_detach, .help = "ask a guest to let a disk go, and wait for that",
	  .arg = { GUEST, { .name = "TARGET", .kind = KIND_DISK } },
	  .flags = { FLAG_FORCE,
		     { .name = "timeout", .value_name = "SECONDS", .help = "give up after so long (default 30)" } } },
	{ .name = "disk list", .run = cmd_disk_list, .help = "disks of a guest or of all", .arg = { GUEST_MAYBE },
	  .flags = { FLAG_JSON } },
	{ .name = "disk resize", .run = cmd_disk_resize, .help = "tell the guest how large it is now",
	  .arg = { GUEST, { .name = "TARGET", .kind = KIND_DISK } },
	  .flags = { { .letter = 's', .name = "size", .value_name = "BYTES", .help = "make the file that large first" } } },
	{ .name = "disk limit", .run = cmd_disk_limit, .help = "change limits while it runs",
	  .arg = { GUEST, { .name = "TARGET", .kind = KIND_DISK } },
	  .flags = { LIMIT("read-bytes", "bytes a second, 0 for no limit"),
		     LIMIT("write-bytes", "the same"),
		     LIMIT("total-bytes", "the same, reads and writes together"),
		     LIMIT("read-ops", "requests a second"),
		     LIMIT("write-ops", "the same"),
		     LIMIT("total-ops", "the same, reads and writes together") } },

	{ .name = "net", .help = "network cards of running guests" },
	{ .name = "net attach", .run = cmd_net_attach, .help = "give a running guest a card; prints its number",
	  .arg = { GUEST, { .name = "PLACE|FILE", .kind = KIND_FILE } },
	  .flags = { { .name = "mac", .value_name = "ADDRESS", .help = "its address (made up when left out)" },
		     { .name = "ip", .value_name = "ADDRESS", .help = "frames from other addresses are dropped" } },
	  .detail = "PLACE is bridge:BRIDGE, network:NETWORK or ethernet.  FILE has an <interface> as in a guest's description." },
	{ .name = "net detach", .run = cmd_net_detach, .help = "ask a guest to let a card go, and wait for that",
	  .arg = { GUEST, { .name = "NUMBER", .kind = KIND_CARD } },
	  .flags = { FLAG_FORCE,
		     { .name = "timeout", .value_name = "SECONDS", .help = "give up after so long (default 30)" } } },
	{ .name = "net list", .run = cmd_net_list, .help = "cards of a guest or of all", .arg = { GUEST_MAYBE },
	  .flags = { FLAG_JSON } },
	{ .name = "net limit", .run = cmd_net_limit, .help = "change limits while it runs",
	  .arg = { GUEST, { .name = "NUMBER", .kind = KIND_CARD } },
	  .flags = { LIMIT("rx-bytes", "bytes a second to the guest, 0 for no limit"),
		     LIMIT("tx-bytes", "the same, from the guest"),
		     LIMIT("rx-frames", "frames a second to the guest"),
		     LIMIT("tx-frames", "the same, from the guest") } },
	{ .name = "net dump", .run = cmd_net_dump, .help = "a card's frames, as pcapng, until Ctrl-C",
	  .arg = { GUEST, { .name = "NUMBER", .kind = KIND_CARD, .optional = true } },
	  .flags = { { .letter = 'w', .name = "write", .value_name = "FILE", .kind = KIND_FILE,
		       .help = "write to a file, not to standard output" } } },

	{ .name = "supervise", .run = cmd_supervise, .hidden = true, .help = "start a supervisor for a guest whose was killed",
	  .arg = { GUEST } },
	{ .name = "domid", .run = cmd_domid, .help = "the domain id of a guest", .arg = { GUEST } },
	{ .name = "log", .run = cmd_log, .help = "what happened to a guest, and what its console printed",
	  .arg = { { .name = "NAME", .kind = KIND_PAST_GUEST } },
	  .flags = { { .letter = 'e', .name = "events", .help = "only what happened to it" } } },
	{ .name = "last", .run = cmd_last, .help = "how a guest ended, or all that ended",
	  .arg = { { .name = "NAME", .kind = KIND_PAST_GUEST, .optional = true } }, .flags = { FLAG_JSON },
	  .detail = "The hypervisor keeps the last 128 ends, with the registers of the vCPU." },

	{ .name = "debug", .help = "look into the hypervisor" },
	{ .name = "debug keys", .run = cmd_debug_keys, .help = "run its debug keys and print what they say; h lists them",
	  .arg = { { .name = "KEYS" } } },
	{ .name = "debug audit", .run = cmd_debug_audit,
	  .help = "count all references to frames anew; guests stand still meanwhile" },

	{ .name = "help", .run = cmd_help, .help = "this list, or one command in full",
	  .arg = { { .name = "COMMAND", .kind = KIND_COMMAND, .optional = true, .many = true } } },
};

const unsigned int nr_commands = sizeof(commands) / sizeof(commands[0]);
