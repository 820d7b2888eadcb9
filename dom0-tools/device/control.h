/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/control.h
 *
 * The words between a guest's supervisor and the worker of one of its devices: datagrams of an AF_UNIX
 * SOCK_SEQPACKET pair, one struct ctl_msg each, host byte order, descriptors attached in the order that the
 * member says.  Both ends are built from the same tree; `version` refuses a mixture.
 *
 *   supervisor                       worker
 *   SETUP  (+ descriptors)     ->
 *                              <-    DONE | FAILED
 *   CONNECT                    ->
 *                              <-    DONE | FAILED           rings mapped, ports bound, serving
 *   DISCONNECT | STOP          ->
 *                              <-    DONE                    all answered, nothing mapped (STOP: and it ends)
 *   LIMITS | RESIZE | CAPTURE  ->
 *                              <-    DONE | FAILED
 *   REFUSE                     ->                           a disk leaves its guest: what comes from now on is answered
 *                              <-    DONE                    with an error; at_once: what was taken before as well
 *   STATS                      ->
 *                              <-    STATS
 *                              <-    BROKEN                  unasked: the guest broke the protocol; nothing is served any more
 *
 * One question is outstanding at a time; each answer carries its question's `seq`.  BROKEN has seq 0.
 */
#ifndef SOCLE_DEVICE_CONTROL_H
#define SOCLE_DEVICE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#define CTL_VERSION     2u
#define CTL_QUEUES_MAX  8u
#define CTL_RING_PAGES  16u /* of one block ring: max-ring-page-order 4 */
#define CTL_FDS_MAX     16u
#define CTL_TEXT_MAX    200u

enum ctl_what {
	CTL_SETUP = 1, CTL_CONNECT, CTL_DISCONNECT, CTL_STOP, CTL_LIMITS, CTL_RESIZE, CTL_CAPTURE, CTL_STATS, CTL_REFUSE,
	CTL_DONE = 64, CTL_FAILED, CTL_BROKEN,
};

/* A token bucket: `rate` a second (0: no limit), at most `burst` saved up (0: a tenth of a second's worth). */
struct ctl_bucket {
	uint64_t rate, burst;
};

/* Indices of limits[]: what a disk has, and what a card has (rx, tx as the guest says it). */
enum { CTL_LIMIT_READ_BYTES, CTL_LIMIT_WRITE_BYTES, CTL_LIMIT_TOTAL_BYTES,
       CTL_LIMIT_READ_OPS, CTL_LIMIT_WRITE_OPS, CTL_LIMIT_TOTAL_OPS, CTL_LIMIT_COUNT };
enum { CTL_LIMIT_RX_BYTES, CTL_LIMIT_TX_BYTES, CTL_LIMIT_RX_FRAMES, CTL_LIMIT_TX_FRAMES };

/*
 * Descriptors: gntdev, evtchn, journal (a file of /run, blkd sizes it), then the image through the page cache and, if
 * has_direct, the image opened with O_DIRECT. With `nbd` the one after the journal is a connected socket whose
 * handshake the worker makes (libnbd).  With `none` there is no descriptor after the journal: the image cannot be had, and the
 * worker answers every request with an error.
 */
struct ctl_setup_disk {
	uint64_t sectors;             /* of 512 bytes; 0: the worker finds out (nbd) */
	uint32_t sector_size;         /* 512 or 4096: what the guest is told */
	uint32_t physical_sector_size;
	bool readonly, has_direct, can_discard, nbd, none;
	char nbd_export[128];
};

/* Descriptors: gntdev, evtchn, journal, then `queues` tap queues opened with IFF_VNET_HDR | IFF_MULTI_QUEUE, non-blocking. */
struct ctl_setup_net {
	uint32_t queues;
	uint32_t mtu;
	uint8_t mac[6];
	bool filter_mac, filter_ip;   /* frames from the guest with other source addresses are dropped */
	uint32_t nr_ip4, nr_ip6;
	uint32_t ip4[8];              /* network byte order */
	uint8_t ip6[8][16];
};

struct ctl_setup {
	uint16_t domid;
	uint32_t devid, uid;
	struct ctl_bucket limit[CTL_LIMIT_COUNT];
	union {
		struct ctl_setup_disk disk;
		struct ctl_setup_net net;
	};
};

struct ctl_connect {
	bool resume;                  /* the rings are live: go on from the journal */
	uint32_t queues;
	union {
		struct {
			bool persistent;
			uint32_t ring_pages;  /* of each queue: a power of two */
			struct {
				uint32_t ref[CTL_RING_PAGES];
				uint32_t port;
			} queue[CTL_QUEUES_MAX];
		} disk;
		struct {
			/* What the frontend can take from us. */
			bool rx_copy, sg, gso4, gso6, csum4, csum6, multicast_control;
			uint32_t ctrl_ref, ctrl_port;  /* both 0: no control ring */
			struct {
				uint32_t tx_ref, rx_ref, tx_port, rx_port; /* equal when not split */
			} queue[CTL_QUEUES_MAX];
		} net;
	};
};

/* Counters since SETUP, of this worker only; the supervisor adds up over restarts. */
struct ctl_stats {
	uint64_t reads, writes, flushes, discards, read_bytes, write_bytes;
	uint64_t rx_frames, tx_frames, rx_bytes, tx_bytes, rx_dropped, tx_dropped, spoofed;
	uint64_t errors;    /* of the image or tap */
	uint64_t refused;   /* requests of the guest that were wrong */
	uint64_t throttled; /* times a limit made it wait */
};

struct ctl_done {
	uint64_t sectors;   /* SETUP and RESIZE of a disk: how large it is now */
	uint32_t error;     /* FAILED: errno */
	char text[CTL_TEXT_MAX]; /* FAILED, BROKEN: why, for the log and the operator */
};

struct ctl_msg {
	uint32_t version, what;
	uint64_t seq;
	union {
		struct ctl_setup setup;
		struct ctl_connect connect;
		struct ctl_bucket limit[CTL_LIMIT_COUNT];
		bool at_once;             /* REFUSE */
		bool capture;             /* CAPTURE: true with one descriptor to write pcapng to; false ends it */
		struct ctl_stats stats;
		struct ctl_done done;
	};
};

#endif /* SOCLE_DEVICE_CONTROL_H */
