/* SPDX-License-Identifier: Apache-2.0 */
/* The languages of create's option values: what each makes of good words, and which words it
 * refuses. */
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/health/health.h"
#include "engine/wish_parse.h"
#include "harness/test.h"

typedef int (*parse_fn)(struct wish *w, const char *value, struct error *err);

/* Every word is refused as invalid (or as kind) and the wish can be freed. */
static void refused_as(parse_fn fn, const char *name, enum error_kind kind,
		       const char *const *words)
{
	for (; *words; words++) {
		scoped(wish_done) struct wish w = { 0 };
		struct error err = ERROR_INIT;

		if (fn(&w, *words, &err) >= 0)
			test_fail(__FILE__, __LINE__, "%s takes '%s'", name, *words);
		else if (err.kind != kind || err.msg[0] == '\0')
			test_fail(__FILE__, __LINE__, "%s '%s': kind %d, \"%s\"", name, *words,
				  err.kind, err.msg);
	}
}
#define REFUSED(fn, ...) \
	refused_as(fn, #fn, ERROR_INVALID, (const char *const[]){ __VA_ARGS__, NULL })
#define UNSUPPORTED(fn, ...) \
	refused_as(fn, #fn, ERROR_UNSUPPORTED, (const char *const[]){ __VA_ARGS__, NULL })

static void taken(parse_fn fn, struct wish *w, const char *value)
{
	struct error err = ERROR_INIT;

	if (fn(w, value, &err) < 0)
		test_fail(__FILE__, __LINE__, "'%s': %s", value, err.msg);
}

static void check_mount(const struct wish *w, size_t i, const char *type, const char *source,
			const char *destination, const char *options)
{
	scoped_free char *got = NULL;

	CHECK(i < w->n_mounts);
	got = strv_join(w->mounts[i].options, ",");
	CHECK_STR(w->mounts[i].type, type);
	CHECK_STR(w->mounts[i].source, source);
	CHECK_STR(w->mounts[i].destination, destination);
	CHECK_STR(got, options);
}

TEST(volumes)
{
	scoped(wish_done) struct wish w = { 0 };
	scoped_free char *cwd = getcwd(NULL, 0), *here = NULL;

	here = xasprintf("%s%sd", cwd, streq(cwd, "/") ? "" : "/");
	taken(wish_add_volume, &w, "/src:/dst");
	taken(wish_add_volume, &w, "/src//x/:/dst/:ro,rslave");
	taken(wish_add_volume, &w, "data:/data:nocopy");
	taken(wish_add_volume, &w, "/anon");
	taken(wish_add_volume, &w, "./d:/d");
	check_mount(&w, 0, "bind", "/src", "/dst", "");
	check_mount(&w, 1, "bind", "/src/x", "/dst", "ro,rslave");
	check_mount(&w, 2, "volume", "data", "/data", "nocopy");
	check_mount(&w, 3, "volume", "", "/anon", "");
	CHECK(w.mounts[3].anonymous && !w.mounts[2].anonymous);
	check_mount(&w, 4, "bind", here, "/d", "");
	CHECK(wish_is_mounted(&w, "/anon") && !wish_is_mounted(&w, "/an"));
	REFUSED(wish_add_volume, "", ":", "/a:", ":/b", "/a:b", "relative", "/a:/b:frob",
		"/a:/b:ro:rw", "/a:/b/../../etc", "/..", "a b:/x", "-x:/x", "..:x", "n\x01:/x");
	UNSUPPORTED(wish_add_volume, "/a:/b:O", "/a:/b:upperdir=/x");
}

TEST(mounts)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_mount, &w, "type=bind,src=/a,dst=/b,ro");
	taken(wish_add_mount, &w,
	      "type=bind,source=/a/,target=/b/,readonly=false,bind-propagation=rshared");
	taken(wish_add_mount, &w, "type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1777");
	taken(wish_add_mount, &w, "type=volume,src=v,dst=/v,U");
	taken(wish_add_mount, &w, "dst=/anon");
	taken(wish_add_mount, &w, "src=/a,type=bind,dst=/late");
	check_mount(&w, 0, "bind", "/a", "/b", "ro");
	check_mount(&w, 1, "bind", "/a", "/b", "rw,rshared");
	check_mount(&w, 2, "tmpfs", "tmpfs", "/t", "size=64m,mode=1777");
	check_mount(&w, 3, "volume", "v", "/v", "U");
	CHECK(w.mounts[4].anonymous);
	check_mount(&w, 5, "bind", "/a", "/late", "");
	REFUSED(wish_add_mount, "", "type=bind", "type=bind,src=/a", "type=bind,dst=/b",
		"type=frob,dst=/b", "type=bind,src=/a,dst=b", "type=bind,src=/a,dst=/b,frob",
		"type=bind,src=/a,dst=/b,size=5", "type=tmpfs,src=/a,dst=/b", "type=tmpfs",
		"type=volume,src=a/b,dst=/b", "type=bind,src=/a,dst=/b,ro=perhaps",
		"type=bind,src=/a,dst=/x/../..", "type=tmpfs,dst", "type=volume,src=..,dst=/b");
	UNSUPPORTED(wish_add_mount, "type=image,src=x,dst=/b", "type=devpts,dst=/b",
		    "type=glob,src=/a*,dst=/b");
}

