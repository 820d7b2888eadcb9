/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/network.h
 *
 * Networks that descriptions name: /etc/socle/networks/NAME.xml, in libvirt's words.
 */
#ifndef SOCLE_DOMAIN_NETWORK_H
#define SOCLE_DOMAIN_NETWORK_H

#include <stddef.h>

#include "device/vif.h"
#include "domain/diag.h"
#include "libsocle/error.h"

#define SOCLE_NETWORK_DIR "/etc/socle/networks"

/* Kind, bridge and address into c; -1 with DOMAIN_E_CONFIG. */
int network_find(const char *name, struct vif_config *c, struct socle_error *e);

/* The same from text; file stands for it in messages. */
int network_parse(const char *name, const char *text, size_t len, struct vif_config *c, struct diag_list *diags);

#endif /* SOCLE_DOMAIN_NETWORK_H */
