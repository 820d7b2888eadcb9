/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmdtab.c
 *
 * The one table of commands.  Positions of flags are what the commands' files refer to.
 */
#include "socle/cmd.h"

const struct command commands[] = {
	{ .name = "create", .args = "FILE", .min_args = 1, .max_args = 1, .run = cmd_create,
	  .help = "start a guest from its description",
	  .flags = { { 'c', "console", NULL, "attach to its console at once" },
		     { 't', "timing", NULL, "say how long each phase took" },
		     { 'n', "dry-run", NULL, "check everything, make nothing" } },
	  .detail = "All or nothing: if a step fails, or Ctrl-C ends it, nothing is left." },
	{ .name = "validate", .args = "FILE...", .min_args = 1, .max_args = 1000,
	  .run = cmd_validate, .help = "check descriptions, all errors at once" },
	{ .name = "list", .args = "", .run = cmd_list, .help = "the domains of this host",
	  .flags = { { 'j', "json", NULL, "print JSON" } } },
	{ .name = "info", .args = "", .run = cmd_info, .help = "the host: version, CPUs, memory",
	  .flags = { { 'j', "json", NULL, "print JSON" } } },
	{ .name = "console", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_console,
	  .help = "talk to a guest's console; Ctrl-] leaves it" },
	{ .name = "shutdown", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_shutdown,
	  .help = "ask a guest to power off",
	  .flags = { { 'w', "wait", NULL, "wait until it is gone" },
		     { 0, "timeout", "SECONDS", "give up waiting after so long (default 60)" } } },
	{ .name = "reboot", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_reboot,
	  .help = "ask a guest to reboot" },
	{ .name = "destroy", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_destroy,
	  .help = "end a guest at once, as if its power were cut" },
	{ .name = "pause", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_pause,
	  .help = "stop a guest's CPUs" },
	{ .name = "unpause", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_unpause,
	  .help = "let a paused guest go on" },
	{ .name = "dmesg", .args = "", .run = cmd_dmesg, .help = "the hypervisor's messages",
	  .flags = { { 'c', "clear", NULL, "forget them after printing" },
		     { 'f', "follow", NULL, "go on with those that come, until Ctrl-C" } } },
	{ .name = "sched", .args = "[NAME]", .max_args = 1, .run = cmd_sched,
	  .help = "shares of the processors: show or change them",
	  .flags = { { 0, "weight", "N", "its share against others (default 256)" },
		     { 0, "cap", "PERCENT", "at most so much, 100 being one CPU; 0 is no limit" },
		     { 0, "vcpu", "N", "the vCPU that --hard and --soft mean (default: all)" },
		     { 0, "hard", "CPUS", "the CPUs that it may use, such as 0-3,6 or all" },
		     { 0, "soft", "CPUS", "the CPUs that it prefers" },
		     { 0, "ratelimit", "US", "the machine's: how far ahead one may run" },
		     { 'j', "json", NULL, "print JSON" } } },
	{ .name = "top", .args = "", .run = cmd_top,
	  .help = "what the domains do, live; q ends it",
	  .flags = { { 'b', "batch", NULL, "one picture after the other, as off a terminal" },
		     { 'n', "count", "N", "end after so many pictures" },
		     { 'd', "delay", "SECONDS", "between two pictures (default 2)" },
		     { 's', "sort", "WHAT", "cpu, wait, memory, name or id" },
		     { 'j', "json", NULL, "a picture is a line of JSON" } },
	  .detail = "CPU %: processor time, 100 being one CPU.  WAIT %: time that its vCPUs could "
		    "have run but waited." },
	{ .name = "disk", .args = "ACTION ...", .min_args = 1, .max_args = 9, .run = cmd_disk,
	  .help = "disks of running guests",
	  .flags = { { 'r', "readonly", NULL, "attach: the guest cannot write to it" },
		     { 'k', "kernel", NULL, "attach: served by the kernel's backend" },
		     { 'f', "force", NULL, "detach: without asking the guest" },
		     { 0, "timeout", "SECONDS", "detach: give up after so long (default 30)" },
		     { 's', "size", "BYTES", "resize: make the file that large first" },
		     { 'j', "json", NULL, "list: print JSON" },
		     { 0, "read-bytes", "RATE[:BURST]", "limit: bytes a second, 0 for none" },
		     { 0, "write-bytes", "RATE[:BURST]", "the same" },
		     { 0, "total-bytes", "RATE[:BURST]", "the same, reads and writes together" },
		     { 0, "read-ops", "RATE[:BURST]", "limit: requests a second" },
		     { 0, "write-ops", "RATE[:BURST]", "the same" },
		     { 0, "total-ops", "RATE[:BURST]", "the same" } },
	  .detail = "attach NAME TARGET SOURCE   SOURCE is a file, a block device or an NBD server (nbd://HOST/EXPORT)\n"
		    "  attach NAME FILE.xml        a <disk> as in a guest's description\n"
		    "  detach NAME TARGET          the guest is asked to let it go\n"
		    "  list [NAME]\n"
		    "  resize NAME TARGET          tell the guest how large it is now\n"
		    "  limit NAME TARGET           change limits while it runs" },
	{ .name = "net", .args = "ACTION ...", .min_args = 1, .max_args = 9, .run = cmd_net,
	  .help = "network cards of running guests",
	  .flags = { { 0, "mac", "ADDRESS", "attach: its address (made up when left out)" },
		     { 0, "ip", "ADDRESS", "attach: frames from other addresses are dropped" },
		     { 'f', "force", NULL, "detach: without asking the guest" },
		     { 0, "timeout", "SECONDS", "detach: give up after so long (default 30)" },
		     { 'j', "json", NULL, "list: print JSON" },
		     { 'w', "write", "FILE", "dump: write to a file, not to standard output" },
		     { 0, "rx-bytes", "RATE[:BURST]", "limit: bytes a second to the guest, 0 for none" },
		     { 0, "tx-bytes", "RATE[:BURST]", "the same, from the guest" },
		     { 0, "rx-frames", "RATE[:BURST]", "limit: frames a second to the guest" },
		     { 0, "tx-frames", "RATE[:BURST]", "the same, from the guest" } },
	  .detail = "attach NAME bridge:BRIDGE|network:NETWORK|ethernet\n"
		    "  attach NAME FILE.xml        an <interface> as in a guest's description\n"
		    "                              prints the card's number\n"
		    "  detach NAME NUMBER          the guest is asked to let it go\n"
		    "  list [NAME]\n"
		    "  limit NAME NUMBER           change limits while it runs\n"
		    "  dump NAME [NUMBER]          its frames, as pcapng, until Ctrl-C" },
	{ .name = "supervise", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_supervise, .hidden = true,
	  .help = "start a supervisor for a guest whose was killed" },
	{ .name = "domid", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_domid,
	  .help = "the domain id of a guest" },
	{ .name = "log", .args = "NAME", .min_args = 1, .max_args = 1, .run = cmd_log,
	  .help = "what happened to a guest, and what its console printed",
	  .flags = { { 'e', "events", NULL, "only what happened to it" } } },
	{ .name = "last", .args = "[NAME]", .max_args = 1, .run = cmd_last,
	  .help = "how a guest ended, or all that ended",
	  .flags = { { 'j', "json", NULL, "print JSON" } },
	  .detail = "The hypervisor keeps the last 128 ends, with the registers of the vCPU." },
	{ .name = "debug", .args = "keys KEYS|audit", .min_args = 1, .max_args = 2, .run = cmd_debug,
	  .help = "look into the hypervisor",
	  .detail = "keys KEYS   run the hypervisor's debug keys and print what they say; h lists "
		    "them\n  audit       count all references to frames anew; guests stand "
		    "still meanwhile" },
	{ .name = "help", .args = "[COMMAND]", .max_args = 1, .run = cmd_help,
	  .help = "this list, or one command in full" },
};

const unsigned int nr_commands = sizeof(commands) / sizeof(commands[0]);
