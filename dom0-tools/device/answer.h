/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/answer.h
 *
 * The worker's end of the control socket (device/control.h).
 */
#ifndef SOCLE_DEVICE_ANSWER_H
#define SOCLE_DEVICE_ANSWER_H

#include "device/control.h"
#include "libsocle/error.h"

/*
 * The next question; its descriptors are the caller's then, *n of them, close-on-exec.  1; 0 when there is none just now;
 * -1 when there will be no more: the supervisor is gone, or speaks another version.
 */
int ctl_question(int fd, struct ctl_msg *q, int fds[CTL_FDS_MAX], unsigned int *n);

/* Close those that nobody wanted. */
void ctl_fds_close(const int *fds, unsigned int n);

/* Answers to a question. What cannot be said is dropped: the supervisor is gone then, which ctl_question() tells. */
void ctl_done(int fd, const struct ctl_msg *q, uint64_t sectors);
void ctl_failed(int fd, const struct ctl_msg *q, const struct socle_error *e);
void ctl_stats(int fd, const struct ctl_msg *q, const struct ctl_stats *stats);

/* Unasked: the guest broke the protocol. */
void ctl_broken(int fd, const char *why);

#endif /* SOCLE_DEVICE_ANSWER_H */
