/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/device_worker.h
 *
 * The worker of a device: what it is given, when it is tried again, what its end means.  For device.c, which knows what it is wanted for.
 */
#ifndef SOCLE_DEVICE_DEVICE_WORKER_H
#define SOCLE_DEVICE_DEVICE_WORKER_H

#include "device/device.h"

/* A line of the guest's log; SAID is of interest to its readers only (device.c). */
__attribute__((format(printf, 4, 5)))
void device_tell(const struct device *d, const struct device_host *h, enum device_event what, const char *fmt, ...);
#define device_say(d, h, ...) device_tell(d, h, DEVICE_SAID, __VA_ARGS__)

/* Whose fault it is that something was not done: nobody's (later), the frontend's, ours. */
enum outcome { OUT_DONE, OUT_LATER, OUT_FRONT, OUT_OURS };

/* A worker that is set up: OUT_DONE, or OUT_LATER with a time, or OUT_OURS with the error.  heir: it goes on with what another began. */
enum outcome device_worker_need(struct device *d, const struct device_host *h, bool heir, struct socle_error *e);
/* Ask the worker for what cannot be its fault to refuse; a refusal is the frontend's, silence and death the worker's. */
enum outcome device_worker_order(struct device *d, const struct device_host *h, struct ctl_msg *q, struct ctl_msg *a,
				 struct socle_error *e);
/* It ended unasked, fell silent or spoke nonsense.  OUT_LATER while it is worth another try. */
enum outcome device_worker_mourn(struct device *d, const struct device_host *h, struct socle_error *e);
/* There is none any more. */
void device_worker_drop(struct device *d, bool orderly);

/* --- the steps of device_worker_need(), for a worker without an image ------------------------------- */

/* What every worker gets: fds[0..*n), to be closed by the caller whatever the answer. */
int device_handles_open(struct device *d, const struct device_host *h, bool heir, int *fds, unsigned int *n, struct socle_error *e);
enum outcome device_worker_set_up(struct device *d, const struct device_host *h, const int *fds, unsigned int n, struct socle_error *e);
/* Of the requests that a worker has taken and not answered. */
void device_journal_path(const struct device *d, const struct device_host *h, char *out, size_t size);

#endif /* SOCLE_DEVICE_DEVICE_WORKER_H */