TEST(tmpfs)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_tmpfs, &w, "/t");
	taken(wish_add_tmpfs, &w, "/u/:size=1m,mode=700,noexec");
	check_mount(&w, 0, "tmpfs", "tmpfs", "/t", "");
	check_mount(&w, 1, "tmpfs", "tmpfs", "/u", "size=1m,mode=700,noexec");
	REFUSED(wish_add_tmpfs, "", "t", ":size=1m", "/a/../b");
}

TEST(devices)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_device, &w, "/dev/null");
	taken(wish_add_device, &w, "/dev/null:/dev/x");
	taken(wish_add_device, &w, "/dev/null:r");
	taken(wish_add_device, &w, "/dev/null:/dev/y:rw");
	CHECK_INT(w.n_devices, 4);
	CHECK_STR(w.devices[0].container, "/dev/null");
	CHECK_STR(w.devices[0].permissions, "rwm");
	CHECK_STR(w.devices[1].container, "/dev/x");
	CHECK_STR(w.devices[2].permissions, "r");
	CHECK_STR(w.devices[3].container, "/dev/y");
	REFUSED(wish_add_device, "", "null", "/dev/null:x", "/dev/null:/y:q", "/dev/null:/y:rwmr",
		"/dev/null:/y:", "/dev/null:y:rw", "/dev/null:/y:r:w", ":/y");
	UNSUPPORTED(wish_add_device, "vendor.com/class=device");
}

TEST(ulimits)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_ulimit, &w, "nofile=10:20");
	taken(wish_add_ulimit, &w, "RLIMIT_NPROC=7");
	taken(wish_add_ulimit, &w, "core=-1:-1");
	taken(wish_add_ulimit, &w, "cpu=unlimited");
	CHECK_INT(w.process.n_rlimits, 4);
	CHECK_STR(w.process.rlimits[0].type, "RLIMIT_NOFILE");
	CHECK_INT(w.process.rlimits[0].soft, 10);
	CHECK_INT(w.process.rlimits[0].hard, 20);
	CHECK_INT(w.process.rlimits[1].hard, 7);
	CHECK(w.process.rlimits[2].soft == UINT64_MAX && w.process.rlimits[3].hard == UINT64_MAX);
	CHECK(!w.process.rlimits_host);
	taken(wish_add_ulimit, &w, "host");
	CHECK(w.process.rlimits_host);
	REFUSED(wish_add_ulimit, "", "nofile", "nofile=", "nofile=x", "nofile=1:", "nofile=:1",
		"nofile=20:10", "frob=1", "=1", "nofile=-2", "nofile=1:2:3",
		"nofile=18446744073709551616");
}

TEST(ports)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_port, &w, "80");
	taken(wish_add_port, &w, "8080:80");
	taken(wish_add_port, &w, "127.0.0.1:8080:80/udp");
	taken(wish_add_port, &w, "9000-9002:90-92");
	taken(wish_add_port, &w, "127.0.0.1::80");
	CHECK_INT(w.network.n_ports, 5);
	CHECK_INT(w.network.ports[0].host_port, 0);
	CHECK_INT(w.network.ports[0].container_port, 80);
	CHECK_INT(w.network.ports[1].host_port, 8080);
	CHECK_STR(w.network.ports[2].host_ip, "127.0.0.1");
	CHECK_STR(w.network.ports[2].protocol, "udp");
	CHECK_INT(w.network.ports[3].range, 3);
	REFUSED(wish_add_port, "", "x", "0", "65536", "80:65536", "-1:80",
		"8080:", ":80:", "9000-9002:90-91", "92-90", "80/frob", "256.0.0.1:1:1", "1:2:3:4",
		"80/", " 80");
}

