/* SPDX-License-Identifier: Apache-2.0 */
/* document: see document.h. */
#include "cgroup/document.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "sys/fd.h"

/* As many numbers as a list may name: the kernel's largest machines. */
#define LIST_MAX 8192

void document_name(struct buf *b, const char *name)
{
	char last = b->len > 0 ? b->data[b->len - 1] : '{';

	if (last != '{' && last != '[' && last != ':')
		buf_addc(b, ',');
	if (name != NULL) {
		buf_add_json_string(b, name);
		buf_addc(b, ':');
	}
}

void document_u64(struct buf *b, const char *name, uint64_t v)
{
	document_name(b, name);
	buf_addf(b, "%" PRIu64, v);
}

void document_nonzero(struct buf *b, const char *name, uint64_t v)
{
	if (v != 0)
		document_u64(b, name, v);
}

void document_open(struct buf *b, const char *name, char bracket)
{
	document_name(b, name);
	buf_addc(b, bracket);
}

void document_close(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

const char *document_read(const struct cgroup_record *r, const char *controller, const char *file,
			  struct buf *text)
{
	const struct cgroup_hier *h = cgroup_hier_of(controller);
	char full[PATH_MAX];

	text->max = DOCUMENT_FILE_MAX;
	if (text->data != NULL)
		buf_truncate(text, 0);
	if (h == NULL || cgroup_file_path(full, h, r->path, file) < 0)
		return "";
	return fd_read_file(AT_FDCWD, full, DOCUMENT_FILE_MAX, text) < 0 ? "" : buf_str(text);
}

uint64_t document_number(const struct cgroup_record *r, const char *controller, const char *file)
{
	uint64_t v = 0;

	return cgroup_read_u64(r, controller, file, &v) < 0 ? 0 : v;
}

uint64_t document_value(const char *text, const char *key)
{
	uint64_t v = 0;

	return cgroup_text_u64(text, key, &v) < 0 ? 0 : v;
}

void document_raw(struct buf *b, const char *text)
{
	for (const char *p = text; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		char key[64], number[24];
		uint64_t v;

		if (sscanf(p, "%63s %23s", key, number) == 2 && num_u64(number, &v) == 0)
			document_u64(b, key, v);
	}
}

void document_list(struct buf *b, const char *name, const char *text)
{
	bool opened = false;

	for (uint32_t first, last; num_take_u32(&text, &first) == 0;) {
		last = first;
		if (*text == '-' && (text++, num_take_u32(&text, &last)) < 0)
			break;
		if (last < first || last >= LIST_MAX)
			break;
		if (!opened)
			document_open(b, name, '[');
		opened = true;
		for (uint32_t i = first; i <= last; i++)
			document_u64(b, NULL, i);
		text += *text == ',';
	}
	if (opened)
		document_close(b, ']');
}

void document_memory_entry(struct buf *b, const char *name, uint64_t limit, uint64_t usage,
			   uint64_t max, uint64_t failcnt)
{
	document_open(b, name, '{');
	document_u64(b, "limit", limit);
	document_nonzero(b, "usage", usage);
	document_nonzero(b, "max", max);
	document_u64(b, "failcnt", failcnt);
	document_close(b, '}');
}

void document_io_entry(struct buf *b, const char *major_minor, const char *op, uint64_t v)
{
	uint32_t major, minor;

	if (num_take_u32(&major_minor, &major) < 0 || *major_minor++ != ':' ||
	    num_take_u32(&major_minor, &minor) < 0)
		return;
	document_open(b, NULL, '{');
	document_nonzero(b, "major", major);
	document_nonzero(b, "minor", minor);
	if (op != NULL) {
		document_name(b, "op");
		buf_add_json_string(b, op);
	}
	document_nonzero(b, "value", v);
	document_close(b, '}');
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
void document_pressure(struct buf *b, const struct cgroup_record *r, const char *file)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	bool opened = false;

	for (const char *p = document_read(r, "cgroup", file, &text); *p != '\0';
	     p += strcspn(p, "\n"), p += *p == '\n') {
		char kind[8], number[4][24];
		double avg10, avg60, avg300;
		uint64_t total;

		if (sscanf(p, "%7s avg10=%23s avg60=%23s avg300=%23s total=%23s", kind, number[0],
			   number[1], number[2], number[3]) != 5 ||
		    (!streq(kind, "some") && !streq(kind, "full")) ||
		    num_double(number[0], &avg10) < 0 || num_double(number[1], &avg60) < 0 ||
		    num_double(number[2], &avg300) < 0 || num_u64(number[3], &total) < 0)
			continue;
		if (!opened)
			document_open(b, "psi", '{');
		opened = true;
		document_open(b, kind, '{');
		buf_addf(b, "\"avg10\":%.2f,\"avg60\":%.2f,\"avg300\":%.2f,\"total\":%" PRIu64 "}",
			 avg10, avg60, avg300, total);
	}
	if (opened)
		document_close(b, '}');
}

void document_pids(struct buf *b, const struct cgroup_record *r)
{
	uint64_t limit = document_number(r, "pids", "pids.max");

	document_open(b, "pids", '{');
	document_nonzero(b, "current", document_number(r, "pids", "pids.current"));
	document_nonzero(b, "limit", limit == UINT64_MAX ? 0 : limit);
	document_close(b, '}');
}

static void hugetlb_size(struct buf *b, const struct cgroup_record *r, const char *size, bool v2)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	uint64_t usage, max = 0, failcnt = 0;
	char file[96];

	snprintf(file, sizeof(file), "hugetlb.%s.%s", size, v2 ? "current" : "usage_in_bytes");
	usage = document_number(r, "hugetlb", file);
	if (v2) {
		snprintf(file, sizeof(file), "hugetlb.%s.events", size);
		failcnt = document_value(document_read(r, "hugetlb", file, &text), "max");
	} else {
		snprintf(file, sizeof(file), "hugetlb.%s.max_usage_in_bytes", size);
		max = document_number(r, "hugetlb", file);
		snprintf(file, sizeof(file), "hugetlb.%s.failcnt", size);
		failcnt = document_number(r, "hugetlb", file);
	}
	document_open(b, size, '{');
	document_nonzero(b, "usage", usage);
	document_nonzero(b, "max", max);
	document_u64(b, "failcnt", failcnt);
	document_close(b, '}');
}

