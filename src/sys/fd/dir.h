/* SPDX-License-Identifier: Apache-2.0 */
/* dir: what a directory holds. */
#ifndef CORACLE_SYS_FD_DIR_H
#define CORACLE_SYS_FD_DIR_H

/* Names of all but "." and "..", in the directory's own order, added to *ret (strv.h); -errno.
 * dirfd keeps its place: the directory is opened anew. */
int dir_names(int dirfd, char ***ret);

#endif
