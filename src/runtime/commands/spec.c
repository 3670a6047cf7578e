/* SPDX-License-Identifier: Apache-2.0 */
/* spec: the default config.json. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/commands/commands.h"
#include "sys/fd.h"

/* Every capability list of the default document. */
#define DEFAULT_CAPS "[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]"

static const char spec_process[] =
	"\"ociVersion\":\"1.2.0\",\"process\":{\"terminal\":true,\"user\":{\"uid\":0,\"gid\":0},"
	"\"args\":[\"sh\"],\"env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	"/sbin:/bin\",\"TERM=xterm\"],\"cwd\":\"/\",\"capabilities\":{\"bounding\":" DEFAULT_CAPS
	",\"effective\":" DEFAULT_CAPS ",\"permitted\":" DEFAULT_CAPS "},\"rlimits\":[{\"type\":"
	"\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":true},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"coracle\",";

static const char spec_mounts[] =
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\","
	"\"strictatime\",\"mode=755\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":["
	"\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":["
	"\"nosuid\",\"noexec\",\"nodev\"]},";

static const char spec_mounts_root[] =
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":["
	"\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]},"
	"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\","
	"\"noexec\",\"nodev\",\"ro\"]},"
	"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"relatime\",\"ro\"]}";

static const char spec_mounts_rootless[] =
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":["
	"\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\"]},"
	"{\"destination\":\"/sys\",\"type\":\"none\",\"source\":\"/sys\",\"options\":[\"rbind\","
	"\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}";

#define SPEC_LINUX                                                                         \
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"        \
	"{\"type\":\"mount\"},{\"type\":\"cgroup\"},%s],"                                  \
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\"," \
	"\"/proc/latency_stats\",\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/"      \
	"sched_debug\","                                                                   \
	"\"/sys/firmware\",\"/proc/scsi\"],\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\"," \
	"\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]"

void runtime_default_spec(bool rootless, struct buf *out)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_json json_t *j = NULL;

	buf_addf(&b, "{%s\"mounts\":[%s%s],\"linux\":{", spec_process, spec_mounts,
		 rootless ? spec_mounts_rootless : spec_mounts_root);
	if (rootless)
		buf_addf(&b,
			 "\"uidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],"
			 "\"gidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],",
			 (unsigned)geteuid(), (unsigned)getegid());
	else
		buf_adds(&b, "\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]},");
	buf_addf(&b, SPEC_LINUX, rootless ? "{\"type\":\"user\"}" : "{\"type\":\"network\"}");
	buf_adds(&b, "}}");
	/* Through the parser for its layout, and so that a slip here cannot get out. */
	if (json_text_parse(buf_str(&b), b.len, "default specification", &j, NULL) == 0)
		json_text_dump(j, 4, out);
}

struct spec_flags {
	const char *bundle, *file;
	bool rootless;
};
static const struct option_row spec_rows[] = {
	{ "bundle", 'b', OPTION_STRING, offsetof(struct spec_flags, bundle), "DIR",
	  "bundle directory (default: here)" },
	{ "file", 'f', OPTION_STRING, offsetof(struct spec_flags, file), "PATH",
	  "file to write (default: config.json); - is stdout" },
	{ "rootless", 0, OPTION_FLAG, offsetof(struct spec_flags, rootless), NULL,
	  "for an ordinary user" },
};

static int spec_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct spec_flags f = { 0 };
	scoped_free char *path = NULL;
	scoped_fd int fd = -1;
	struct positional p;
	int r = command_parse(&runtime_command_spec, argc, argv, &f, 0, 0, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	runtime_default_spec(f.rootless, &b);
	buf_addc(&b, '\n');
	if (streq_opt(f.file, "-"))
		return command_print(&b, err);
	path = path_join(f.bundle ? f.bundle : ".", f.file ? f.file : "config.json");
	if (f.file && path_absolute(f.file)) {
		free(path);
		path = xstrdup(f.file);
	}
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (fd == -EEXIST)
		return error_set(err, ERROR_EXISTS, "file '%s' exists: remove it first", path);
	r = fd < 0 ? fd : fd_write_all(fd, buf_str(&b), b.len);
	return r < 0 ? error_os(err, -r, "write '%s'", path) : 0;
}

const struct command runtime_command_spec = { "spec", "spec [options]",
					      "write a default config.json",
					      COMMAND_ROWS(spec_rows), spec_run };
