/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interleave: time commands side by side.
 *
 *	interleave [-n ROUNDS] [-w WARMUP] [-t TITLE] [-g PAUSE_MSEC] [-p COPIES] [-o FILE]
 *		-- NAME STEP [-- NAME STEP]...
 *
 * STEP is a command with arguments; further ones follow behind `++` (timed) or `~~` (not timed: set
 * up or clean up).  In each round every entry runs once, and the order rotates from round to round,
 * so that whatever the machine does besides hits all alike.  `%r` in an argument is a number that
 * no other round or copy has (ids that must be fresh).  -g waits between entries, for machines
 * whose caches and timers favour what was just used; it is no part of the time.  With -p every entry
 * runs in COPIES processes at once, each going through all of its steps; the time is that of the
 * last to end.
 *
 * Wall time is from before posix_spawn to after waitpid: no shell is in between.  Standard output
 * is thrown away, standard error kept in a file and shown when a command fails, which ends it all.
 * Prints medians, minima, the largest resident set of the timed commands, and each median's ratio
 * to the first entry's.  -o appends "NAME<tab>MEDIAN<tab>RSS" lines to FILE.  Linked statically:
 * what the kernel reports of a child is at least what its parent had when it was born.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES_MAX 32
#define STEPS_MAX 16
#define ROUNDS_MAX 10000
#define ARGS_MAX 256
#define COPIES_MAX 256
#define NUMBER_MAX 1000000

extern char **environ;

struct step {
	char **argv; /* NULL-ended, inside main's argv */
	bool timed;
};
struct entry {
	const char *name;
	struct step steps[STEPS_MAX];
	int n_steps;
	double *msec; /* per round */
	/* Shared with the copies (-p): kB, the largest of all rounds of each step. */
	long *rss;
};

static struct entry entries[ENTRIES_MAX];
static int n_entries, rounds = 20, warmup = 2, pause_msec, copies = 1;
static const char *title, *out_path;
static int errors_fd;

static double now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int usage(void)
{
	fprintf(stderr, "usage: interleave [-n ROUNDS] [-w WARMUP] [-t TITLE] [-g PAUSE_MSEC] "
			"[-p COPIES] [-o FILE] -- NAME COMMAND [ARGS] [++ TIMED...] [~~ "
			"UNTIMED...] [-- NAME ...]...\n");
	return 2;
}

/* -1 for what is no number, or none that makes sense here. */
static int number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	return *s == '\0' || *end != '\0' || n < 0 || n > NUMBER_MAX ? -1 : (int)n;
}

/* Cuts argv at the separators, which become the NULL that ends each command. */
static int parse(int argc, char **argv, int at)
{
	while (at < argc) {
		struct entry *e = &entries[n_entries];
		bool timed = true;

		if (n_entries == ENTRIES_MAX || at + 1 >= argc)
			return -1;
		e->name = argv[at++];
		for (;;) {
			struct step *s = &e->steps[e->n_steps];
			char *sep;

			if (at < argc && strcmp(argv[at], "~~") == 0 && e->n_steps == 0) {
				timed = false;
				at++;
			}
			if (e->n_steps == STEPS_MAX || at >= argc)
				return -1;
			*s = (struct step){ .argv = &argv[at], .timed = timed };
			e->n_steps++;
			while (at < argc && strcmp(argv[at], "--") != 0 &&
			       strcmp(argv[at], "++") != 0 && strcmp(argv[at], "~~") != 0)
				at++;
			if (s->argv == &argv[at])
				return -1;
			sep = at < argc ? argv[at] : NULL;
			if (at < argc)
				argv[at++] = NULL;
			if (sep == NULL || strcmp(sep, "--") == 0)
				break;
			timed = strcmp(sep, "++") == 0;
		}
		n_entries++;
	}
	return n_entries > 0 ? 0 : -1;
}

static void show_errors(void)
{
	char text[4096];
	ssize_t n = pread(errors_fd, text, sizeof(text), 0);

	if (n > 0)
		fwrite(text, 1, (size_t)n, stderr);
}

/* The arguments with %r replaced; what was replaced is allocated. */
static int expand(char *const *argv, char **out, int round)
{
	int n = 0;

	for (; argv[n] != NULL; n++) {
		const char *at = strstr(argv[n], "%r");

		if (n + 1 == ARGS_MAX)
			return -1;
		out[n] = argv[n];
		if (at != NULL &&
		    asprintf(&out[n], "%.*s%d%s", (int)(at - argv[n]), argv[n], round, at + 2) < 0)
			return -1;
	}
	out[n] = NULL;
	return 0;
}