void document_hugetlb(struct buf *b, const struct cgroup_record *r, bool v2)
{
	const struct cgroup_hier *h = cgroup_hier_of("hugetlb");
	const char *suffix = v2 ? ".current" : ".usage_in_bytes";
	char full[PATH_MAX];
	struct dirent *e;
	DIR *d = NULL;

	document_open(b, "hugetlb", '{');
	if (h != NULL && cgroup_file_path(full, h, r->path, NULL) > 0)
		d = opendir(full);
	while (d != NULL && (e = readdir(d)) != NULL) {
		const char *size = str_skip_prefix(e->d_name, "hugetlb.");
		char name[32];
		size_t len;

		if (size == NULL || !str_has_suffix(size, suffix))
			continue;
		len = strlen(size) - strlen(suffix);
		/* "2MB.rsvd" are reservations. */
		if (len >= sizeof(name) || memchr(size, '.', len) != NULL)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, size);
		hugetlb_size(b, r, name, v2);
	}
	if (d != NULL)
		closedir(d);
	document_close(b, '}');
}

int cgroup_stats_document(const struct cgroup_record *r, struct buf *out, struct error *err)
{
	if (cgroup_none(r))
		return error_set(err, ERROR_UNSUPPORTED,
				 "stats needs a cgroup, and the container has none");
	if (!cgroup_exists(r))
		return error_set(err, ERROR_NOT_FOUND, "cgroup '%s' does not exist", r->path);
	if (cgroup_layout() == CGROUP_LAYOUT_V2)
		cgroup_v2_document(r, out);
	else
		cgroup_v1_document(r, out);
	return 0;
}
