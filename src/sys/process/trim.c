/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/process.h"

#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

/* The frame of madvise, and what its caller may have below `here`. */
#define STACK_MARGIN 1024
/* No deeper than this is looked for used stack. */
#define STACK_DEPTH (256 * 1024)

/* File pages that are never written: dropping them loses nothing. */
static void trim_segment(uintptr_t base, const ElfW(Phdr) * ph, uintptr_t page)
{
	uintptr_t start = (base + ph->p_vaddr) & ~(page - 1);
	uintptr_t end = (base + ph->p_vaddr + ph->p_filesz) & ~(page - 1);

	if (ph->p_type == PT_LOAD && !(ph->p_flags & PF_W) && end > start)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

static void trim_program(uintptr_t page)
{
	const ElfW(Phdr) *ph = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t n = getauxval(AT_PHNUM);
	uintptr_t base = 0;

	for (size_t i = 0; ph != NULL && i < n; i++) {
		if (ph[i].p_type == PT_PHDR)
			base = (uintptr_t)ph - ph[i].p_vaddr;
	}
	for (size_t i = 0; ph != NULL && i < n; i++)
		trim_segment(base, &ph[i], page);
}

/* The stack grows down: what lies well below this frame was used by calls that have returned. */
static void trim_stack(uintptr_t page)
{
	char here;
	uintptr_t end = ((uintptr_t)&here - STACK_MARGIN) & ~(page - 1);

	/* ENOMEM when the stack is not that deep; what is there was dropped all the same. */
	madvise((void *)(end - STACK_DEPTH), STACK_DEPTH, MADV_DONTNEED);
}

void process_trim(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	malloc_trim(0);
	trim_program(page);
	trim_stack(page);
}

static void drop(void *data, size_t size, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)data + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)data + size) & ~(page - 1);

	if (end > start)
		madvise((void *)start, end - start, advice);
}

void process_drop_pages(void *data, size_t size)
{
	drop(data, size, MADV_DONTNEED);
}

void process_drop_shared_pages(void *data, size_t size)
{
	drop(data, size, MADV_REMOVE);
	/* Not shared after all. */
	drop(data, size, MADV_DONTNEED);
}
