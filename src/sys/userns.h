/* SPDX-License-Identifier: Apache-2.0 */
/* userns: id maps and their writing. */
#ifndef CORACLE_SYS_USERNS_H
#define CORACLE_SYS_USERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/mem.h"

struct id_map_range {
	uint32_t container, host, size;
};
struct id_map {
	struct id_map_range *ranges;
	size_t n;
};
/* The kernel takes at most 340 lines. */
#define ID_MAP_MAX 340
/* And prints each with three padded numbers. */
#define ID_MAP_TEXT_MAX ((size_t)ID_MAP_MAX * 40)

void id_map_done(struct id_map *m);
DEFINE_SCOPED_STRUCT(struct id_map, id_map_done)
bool id_map_empty(const struct id_map *m);
/* Host id of a container id: 0 and *ret, or -ENOENT.  An empty map is the identity. */
int id_map_to_host(const struct id_map *m, uint32_t id, uint32_t *ret);
int id_map_to_container(const struct id_map *m, uint32_t id, uint32_t *ret);
/* Sizes, overlaps, count; -EINVAL. */
int id_map_validate(const struct id_map *m, struct error *err);
/* Write uid_map, setgroups (deny when unprivileged) and gid_map of pid; uses newuidmap/newgidmap
 * when the direct write is refused. */
int userns_write_maps(pid_t pid, const struct id_map *uids, const struct id_map *gids,
		      struct error *err);
/* All ids that an ordinary user has: the own one as 0, then those of /etc/subuid and /etc/subgid
 * from 1 on, when newuidmap is there to write them. */
int userns_default_maps(struct id_map *ret_uids, struct id_map *ret_gids, struct error *err);
/* The rows of `user` (a name) or `id` in the text of such a file, from container id 1 on, added to
 * ret; other rows are passed over, wrong ones too.  For tests. */
void userns_add_subids(const char *text, const char *user, uint32_t id, struct id_map *ret);
/* A descriptor of a user namespace with these maps, for id-mapped mounts (child made and reaped).
 */
int userns_fd(const struct id_map *uids, const struct id_map *gids, struct error *err);
/* Are we in the initial user namespace with uid 0 and CAP_SYS_ADMIN? */
bool userns_initial(void);
/* The map in FILE ("uid_map" or "gid_map") of a process, 0 for ourselves; the ids outside are those
 * of our user namespace.  -errno; a namespace without a map gives an empty one. */
int userns_read_map(pid_t pid, const char *file, struct id_map *ret);
/* The number that our effective user id has in the parent user namespace; -ENOENT when the map does
 * not have it. */
int userns_own_host_uid(uint32_t *ret);

#endif
