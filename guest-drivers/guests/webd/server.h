/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server: lwIP's raw TCP on one side, http.h and the pages on the other. */
#ifndef SOCLE_GUESTS_WEBD_SERVER_H
#define SOCLE_GUESTS_WEBD_SERVER_H

#include <stdint.h>

int webd_server_start(uint16_t port);	/* a negative errno */

#endif
