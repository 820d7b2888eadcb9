/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/codes.h
 *
 * The kinds of failure that the command line tells apart, as codes of struct socle_error.  They are
 * errno values that nothing else here produces with another meaning; the program maps them to exit
 * codes in one place (socle/report.c).
 */
#ifndef SOCLE_DOMAIN_CODES_H
#define SOCLE_DOMAIN_CODES_H

#include <errno.h>

#include "libsocle/error.h"

#define DOMAIN_E_CONFIG      EBADMSG   /* the description, or a file that it names, is unusable */
#define DOMAIN_E_NOT_FOUND   ESRCH
#define DOMAIN_E_EXISTS      EEXIST
#define DOMAIN_E_NO_MEMORY   ENOMEM
#define DOMAIN_E_NO_DAEMON   ENOTCONN
#define DOMAIN_E_BACKEND     EREMOTEIO
#define DOMAIN_E_INTERRUPTED EINTR
#define DOMAIN_E_NOT_RUNNING EHOSTDOWN
#define DOMAIN_E_BUSY        EBUSY         /* somebody else works on the same thing */
#define DOMAIN_E_REFUSED     SOCLE_REFUSED /* by the hypervisor, see libsocle/error.h */
#define DOMAIN_E_TIMEOUT     ETIMEDOUT
#define DOMAIN_E_PARTIAL     EREMCHG       /* a part was done and a part was not */

#endif /* SOCLE_DOMAIN_CODES_H */
