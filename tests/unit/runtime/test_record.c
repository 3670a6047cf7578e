/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "runtime/record.h"
#include "sys/fd.h"
#include "sys/procfs.h"

TEST(ids)
{
	char longest[257];

	CHECK(record_id_valid("a"));
	CHECK(record_id_valid("web_1.a+b-C"));
	CHECK(!record_id_valid(""));
	CHECK(!record_id_valid(NULL));
	CHECK(!record_id_valid("."));
	CHECK(!record_id_valid(".."));
	CHECK(!record_id_valid("../x"));
	CHECK(!record_id_valid("a/b"));
	CHECK(!record_id_valid("a b"));
	memset(longest, 'a', 256);
	longest[256] = '\0';
	CHECK(!record_id_valid(longest));
	CHECK(record_id_valid(longest + 1));
}

static struct runtime_context context(void)
{
	return (struct runtime_context){ .root = test_tmpdir() };
}

static struct runtime_record sample(void)
{
	struct runtime_record r = { 0 };

	r.oci_version = xstrdup("1.0.2");
	r.id = xstrdup("c1");
	r.bundle = xstrdup("/b \"pid\":2147483647");
	r.created_nsec = 1;
	strmap_set(&r.annotations, "\"pid\": 2147483647", "2147483647");
	return r;
}

