/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/follow/journal.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/process.h"

/* Of this layout; the size guards against another program's, too. */
#define VERSION 1

/* NULL: errno says why. */
static struct journal *map(int fd)
{
	int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	void *j = mmap(NULL, sizeof(struct journal), PROT_READ | PROT_WRITE, flags, fd, 0);

	return j == MAP_FAILED ? NULL : j;
}

static void begin(struct journal *j)
{
	struct journal_stream empty = { .at = JOURNAL_FRONT_SIZE };

	j->version = VERSION;
	for (int i = 0; i < JOURNAL_STREAM_COUNT; i++)
		journal_stream_set(&j->stream[i], &empty);
}

int journal_new(struct journal **ret, int *ret_fd)
{
	scoped_fd int fd = ret_fd ? fd_memfd("coracle-journal", false) : -1;
	struct journal *j;

	if (ret_fd && fd < 0)
		return fd;
	if (ret_fd && ftruncate(fd, sizeof(struct journal)) < 0)
		return -errno;
	j = map(fd);
	if (!j)
		return -errno;
	begin(j);
	*ret = j;
	if (ret_fd)
		*ret_fd = take_fd(fd);
	return 0;
}

int journal_take(int fd, struct journal **ret)
{
	struct journal *j;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != (off_t)sizeof(struct journal))
		return -EINVAL;
	j = map(fd);
	if (!j)
		return -errno;
	if (j->version != VERSION) {
		journal_free(j);
		return -EINVAL;
	}
	*ret = j;
	return 0;
}

void journal_free(struct journal *j)
{
	if (j)
		munmap(j, sizeof(*j));
}

/* The value is complete before it is the current one. */
static void flip(uint32_t *current)
{
	__atomic_store_n(current, !*current, __ATOMIC_RELEASE);
}

struct journal_stream journal_stream_get(const struct journal_stream_pair *p)
{
	return p->copy[p->current & 1];
}

void journal_stream_set(struct journal_stream_pair *p, const struct journal_stream *s)
{
	p->copy[!(p->current & 1)] = *s;
	flip(&p->current);
}

struct journal_log journal_log_get(const struct journal_log_pair *p)
{
	return p->copy[p->current & 1];
}

void journal_log_set(struct journal_log_pair *p, const struct journal_log *l)
{
	p->copy[!(p->current & 1)] = *l;
	flip(&p->current);
}

void journal_trim(struct journal *j, int stream)
{
	process_drop_shared_pages(j->buffer[stream], sizeof(j->buffer[stream]));
}
