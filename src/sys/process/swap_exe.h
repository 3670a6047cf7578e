/* SPDX-License-Identifier: Apache-2.0 */
/* swap_exe: see swap_exe.c.  For protect.c alone. */
#ifndef CORACLE_SYS_PROCESS_SWAP_EXE_H
#define CORACLE_SYS_PROCESS_SWAP_EXE_H

/*
 * Makes the file behind fd (open for reading, the very file that we run from, reached through
 * another mount) our executable: /proc/self/exe and every mapping of the program are of fd
 * afterwards.  Without threads only.  0; -EOPNOTSUPP for a program with a dynamic loader, else
 * -errno: the program goes on as before, and may have some mappings of either.
 */
int swap_exe(int fd);

#endif
