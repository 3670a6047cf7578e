/* SPDX-License-Identifier: Apache-2.0 */
/* scene: see scene.h. */
#include "harness/scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t timed_out;

static void on_alarm(int sig)
{
	(void)sig;
	timed_out = 1;
}

void scene_alarm(void)
{
	alarm(SCENE_SECONDS);
}

void scene_begin(struct scene *s)
{
	/* No SA_RESTART: waiting calls return. */
	struct sigaction sa = { .sa_handler = on_alarm };
	char path[] = "/tmp/scene.XXXXXX";

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || sigaction(SIGALRM, &sa, NULL) < 0) {
		perror("scene");
		exit(2);
	}
	s->log_fd = mkostemp(path, O_CLOEXEC | O_APPEND);
	if (s->log_fd < 0) {
		perror(path);
		exit(2);
	}
	unlink(path);
	setvbuf(stdout, NULL, _IOLBF, 0);
	scene_alarm();
}

/* Our children by /proc/self/task/PID/children, until there are none (their orphans come to us). */
static void kill_all(void)
{
	for (int i = 0; i < 1000; i++) {
		char path[64], text[4096] = "";
		char *p = text;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
		f = fopen(path, "re");
		if (f == NULL)
			return;
		(void)!fgets(text, sizeof(text), f);
		fclose(f);
		for (long pid; (pid = strtol(p, &p, 10)) > 0;)
			kill((pid_t)pid, SIGKILL);
		alarm(5);
		if (waitpid(-1, NULL, __WALL) < 0)
			return;
	}
}

void scene_fail(const struct scene *s, const char *fmt, ...)
{
	char buf[4096];
	ssize_t n;
	va_list ap;

	va_start(ap, fmt);
	printf("FAILED: ");
	vprintf(fmt, ap);
	va_end(ap);
	printf("\nwhat the programs said last:\n");
	fflush(stdout);
	while ((n = pread(s->log_fd, buf, sizeof(buf), 0)) > 0) {
		(void)!write(STDOUT_FILENO, buf, (size_t)n);
		if (n < (ssize_t)sizeof(buf))
			break;
		(void)!ftruncate(s->log_fd, 0);
	}
	kill_all();
	exit(1);
}

static void spin(long usec)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while ((b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000 < usec);
}

pid_t scene_spawn(const struct scene *s, int gate, long spin_usec, bool traced,
		  const char *const *args)
{
	const char *argv[SCENE_ARGS_MAX + 5];
	int n = 0, null;
	pid_t pid;

	argv[n++] = s->runtime;
	if (s->globals)
		argv[n++] = s->globals;
	argv[n++] = "--root";
	argv[n++] = s->root;
	while (*args && n < SCENE_ARGS_MAX + 4)
		argv[n++] = *args++;
	argv[n] = NULL;
	pid = fork();
	if (pid < 0)
		scene_fail(s, "fork: %s", strerror(errno));
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(s->log_fd, 1) < 0 || dup2(s->log_fd, 2) < 0)
		_exit(99);
	if (null > 2)
		close(null);
	if (gate >= 0) {
		char byte;

		(void)!read(gate, &byte, 1);
		spin(spin_usec);
	}
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		raise(SIGSTOP);
	execvp(argv[0], (char *const *)argv);
	dprintf(2, "exec %s: %s\n", argv[0], strerror(errno));
	_exit(99);
}

/* A process that was made just when its traced parent was killed stops for its tracer: us. */
static void let_go(pid_t pid)
{
	ptrace(PTRACE_DETACH, pid, NULL, 0L);
}

int scene_wait(const struct scene *s, pid_t pid)
{
	for (;;) {
		int status;
		pid_t got = waitpid(-1, &status, __WALL);

		if (got < 0 && errno == EINTR && !timed_out)
			continue;
		if (got < 0)
			scene_fail(s, "%s", timed_out ? "hangs" : strerror(errno));
		if (WIFSTOPPED(status)) {
			let_go(got);
			continue;
		}
		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

int scene_run(const struct scene *s, const char *const *args)
{
	return scene_wait(s, scene_spawn(s, -1, 0, false, args));
}

void scene_create(const struct scene *s, const char *pid_file)
{
	(void)!ftruncate(s->log_fd, 0);
	if (pid_file ? SCENE_RUN(s, "create", "--bundle", s->bundle, "--pid-file", pid_file, s->id)
		     : SCENE_RUN(s, "create", "--bundle", s->bundle, s->id))
		scene_fail(s, "create failed");
}

pid_t scene_pid(const struct scene *s, const char *pid_file)
{
	FILE *f = fopen(pid_file, "re");
	char text[32] = "";
	long pid;

	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		scene_fail(s, "no pid in %s", pid_file);
	fclose(f);
	pid = strtol(text, NULL, 10);
	if (pid <= 0)
		scene_fail(s, "no pid in %s", pid_file);
	return (pid_t)pid;
}

bool scene_has_state(const struct scene *s)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", s->root, s->id);
	return stat(path, &st) == 0;
}

static void assert_no_children(const struct scene *s, const char *what)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid > 0 && WIFSTOPPED(status))
			let_go(pid);
		if (pid > 0 || (errno == EINTR && !timed_out))
			continue;
		if (errno == ECHILD)
			return;
		scene_fail(s, "%s: processes are left", what);
	}
}

static void assert_no_cgroup(const struct scene *s, const char *what)
{
	static const char *const base = "/sys/fs/cgroup";
	char path[PATH_MAX];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (s->cgroup[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s%s", base, s->cgroup);
	if (stat(path, &st) == 0)
		scene_fail(s, "%s: left: %s", what, path);
	d = opendir(base);
	while (d && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s%s", base, e->d_name, s->cgroup);
		if (e->d_name[0] != '.' && stat(path, &st) == 0)
			scene_fail(s, "%s: left: %s", what, path);
	}
	if (d)
		closedir(d);
}

static void assert_no_mounts(const struct scene *s, const char *what)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		if (strstr(line, s->bundle) || strstr(line, s->root))
			scene_fail(s, "%s: left: %s", what, line);
	}
	free(line);
	if (f)
		fclose(f);
}

static void assert_no_state(const struct scene *s, const char *what)
{
	DIR *d = opendir(s->root);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			scene_fail(s, "%s: left: %s/%s", what, s->root, e->d_name);
	}
	if (d)
		closedir(d);
}

void scene_assert_clean(const struct scene *s, const char *what)
{
	assert_no_children(s, what);
	assert_no_state(s, what);
	assert_no_cgroup(s, what);
	assert_no_mounts(s, what);
}
