/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver: an OCI runtime as the engine sees it: ours in process, any other by its command line.
 * tests/suites/runtime_driver runs the same tests over each.
 *
 * create and exec are done by the monitor (it owns stdio); the engine needs the rest.
 */
#ifndef CORACLE_RUNTIME_DRIVER_H
#define CORACLE_RUNTIME_DRIVER_H

#include "runtime/runtime.h"

struct runtime_driver;

struct runtime_driver_ops {
	int (*start)(struct runtime_driver *d, const char *id, struct error *err);
	int (*kill)(struct runtime_driver *d, const char *id, int sig, bool all, struct error *err);
	int (*del)(struct runtime_driver *d, const char *id, bool force, struct error *err);
	int (*status)(struct runtime_driver *d, const char *id, enum runtime_status *ret,
		      pid_t *ret_pid, struct error *err); /* ERROR_NOT_FOUND when unknown there */
	int (*pause)(struct runtime_driver *d, const char *id, struct error *err);
	int (*resume)(struct runtime_driver *d, const char *id, struct error *err);
	int (*update)(struct runtime_driver *d, const char *id, const struct oci_resources *r,
		      struct error *err);
	int (*version)(struct runtime_driver *d, struct buf *out, struct error *err);
	void (*free)(struct runtime_driver *d);
};
struct runtime_driver {
	const struct runtime_driver_ops *ops;
	char *path; /* of the program; what the monitor gets as --runtime */
	bool in_process;
};

/* path whose base name is coracle-runtime: ours in process with state under root; else the command
 * line driver (`--root root` is passed when root is not NULL). */
int runtime_driver_open(const char *path, const char *root, bool systemd_cgroup,
			struct runtime_driver **ret, struct error *err);
void runtime_driver_free(struct runtime_driver *d);

/* Classify an error text of a runtime: 126 not executable, 127 not found, else 125 (contract rows).
 */
int runtime_error_exit_status(const struct error *err);

#endif
