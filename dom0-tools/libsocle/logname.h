/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/logname.h
 *
 * A log that gets another name, with the older one that lies beside it as LOG.1.  An earlier guest may have had the name: its log is
 * older than all of this one, so it goes before it, and nothing is lost but by the next rotation.
 */
#ifndef SOCLE_LIBSOCLE_LOGNAME_H
#define SOCLE_LIBSOCLE_LOGNAME_H

/*
 * The bytes of FROM go behind those of TO, and FROM is gone.  One that is not there has none.  0, or -errno with both as they were.
 * Nobody may write to FROM meanwhile.
 */
int log_join(const char *to, const char *from);

/*
 * FROM and FROM.1 are TO and TO.1 from now on; whoever writes to FROM goes on, for it stays the same file.  join is log_join(), or
 * what does more than that.  0, or -errno: then FROM still has its name.
 */
int log_rename(const char *from, const char *to, int (*join)(const char *to, const char *from));

#endif /* SOCLE_LIBSOCLE_LOGNAME_H */