TEST(networks)
{
	scoped(wish_done) struct wish w = { 0 };
	static const char *const plain[] = { "none", "host", "bridge", "container:abc", "ns:/x" };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		taken(wish_add_network, &w, plain[i]);
		CHECK_STR(w.network.mode, plain[i]);
		CHECK_INT(w.network.n_attachments, 0);
	}
	taken(wish_add_network, &w, "private");
	CHECK_STR(w.network.mode, "bridge");
	taken(wish_add_network, &w, "mynet:ip=10.1.2.3,alias=db,mac=02:00:00:00:00:01");
	CHECK_STR(w.network.mode, "bridge");
	CHECK_INT(w.network.n_attachments, 1);
	CHECK_STR(w.network.attachments[0].network, "mynet");
	CHECK_STR(w.network.attachments[0].static_ips[0], "10.1.2.3");
	CHECK_STR(w.network.attachments[0].aliases[0], "db");
	CHECK_STR(w.network.attachments[0].static_mac, "02:00:00:00:00:01");
	taken(wish_add_network, &w, "other");
	CHECK_INT(w.network.n_attachments, 2);
	REFUSED(wish_add_network, "", ":", "container:", "ns:", "net:frob=1", "../x", "a b",
		"net:ip=999", "net:mac=zz");
	UNSUPPORTED(wish_add_network, "pasta", "slirp4netns", "slirp4netns:mtu=1500");
}

TEST(security_options)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_security_opt, &w, "no-new-privileges");
	CHECK(w.security.no_new_privileges);
	taken(wish_add_security_opt, &w, "no-new-privileges:false");
	CHECK(!w.security.no_new_privileges);
	taken(wish_add_security_opt, &w, "no-new-privileges=true");
	CHECK(w.security.no_new_privileges);
	taken(wish_add_security_opt, &w, "seccomp=/p.json");
	CHECK_STR(w.security.seccomp, "/p.json");
	taken(wish_add_security_opt, &w, "seccomp=unconfined");
	CHECK_STR(w.security.seccomp, "unconfined");
	taken(wish_add_security_opt, &w, "mask=/a:/b");
	taken(wish_add_security_opt, &w, "unmask=ALL");
	taken(wish_add_security_opt, &w, "label=disable");
	taken(wish_add_security_opt, &w, "apparmor=unconfined");
	CHECK_INT(strv_len(w.security.mask), 2);
	CHECK_STR(w.security.mask[1], "/b");
	CHECK_STR(w.security.unmask[0], "ALL");
	REFUSED(wish_add_security_opt, "", "frob", "frob=1", "seccomp",
		"seccomp=", "mask=", "no-new-privileges=maybe", "=x", "mask=relative");
	UNSUPPORTED(wish_add_security_opt, "proc-opts=hidepid=2", "systempaths=unconfined");
}

TEST(pairs)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_add_sysctl, &w, "net.ipv4.ip_forward=1");
	taken(wish_add_annotation, &w, "a=b=c");
	taken(wish_add_label, &w, "plain");
	taken(wish_add_label, &w, "k=v");
	taken(wish_add_label, &w, "k=w");
	CHECK_STR(strmap_get(&w.security.sysctl, "net.ipv4.ip_forward"), "1");
	CHECK_STR(strmap_get(&w.annotations, "a"), "b=c");
	CHECK_STR(strmap_get(&w.labels, "plain"), "");
	CHECK_STR(strmap_get(&w.labels, "k"), "w");
	REFUSED(wish_add_sysctl, "", "x", "=1", "kernel.panic=1", "vm.swappiness=1", "network=1");
	REFUSED(wish_add_annotation, "", "x", "=1");
	REFUSED(wish_add_label, "", "=1");
}

TEST(logs)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_set_log_driver, &w, "json-file");
	CHECK_STR(w.log.driver, "json-file");
	taken(wish_set_log_driver, &w, "journald");
	taken(wish_set_log_driver, &w, "none");
	CHECK_STR(w.log.driver, "none");
	taken(wish_add_log_opt, &w, "max-size=10k");
	taken(wish_add_log_opt, &w, "path=/x");
	taken(wish_add_log_opt, &w, "tag=t");
	CHECK_INT(w.log.max_size, 10000);
	taken(wish_add_log_opt, &w, "label=a=b");
	taken(wish_add_log_opt, &w, "label=c=");
	CHECK_STR(w.log.labels[0], "a=b");
	CHECK_STR(w.log.labels[1], "c=");
	taken(wish_add_log_opt, &w, "syslog-address=udp://127.0.0.1:514");
	CHECK_STR(w.log.syslog_address, "udp://127.0.0.1:514");
	REFUSED(wish_set_log_driver, "", "frob", "k8s-file ");
	REFUSED(wish_add_log_opt, "", "max-size", "max-size=", "max-size=big", "max-size=-1",
		"max-file=0", "frob=1");
}

