/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor_caller: one measurement of one monitor (ours or conmon), from outside.
 *
 *	monitor_caller flood DIR BYTES MONITOR LOG...
 *		`yes TEXT | head -c BYTES` to the exit file: MB/s, and the monitor's processor time
 *		in msec per GB
 *
 *	monitor_caller start DIR 0 MONITOR LOG...
 *		msec from fork to the answer on the sync pipe
 *
 *	monitor_caller echo DIR ROUNDS MONITOR LOG...
 *		usec for a byte to a terminal and back, median
 *
 *	monitor_caller idle DIR BYTES MONITOR LOG...
 *		"PSS PRIVATE_DIRTY" in kB, two seconds after BYTES
 *
 *	monitor_caller stalled DIR BYTES MONITOR LOG...
 *		the same, with a client that is attached and never reads
 *
 *	monitor_caller sink
 *		standard input to /dev/null
 *
 * LOG... are the monitor's log arguments.  The runtime is this program, too: it starts the payload
 * and is done, so that what is measured is the monitor.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define ROUNDS_MAX 100000
#define QUIET_MSEC 2500
#define TEXT "a line of output as programs print them, some sixty bytes long"

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "monitor_caller: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- as runtime ---- */

static void send_terminal(const char *path, int master)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char data[] = "/dev/pts/0";
	struct iovec iov = { data, sizeof(data) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = c.room,
			      .msg_controllen = sizeof(c.room) };

	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.head), &master, sizeof(int));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)) < 0 || sendmsg(s, &msg, 0) < 0)
		die("send terminal");
	close(s);
}

static void payload_echo(void)
{
	char c;

	while (read(0, &c, 1) == 1 && write(1, &c, 1) == 1)
		;
}

static void payload(const char *kind, const char *bytes)
{
	char command[256];

	if (strcmp(kind, "echo") == 0) {
		payload_echo();
		_exit(0);
	}
	if (strcmp(kind, "start") == 0)
		_exit(0);
	snprintf(command, sizeof(command), "yes '" TEXT "' 2>/dev/null | head -c %s%s", bytes,
		 strcmp(kind, "flood") == 0 ? "" : "; exec sleep 1000");
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int run_payload(const char *pidfile, const char *console)
{
	struct termios raw;
	int master = -1, slave = -1;
	FILE *f;
	pid_t pid;

	cfmakeraw(&raw);
	if (console && openpty(&master, &slave, NULL, &raw, NULL) < 0)
		die("openpty");
	pid = fork();
	if (pid == 0) {
		if (console && login_tty(slave) < 0)
			_exit(1);
		payload(getenv("BENCH_KIND"), getenv("BENCH_BYTES"));
	}
	if (console)
		send_terminal(console, master);
	f = fopen(pidfile, "w");
	if (!f || fprintf(f, "%d", (int)pid) < 0 || fclose(f) != 0)
		die(pidfile);
	return 0;
}

static int runtime(int argc, char **argv)
{
	const char *pidfile = NULL, *console = NULL;

	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--pid-file") == 0)
			pidfile = argv[i + 1];
		if (strcmp(argv[i], "--console-socket") == 0)
			console = argv[i + 1];
	}
	return run_payload(pidfile, console);
}

/* ---- as caller ---- */

struct call {
	const char *kind, *dir, *bytes;
	char **words; /* monitor and log arguments */
	int n_words;
	char *argv[64];
	pid_t monitor; /* the one that stays */
	double started_usec;
};

static char *below(const char *dir, const char *name)
{
	char *s;

	if (asprintf(&s, "%s/%s", dir, name) < 0)
		die("memory");
	return s;
}

static void make_argv(struct call *c, char *self)
{
	char *fixed[] = { (char *)(uintptr_t) "--api-version",
			  (char *)(uintptr_t) "1",
			  (char *)(uintptr_t) "-c",
			  (char *)(uintptr_t) "bench-0123456789",
			  (char *)(uintptr_t) "-u",
			  (char *)(uintptr_t) "bench-0123456789",
			  (char *)(uintptr_t) "-n",
			  (char *)(uintptr_t) "bench",
			  (char *)(uintptr_t) "--full-attach",
			  (char *)(uintptr_t) "--no-sync-log",
			  (char *)(uintptr_t) "-b",
			  (char *)(uintptr_t)c->dir,
			  (char *)(uintptr_t) "-r",
			  self,
			  (char *)(uintptr_t) "-P",
			  below(c->dir, "monitor.pid"),
			  (char *)(uintptr_t) "-p",
			  below(c->dir, "pid"),
			  (char *)(uintptr_t) "--exit-dir",
			  below(c->dir, "exits") };
	int n = 0;

	c->argv[n++] = c->words[0];
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		c->argv[n++] = fixed[i];
	if (strcmp(c->kind, "echo") == 0) {
		c->argv[n++] = (char *)(uintptr_t) "-t";
		c->argv[n++] = (char *)(uintptr_t) "-i";
	}
	for (int i = 1; i < c->n_words && n < 63; i++)
		c->argv[n++] = c->words[i];
}

