/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_format: what one 512-byte tar header says (POSIX ustar, GNU, old V7).
 *
 * Pure functions over bytes; nothing here reads a stream.
 */
#ifndef CORACLE_ARCHIVE_TAR_FORMAT_H
#define CORACLE_ARCHIVE_TAR_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512

/* Types of entries (typeflag). */
#define TAR_REGULAR '0'
#define TAR_HARD_LINK '1'
#define TAR_SYMLINK '2'
#define TAR_CHAR '3'
#define TAR_BLOCK_DEVICE '4'
#define TAR_DIRECTORY '5'
#define TAR_FIFO '6'
#define TAR_CONTIGUOUS '7'
#define TAR_PAX 'x'
#define TAR_PAX_SOLARIS 'X'
#define TAR_PAX_GLOBAL 'g'
#define TAR_GNU_LONG_NAME 'L'
#define TAR_GNU_LONG_LINK 'K'
#define TAR_GNU_SPARSE 'S'

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char typeflag;
	char linkname[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char pad[12];
};

/* Where old GNU sparse headers keep their map. */
#define TAR_GNU_SPARSE_OFFSET 386
#define TAR_GNU_SPARSE_COUNT 4
#define TAR_GNU_SPARSE_EXTENDED 482
#define TAR_GNU_REALSIZE_OFFSET 483
#define TAR_GNU_EXTENSION_COUNT 21
#define TAR_GNU_EXTENSION_EXTENDED 504

bool tar_block_is_zero(const void *block);
/* Either sum (of unsigned or, as very old programs made it, of signed bytes) is right. */
bool tar_checksum_ok(const struct tar_header *h);
bool tar_is_ustar(const struct tar_header *h);
bool tar_is_gnu(const struct tar_header *h);
/* A numeric field: octal text with blanks and NULs around it, or GNU base 256.  An empty field
 * is 0.  -EINVAL, -ERANGE (does not fit in int64_t). */
int tar_number(const char *field, size_t size, int64_t *ret);
/* A text field that may lack its NUL; new string. */
char *tar_text(const char *field, size_t size);
/* "[-]SECONDS[.FRACTION]" of a pax record; digits behind the ninth are cut.  -EINVAL, -ERANGE. */
int tar_pax_time(const char *s, int64_t *ret_sec, uint32_t *ret_nsec);

/* Octal with the terminating NUL, false when the value does not fit. */
bool tar_put_number(char *field, size_t size, uint64_t value);
void tar_put_checksum(struct tar_header *h);

#endif