TEST(environment)
{
	scoped(wish_done) struct wish w = { 0 };
	const char *file = test_path("env");
	struct error err = ERROR_INIT;

	setenv("CORACLE_T_ONE", "1", 1);
	setenv("CORACLE_T_TWO", "2", 1);
	unsetenv("CORACLE_NOT_THERE");
	taken(wish_add_env, &w, "A=1");
	taken(wish_add_env, &w, "A=2=3");
	taken(wish_add_env, &w, "EMPTY=");
	taken(wish_add_env, &w, "CORACLE_T_ONE");
	taken(wish_add_env, &w, "CORACLE_NOT_THERE");
	CHECK_STR(strv_env_get(w.process.env, "A"), "2=3");
	CHECK_STR(strv_env_get(w.process.env, "EMPTY"), "");
	CHECK_STR(strv_env_get(w.process.env, "CORACLE_T_ONE"), "1");
	CHECK(strv_env_get(w.process.env, "CORACLE_NOT_THERE") == NULL);
	CHECK(strv_env_get(w.process.env, "CORACLE_T_TWO") == NULL);
	taken(wish_add_env, &w, "CORACLE_T_*");
	CHECK_STR(strv_env_get(w.process.env, "CORACLE_T_TWO"), "2");
	REFUSED(wish_add_env, "", "=x", "=");
	CHECK_INT(test_write_file(file, "# comment\n\n  F=1\r\nG=a b # c\nCORACLE_T_ONE\n"), 0);
	CHECK_OK(wish_add_env_file(&w, file, &err), err);
	CHECK_STR(strv_env_get(w.process.env, "F"), "1");
	CHECK_STR(strv_env_get(w.process.env, "G"), "a b # c");
	CHECK_INT(test_write_file(file, "OK=1\n=bad\n"), 0);
	CHECK_FAILS(wish_add_env_file(&w, file, &err), err, ERROR_INVALID, file);
	CHECK_FAILS(wish_add_env_file(&w, "/nonexistent/env", &err), err, ERROR_OS,
		    "/nonexistent/env");
}

TEST(resources)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_set_cpus, &w, "1.5");
	CHECK_INT(w.resources.cpu->quota.value, 150000);
	CHECK_INT(w.resources.cpu->period.value, 100000);
	taken(wish_set_memory, &w, "64m");
	CHECK_INT(w.resources.memory->limit.value, 64 << 20);
	CHECK_INT(w.resources.memory->swap.value, 128 << 20);
	taken(wish_set_pids_limit, &w, "10");
	CHECK_INT(w.resources.pids->limit.value, 10);
	taken(wish_set_pids_limit, &w, "0");
	CHECK_INT(w.resources.pids->limit.value, -1);
	REFUSED(wish_set_cpus, "", "0", "-1", "x", "1e9", "nan", "inf");
	REFUSED(wish_set_memory, "", "x", "-1", "1z", "99999999999999999999");
	REFUSED(wish_set_pids_limit, "", "x", "-2", "1.5");
}

TEST(memory_twice)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_set_memory, &w, "64m");
	taken(wish_set_memory, &w, "32m");
	CHECK_INT(w.resources.memory->limit.value, 32 << 20);
	CHECK_INT(w.resources.memory->swap.value, 64 << 20);
	taken(wish_set_memory, &w, "0");
	CHECK(!w.resources.memory->limit.set && !w.resources.memory->swap.set);
}

TEST(the_rest)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_set_umask, &w, "027");
	CHECK_INT(w.process.umask.value, 027);
	taken(wish_set_stop_signal, &w, "SIGUSR1");
	taken(wish_set_stop_signal, &w, "9");
	CHECK_STR(w.process.stop_signal, "9");
	taken(wish_set_stop_timeout, &w, "0");
	CHECK(w.process.stop_timeout.set && w.process.stop_timeout.value == 0);
	taken(wish_add_host, &w, "db:192.0.2.1");
	taken(wish_add_host, &w, "gw:host-gateway");
	REFUSED(wish_set_umask, "", "8", "1000", "x", "-1", "00022");
	REFUSED(wish_set_stop_signal, "", "FROB", "0", "65", "-9");
	REFUSED(wish_set_stop_timeout, "", "x", "-2", "4294967296");
	REFUSED(wish_add_host, "", "x", "x:", ":1.2.3.4", "a b:1.2.3.4", "a:1.2.3.4\n5.6.7.8 evil",
		"a:1.2.3", "a:frob");
}