TEST(save_and_load)
{
	struct runtime_context cx = context();
	scoped(runtime_record_done) struct runtime_record a = sample(), b = { 0 };
	struct error err = ERROR_INIT;
	scoped_fd int dir = record_make_dir(&cx, "c1", &err);
	struct stat st;

	CHECK_OK(dir, err);
	CHECK_INT(fstat(dir, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0700);
	a.init_pid = 12;
	a.init_start_time = UINT64_C(1) << 60;
	CHECK_OK(record_save(dir, &a, &err), err);
	CHECK_OK(runtime_record_load(&cx, "c1", &b, &err), err);
	CHECK(json_table_equal(&runtime_record_table, &a, &b));
	CHECK_FAILS(record_make_dir(&cx, "c1", &err), err, ERROR_EXISTS, "exists");
	CHECK_OK(record_remove_dir(&cx, "c1", &err), err);
	CHECK_FAILS(record_open_dir(&cx, "c1", &err), err, ERROR_NOT_FOUND, "does not exist");
	CHECK_OK(record_remove_dir(&cx, "c1", &err), err);
}

TEST(a_directory_without_record_is_stopped)
{
	struct runtime_context cx = context();
	scoped(runtime_record_done) struct runtime_record r = { 0 };
	struct error err = ERROR_INIT;
	scoped_fd int dir = record_make_dir(&cx, "half", &err);

	CHECK_OK(dir, err);
	CHECK_OK(runtime_record_load(&cx, "half", &r, &err), err);
	CHECK_STR(runtime_status_name(record_status(dir, &r)), "stopped");
	CHECK_OK(runtime_delete(&cx, "half", false, &err), err);
}

TEST(status_is_derived)
{
	struct runtime_context cx = context();
	scoped(runtime_record_done) struct runtime_record r = sample();
	struct error err = ERROR_INIT;
	scoped_fd int dir = record_make_dir(&cx, "c2", &err);
	scoped_fd int sock = -1;
	struct proc_stat st;

	CHECK_OK(dir, err);
	CHECK_INT(proc_stat(getpid(), &st), 0);
	r.creator_pid = getpid();
	r.creator_start_time = st.start_time;
	CHECK_INT(record_status(dir, &r), RUNTIME_CREATING);
	r.creator_start_time++; /* the number was reused */
	CHECK_INT(record_status(dir, &r), RUNTIME_STOPPED);
	r.init_pid = getpid();
	r.init_start_time = st.start_time;
	CHECK_INT(record_status(dir, &r), RUNTIME_RUNNING);
	sock = fd_open(dir, RECORD_SOCKET, O_CREAT | O_WRONLY, 0600);
	r.creator_start_time = st.start_time;
	CHECK_INT(record_status(dir, &r), RUNTIME_CREATING);
	r.creator_start_time++;
	CHECK_INT(record_status(dir, &r), RUNTIME_STOPPED); /* killed before it was done */
	CHECK_OK(record_set_created(dir, &err), err);
	CHECK_INT(record_status(dir, &r), RUNTIME_CREATED);
	r.init_start_time++;
	CHECK_INT(record_status(dir, &r), RUNTIME_STOPPED);
	CHECK_OK(record_remove_dir(&cx, "c2", &err), err);
}

TEST(status_with_init)
{
	struct runtime_context cx = context();
	scoped(runtime_record_done) struct runtime_record r = sample();
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	enum runtime_status s;
	struct error err = ERROR_INIT;
	scoped_fd int dir = record_make_dir(&cx, "c3", &err);
	struct proc_stat st;
	siginfo_t si;
	pid_t pid;

	CHECK_OK(dir, err);
	CHECK_INT(proc_stat(getpid(), &st), 0);
	r.creator_pid = getpid();
	r.creator_start_time = st.start_time;
	CHECK_OK(record_status_init(dir, &r, &init, &s, &err), err);
	CHECK(s == RUNTIME_CREATING && init.pid == 0);
	r.init_pid = getpid();
	r.init_start_time = st.start_time;
	CHECK_OK(record_status_init(dir, &r, &init, &s, &err), err);
	CHECK(s == RUNTIME_RUNNING && init.pid == getpid() && init.fd >= 0);
	pidref_done(&init);
	r.init_start_time++;
	CHECK_OK(record_status_init(dir, &r, &init, &s, &err), err);
	CHECK(s == RUNTIME_STOPPED && init.pid == 0);
	/* A zombie is as good as gone. */
	pid = fork();
	if (pid == 0)
		_exit(0);
	CHECK_INT(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	CHECK_INT(proc_stat(pid, &st), 0);
	r.init_pid = pid;
	r.init_start_time = st.start_time;
	CHECK_OK(record_status_init(dir, &r, &init, &s, &err), err);
	CHECK(s == RUNTIME_STOPPED && init.pid == 0);
	CHECK_INT(pid_reap(pid, NULL), 0);
	CHECK_OK(record_status_init(dir, &r, &init, &s, &err), err);
	CHECK_INT(s, RUNTIME_STOPPED);
	CHECK_OK(record_remove_dir(&cx, "c3", &err), err);
}

TEST(state_is_split_at_the_pid)
{
	scoped(runtime_record_done) struct runtime_record r = sample();
	scoped(hook_state_done) struct hook_state s = { 0 };
	scoped_free char *text = NULL;
	scoped_json json_t *j = NULL;
	struct error err = ERROR_INIT;

	record_state_split(&r, "creating", &s);
	text = xasprintf("%s77%s", s.head, s.tail);
	CHECK_OK(json_text_parse(text, strlen(text), "state", &j, &err), err);
	CHECK_INT(json_get_int(j, "pid", 0), 77);
	CHECK_STR(json_get_str(j, "bundle"), r.bundle);
	CHECK_STR(json_get_str(j, "status"), "creating");
}

TEST(seccomp_program_survives)
{
	struct runtime_context cx = context();
	struct error err = ERROR_INIT;
	scoped_fd int dir = record_make_dir(&cx, "c3", &err);
	char code[16] = "0123456789abcdef";
	struct seccomp_program p = { code, 2, 3, true };
	scoped(seccomp_program_done) struct seccomp_program q = { 0 };
	scoped(seccomp_program_done) struct seccomp_program none = { 0 };

	CHECK_OK(dir, err);
	CHECK_OK(record_load_seccomp(dir, &none, &err), err);
	CHECK_INT(none.len, 0);
	CHECK_OK(record_save_seccomp(dir, &p, &err), err);
	CHECK_OK(record_load_seccomp(dir, &q, &err), err);
	CHECK_INT(q.len, 2);
	CHECK_INT(q.flags, 3);
	CHECK(q.notify);
	CHECK(memcmp(q.filter, code, sizeof(code)) == 0);
	CHECK_OK(test_write_file(test_path("c3/seccomp.bpf"), "damaged"), err);
	CHECK_FAILS(record_load_seccomp(dir, &q, &err), err, ERROR_CORRUPT, "damaged");
	CHECK_OK(record_remove_dir(&cx, "c3", &err), err);
}