/* Until the monitor has answered; it is a child of ours then (subreaper). */
static void start_monitor(struct call *c)
{
	int sync[2], start[2];
	char number[16], line[256] = "";
	FILE *f;
	pid_t pid;
	int monitor;

	if (pipe(sync) < 0 || pipe(start) < 0)
		die("pipe");
	c->started_usec = now_usec();
	pid = fork();
	if (pid == 0) {
		close(sync[0]);
		close(start[1]);
		snprintf(number, sizeof(number), "%d", sync[1]);
		setenv("_OCI_SYNCPIPE", number, 1);
		snprintf(number, sizeof(number), "%d", start[0]);
		setenv("_OCI_STARTPIPE", number, 1);
		/* With passthrough this is where the output goes. */
		dup2(open("/dev/null", O_RDWR), STDOUT_FILENO);
		execv(c->argv[0], c->argv);
		_exit(127);
	}
	close(sync[1]);
	close(start[0]);
	if (write(start[1], "", 1) != 1)
		die("start pipe");
	close(start[1]);
	if (read(sync[0], line, sizeof(line) - 1) <= 0 || !strstr(line, "{\"data\": ") ||
	    strstr(line, "-1")) {
		fprintf(stderr, "monitor_caller: %s answered '%s'\n", c->argv[0], line);
		exit(1);
	}
	close(sync[0]);
	waitpid(pid, NULL, 0);
	f = fopen(below(c->dir, "monitor.pid"), "r");
	if (!f || fscanf(f, "%d", &monitor) != 1)
		die("read the monitor's pid");
	fclose(f);
	c->monitor = monitor;
}

/* The monitor has ended, and everything before it. */
static void wait_monitor(struct call *c)
{
	while (waitpid(c->monitor, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Ticks of processor time that it has needed, without its children; it has ended and still is in
 * the process table. */
static double monitor_ticks(const struct call *c)
{
	unsigned long user = 0, system = 0;
	char path[64];
	siginfo_t info;
	FILE *f;

	while (waitid(P_PID, (id_t)c->monitor, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)c->monitor);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			 &user, &system) != 2)
		die("read the monitor's processor time");
	fclose(f);
	return (double)(user + system);
}

static void measure_flood(struct call *c)
{
	double gigabytes = strtod(c->bytes, NULL) / 1e9;
	double ticks = monitor_ticks(c);
	double usec = now_usec() - c->started_usec;

	wait_monitor(c);
	printf("%.1f %.0f\n", gigabytes * 1e9 / usec,
	       ticks * 1e3 / (double)sysconf(_SC_CLK_TCK) / gigabytes);
}

static int by_size(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static int attach(const struct call *c)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/attach", c->dir);
	if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("attach");
	return s;
}

static void measure_echo(struct call *c)
{
	static double usec[ROUNDS_MAX];
	int rounds = (int)strtol(c->bytes, NULL, 10);
	int s = attach(c);
	char in[64];

	if (rounds < 1 || rounds > ROUNDS_MAX)
		exit(2);
	for (int i = 0; i < rounds; i++) {
		usec[i] = now_usec();
		if (send(s, "x", 1, 0) != 1 || recv(s, in, sizeof(in), 0) != 2 || in[1] != 'x')
			die("round trip");
		usec[i] = now_usec() - usec[i];
	}
	qsort(usec, (size_t)rounds, sizeof(*usec), by_size);
	printf("%.1f\n", usec[rounds / 2]);
}

/* Quiet: the container sleeps and the monitor has had time to find that nothing comes. */
static void measure_idle(struct call *c)
{
	char path[64], line[256];
	long pss = 0, dirty = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/io", (int)c->monitor);
	for (long before = -1, now = 0; before != now;) {
		before = now;
		poll(NULL, 0, QUIET_MSEC);
		f = fopen(path, "r");
		while (f && fgets(line, sizeof(line), f))
			sscanf(line, "rchar: %ld", &now);
		if (f)
			fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)c->monitor);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "Pss: %ld", &pss);
		sscanf(line, "Private_Dirty: %ld", &dirty);
	}
	if (f)
		fclose(f);
	printf("%ld %ld\n", pss, dirty);
}

static void stop_payload(const struct call *c)
{
	FILE *f = fopen(below(c->dir, "pid"), "r");
	int pid;

	if (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

/* Standard input is thrown away as fast as the kernel can. */
static int sink(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	while (splice(STDIN_FILENO, NULL, null, NULL, 1 << 20, SPLICE_F_MOVE) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	struct call c = { 0 };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "create") == 0 && getenv("BENCH_KIND"))
			return runtime(argc, argv);
	}
	if (argc == 2 && strcmp(argv[1], "sink") == 0)
		return sink();
	if (argc < 6 || n < 0) {
		fprintf(stderr, "usage: monitor_caller KIND DIR NUMBER MONITOR LOG...\n");
		return 2;
	}
	self[n] = '\0';
	c = (struct call){ .kind = argv[1],
			   .dir = argv[2],
			   .bytes = argv[3],
			   .words = argv + 4,
			   .n_words = argc - 4 };
	setenv("BENCH_KIND", c.kind, 1);
	setenv("BENCH_BYTES", c.bytes, 1);
	mkdir(below(c.dir, "exits"), 0755);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	make_argv(&c, self);
	start_monitor(&c);
	if (strcmp(c.kind, "start") == 0) {
		printf("%.3f\n", (now_usec() - c.started_usec) / 1e3);
	} else if (strcmp(c.kind, "flood") == 0) {
		measure_flood(&c);
		return 0;
	} else if (strcmp(c.kind, "echo") == 0) {
		measure_echo(&c);
	} else {
		int client = strcmp(c.kind, "stalled") == 0 ? attach(&c) : -1;

		measure_idle(&c);
		if (client >= 0)
			close(client);
	}
	stop_payload(&c);
	wait_monitor(&c);
	return 0;
}
