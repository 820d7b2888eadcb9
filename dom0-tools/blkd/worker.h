/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/worker.h
 *
 * blkd as a worker (docs/devices.md): all that it knows comes over the control socket, and nothing is open to it but
 * what came with SETUP.
 */
#ifndef SOCLE_BLKD_WORKER_H
#define SOCLE_BLKD_WORKER_H

/*
 * Until STOP, or until the supervisor is gone.  The exit code: 0 when nothing is in flight, 1 when a successor has to go on
 * from the journal.
 */
int blk_worker_run(int control_fd);

#endif /* SOCLE_BLKD_WORKER_H */