static double run_step(const struct entry *e, const struct step *s, int round)
{
	posix_spawn_file_actions_t actions;
	char *argv[ARGS_MAX];
	struct rusage usage_of = { .ru_maxrss = 0 };
	double start, end;
	int status = 0, r;
	pid_t pid;

	if (expand(s->argv, argv, round) < 0)
		exit(usage());
	if (ftruncate(errors_fd, 0) < 0 || lseek(errors_fd, 0, SEEK_SET) < 0)
		perror("interleave: error file");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, errors_fd, 2);
	start = now_msec();
	r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	while (r == 0 && wait4(pid, &status, 0, &usage_of) < 0 && errno == EINTR)
		;
	end = now_msec();
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "interleave: %s: '%s %s' failed in round %d: %s %d\n", e->name,
			argv[0], argv[1] != NULL ? argv[1] : "", round,
			r != 0		    ? strerror(r)
			: WIFEXITED(status) ? "status"
					    : "signal",
			r != 0		    ? r
			: WIFEXITED(status) ? WEXITSTATUS(status)
					    : WTERMSIG(status));
		show_errors();
		exit(1);
	}
	if (s->timed && usage_of.ru_maxrss > e->rss[s - e->steps])
		e->rss[s - e->steps] = usage_of.ru_maxrss;
	for (int i = 0; argv[i] != NULL; i++) {
		if (argv[i] != s->argv[i])
			free(argv[i]);
	}
	return end - start;
}

static double run_steps(const struct entry *e, int number_of)
{
	double sum = 0;

	for (int i = 0; i < e->n_steps; i++) {
		double t = run_step(e, &e->steps[i], number_of);

		sum += e->steps[i].timed ? t : 0;
	}
	return sum;
}

/* All at once, until the last one ends. */
static double run_copies(const struct entry *e, int round)
{
	double start = now_msec();
	bool failed = false;
	int status;

	for (int i = 0; i < copies; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)run_steps(e, round * copies + i);
			_exit(0);
		}
		failed = failed || pid < 0;
	}
	while (wait(&status) > 0 || errno == EINTR)
		failed = failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	if (failed) {
		fprintf(stderr, "interleave: %s: a copy failed\n", e->name);
		exit(1);
	}
	return now_msec() - start;
}

static double run_entry(const struct entry *e, int round)
{
	double sum = copies > 1 ? run_copies(e, round) : run_steps(e, round);

	if (pause_msec > 0)
		(void)poll(NULL, 0, pause_msec);
	return sum;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *sorted, int n)
{
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static long largest_rss(const struct entry *e)
{
	long kb = 0;

	for (int i = 0; i < e->n_steps; i++)
		kb = e->rss[i] > kb ? e->rss[i] : kb;
	return kb;
}

static void report(void)
{
	FILE *out = out_path != NULL ? fopen(out_path, "ae") : NULL;
	double base = 0;

	if (out_path != NULL && out == NULL) {
		perror(out_path);
		exit(1);
	}
	if (title != NULL)
		printf("%s (%d rounds)\n", title, rounds);
	printf("  %-32s %11s %11s %11s %9s %8s\n", "", "median ms", "min ms", "p90 ms", "rss kB",
	       "ratio");
	for (int i = 0; i < n_entries; i++) {
		struct entry *e = &entries[i];
		double m;

		qsort(e->msec, (size_t)rounds, sizeof(double), compare);
		m = median(e->msec, rounds);
		base = i == 0 ? m : base;
		printf("  %-32s %11.3f %11.3f %11.3f %9ld %8.3f\n", e->name, m, e->msec[0],
		       e->msec[(rounds * 9 - 1) / 10], largest_rss(e), base > 0 ? m / base : 0);
		if (out != NULL)
			fprintf(out, "%s\t%.4f\t%ld\n", e->name, m, largest_rss(e));
	}
	if (out != NULL && fclose(out) != 0) {
		perror(out_path);
		exit(1);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char errors[] = "/tmp/interleave-XXXXXX";
	int c;

	while ((c = getopt(argc, argv, "+n:w:t:g:p:o:")) != -1) {
		switch (c) {
		case 'n':
			rounds = number(optarg);
			break;
		case 'w':
			warmup = number(optarg);
			break;
		case 't':
			title = optarg;
			break;
		case 'g':
			pause_msec = number(optarg);
			break;
		case 'p':
			copies = number(optarg);
			break;
		case 'o':
			out_path = optarg;
			break;
		default:
			return usage();
		}
	}
	if (rounds < 1 || rounds > ROUNDS_MAX || warmup < 0 || pause_msec < 0 || copies < 1 ||
	    copies > COPIES_MAX || parse(argc, argv, optind) < 0)
		return usage();
	errors_fd = mkostemp(errors, O_CLOEXEC);
	if (errors_fd < 0) {
		perror("interleave: mkostemp");
		return 1;
	}
	(void)unlink(errors);
	for (int i = 0; i < n_entries; i++) {
		entries[i].msec = calloc((size_t)rounds, sizeof(double));
		entries[i].rss = mmap(NULL, STEPS_MAX * sizeof(long), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (entries[i].msec == NULL || entries[i].rss == MAP_FAILED) {
			perror("interleave: memory");
			return 1;
		}
	}
	for (int round = -warmup; round < rounds; round++) {
		for (int i = 0; i < n_entries; i++) {
			int at = (i + round + warmup) % n_entries;
			double t = run_entry(&entries[at], round + warmup);

			if (round >= 0)
				entries[at].msec[round] = t;
		}
	}
	report();
	return 0;
}