TEST(entrypoints)
{
	scoped(wish_done) struct wish w = { 0 };

	taken(wish_set_entrypoint, &w, "/bin/sh");
	CHECK_INT(strv_len(w.process.entrypoint), 1);
	taken(wish_set_entrypoint, &w, "[\"a\",\"b c\"]");
	CHECK_INT(strv_len(w.process.entrypoint), 2);
	CHECK_STR(w.process.entrypoint[1], "b c");
	taken(wish_set_entrypoint, &w, "");
	CHECK(w.process.entrypoint != NULL);
	CHECK_INT(strv_len(w.process.entrypoint), 0);
	taken(wish_set_entrypoint, &w, "[ is no array");
	CHECK_STR(w.process.entrypoint[0], "[ is no array");
	REFUSED(wish_set_entrypoint, "[1]", "[\"a\",null]");
}

/* Whatever comes in is taken or refused; nothing breaks, and the wish survives its own text. */
TEST(hostile_words_to_every_language)
{
	static const parse_fn fns[] = {
		wish_add_volume,
		wish_add_mount,
		wish_add_tmpfs,
		wish_add_device,
		wish_add_ulimit,
		wish_add_port,
		wish_add_network,
		wish_add_security_opt,
		wish_add_sysctl,
		wish_add_annotation,
		wish_add_label,
		wish_add_log_opt,
		wish_set_log_driver,
		wish_add_env,
		wish_set_cpus,
		wish_set_memory,
		wish_set_pids_limit,
		wish_set_umask,
		wish_set_entrypoint,
		wish_set_stop_signal,
		wish_set_stop_timeout,
		wish_add_host,
		wish_set_restart,
		wish_set_sdnotify,
		wish_set_health_cmd,
		wish_set_health_interval,
		wish_set_health_retries,
		wish_set_health_start_period,
		wish_set_health_timeout,
		wish_set_health_on_failure,
		wish_set_health_log_destination,
		wish_set_health_max_log_count,
		wish_set_health_max_log_size,
		wish_set_startup_cmd,
		wish_set_startup_interval,
		wish_set_startup_retries,
		wish_set_startup_success,
		wish_set_startup_timeout,
	};
	scoped_free char *longest = xcalloc(1, 100001);
	const char *const words[] = { "",      ":",	 "::",	 ":::::::", ",",      ",,,",
				      "=",     "==",	 "=:=",	 "/",	    "//",     ".",
				      "..",    "/../..", "%n%s", "\x01",    "a\nb",   "\xff\xfe",
				      "[",     "[[[[",	 "{}",	 "type=",   "type=,", "-",
				      "--",    "*",	 "0",	 "-0",	    "0x10",   "+1",
				      "1e400", "\t",	 longest };

	memset(longest, ':', 100000);
	for (size_t f = 0; f < ARRAY_SIZE(fns); f++) {
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			scoped(wish_done) struct wish w = { 0 }, again = { 0 };
			scoped(buf_done) struct buf text = BUF_INIT;
			struct error err = ERROR_INIT;

			if (fns[f](&w, words[i], &err) < 0) {
				CHECK(err.msg[0] != '\0');
				continue;
			}
			json_table_dump(&wish_table, &w, 0, &text);
			/* db_container_insert refuses these */
			if (!str_utf8(buf_str(&text), text.len))
				continue;
			if (json_table_parse(&wish_table, buf_str(&text), text.len, &again, "wish",
					     0, &err) < 0)
				test_fail(__FILE__, __LINE__, "language %zu, word '%s': %s", f,
					  words[i], err.msg);
		}
	}
}

TEST(restart_policies)
{
	static const struct {
		const char *word;
		int policy;
		uint32_t retries;
	} good[] = { { "no", RESTART_NO, 0 },
		     { "never", RESTART_NO, 0 },
		     { "on-failure", RESTART_ON_FAILURE, 0 },
		     { "on-failure:0", RESTART_ON_FAILURE, 0 },
		     { "on-failure:7", RESTART_ON_FAILURE, 7 },
		     { "always", RESTART_ALWAYS, 0 },
		     { "unless-stopped", RESTART_UNLESS_STOPPED, 0 } };
	static const char *const bad[] = { "",
					   "Always",
					   "on-failure:",
					   "on-failure:-1",
					   "on-failure:x",
					   "on-failure:1:2",
					   "always:1",
					   "no:0" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		scoped(wish_done) struct wish w = { 0 };
		struct error err = ERROR_INIT;

		CHECK_OK(wish_set_restart(&w, good[i].word, &err), err);
		CHECK_INT(w.restart.policy, good[i].policy);
		CHECK_INT(w.restart.max_retries, good[i].retries);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scoped(wish_done) struct wish w = { 0 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(wish_set_restart(&w, bad[i], &err), err, ERROR_INVALID,
			    "restart policy");
	}
}
