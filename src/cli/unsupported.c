/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the peer's command line has: names only.  A flag or command that is here but has no row in
 * our own tables is refused as "not supported yet" instead of "unknown", so that a script's author
 * sees whether it is a slip or a gap.
 */
#include "cli/command.h"

#include "base/str.h"
#include "base/strv.h"

static const struct {
	const char *path;
	const char *flags; /* separated by blanks */
} peer_flags[] = {
	{ "attach", "detach-keys latest no-stdin sig-proxy" },
	{ "completion", "file no-desc" },
	{ "container cleanup", "all exec latest rm rmi stopped-only" },
	{ "container exists", "external" },
	{ "container inspect", "format latest size" },
	{ "create",
	  "add-host annotation arch attach authfile blkio-weight blkio-weight-device cap-"
	  "add cap-drop cert-dir cgroup-conf cgroup-parent cgroupns cgroups chrootdirs "
	  "cidfile conmon-pidfile cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-"
	  "shares cpus cpuset-cpus cpuset-mems creds decryption-key device device-cgroup-"
	  "rule device-read-bps device-read-iops device-write-bps device-write-iops "
	  "disable-content-trust dns dns-opt dns-option dns-search entrypoint env env-file "
	  "env-host env-merge expose gidmap gpus group-add group-entry health-cmd health-"
	  "interval health-log-destination health-max-log-count health-max-log-size health-"
	  "on-failure health-retries health-start-period health-startup-cmd health-startup-"
	  "interval health-startup-retries health-startup-success health-startup-timeout "
	  "health-timeout healthcheck-command healthcheck-interval healthcheck-retries "
	  "healthcheck-start-period healthcheck-timeout hostname hosts-file hostuser http-"
	  "proxy image-volume init init-ctr init-path interactive ip ip6 ipc kernel-memory "
	  "label label-file log-driver log-opt mac-address memory memory-reservation "
	  "memory-swap memory-swappiness mount name net network network-alias no-"
	  "healthcheck no-hostname no-hosts oom-kill-disable oom-score-adj os override-arch "
	  "override-os override-variant passwd-entry personality pid pidfile pids-limit "
	  "platform pod pod-id-file privileged publish publish-all pull quiet rdt-class "
	  "read-only read-only-tmpfs replace requires restart retry retry-delay rm rootfs "
	  "sdnotify seccomp-policy secret security-opt shm-size shm-size-systemd signature-"
	  "policy stop-signal stop-timeout subgidname subuidname sysctl systemd timeout "
	  "tls-verify tmpfs tty tz uidmap ulimit umask unsetenv unsetenv-all user userns "
	  "uts variant volume volumes-from workdir" },
	{ "exec", "cidfile detach detach-keys env env-file interactive latest no-session preserve-"
		  "fd preserve-fds privileged tty user wait workdir" },
	{ "image inspect", "format" },
	{ "images", "all digests filter format history no-trunc noheading quiet sort" },
	{ "import", "arch change message os quiet signature-policy variant" },
	{ "info", "debug format" },
	{ "inspect", "format latest size type" },
	{ "kill", "all cidfile latest signal" },
	{ "load", "input quiet signature-policy" },
	{ "logs", "color details follow latest names since tail timestamps until" },
	{ "network create",
	  "disable-dns dns driver gateway ignore interface-name internal ip-range ipam-"
	  "driver ipv6 label opt route subnet" },
	{ "network inspect", "format" },
	{ "network ls", "filter format no-trunc noheading quiet" },
	{ "network rm", "force time" },
	{ "pause", "all cidfile filter latest" },
	{ "port", "all latest" },
	{ "ps", "all external filter format last latest namespace no-trunc noheading notruncate "
		"ns pod quiet size sort storage sync watch" },
	{ "pull", "all-tags arch authfile cert-dir creds decryption-key disable-content-trust os "
		  "platform policy quiet retry retry-delay signature-policy tls-verify variant" },
	{ "restart", "all cidfile filter latest running time" },
	{ "rm", "all cidfile depend filter force ignore latest storage time volumes" },
	{ "rmi", "all force ignore no-prune" },
	{ "run", "add-host annotation arch attach authfile blkio-weight blkio-weight-device cap-"
		 "add cap-drop cert-dir cgroup-conf cgroup-parent cgroupns cgroups chrootdirs "
		 "cidfile conmon-pidfile cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-"
		 "shares cpus cpuset-cpus cpuset-mems creds decryption-key detach detach-keys "
		 "device device-cgroup-rule device-read-bps device-read-iops device-write-bps "
		 "device-write-iops disable-content-trust dns dns-opt dns-option dns-search "
		 "entrypoint env env-file env-host env-merge expose gidmap gpus group-add group-"
		 "entry health-cmd health-interval health-log-destination health-max-log-count "
		 "health-max-log-size health-on-failure health-retries health-start-period health-"
		 "startup-cmd health-startup-interval health-startup-retries health-startup-"
		 "success health-startup-timeout health-timeout healthcheck-command healthcheck-"
		 "interval healthcheck-retries healthcheck-start-period healthcheck-timeout "
		 "hostname hosts-file hostuser http-proxy image-volume init init-path interactive "
		 "ip ip6 ipc kernel-memory label label-file log-driver log-opt mac-address memory "
		 "memory-reservation memory-swap memory-swappiness mount name net network network-"
		 "alias no-healthcheck no-hostname no-hosts oom-kill-disable oom-score-adj os "
		 "override-arch override-os override-variant passwd passwd-entry personality pid "
		 "pidfile pids-limit platform pod pod-id-file preserve-fd preserve-fds privileged "
		 "publish publish-all pull quiet rdt-class read-only read-only-tmpfs replace "
		 "requires restart retry retry-delay rm rmi rootfs sdnotify seccomp-policy secret "
		 "security-opt shm-size shm-size-systemd sig-proxy signature-policy stop-signal "
		 "stop-timeout subgidname subuidname sysctl systemd timeout tls-verify tmpfs tty "
		 "tz uidmap ulimit umask unsetenv unsetenv-all user userns uts variant volume "
		 "volumes-from workdir" },
	{ "start", "all attach detach-keys filter interactive latest sig-proxy" },
	{ "stop", "all cidfile filter ignore latest service time timeout" },
	{ "system check", "force max quick repair" },
	{ "top", "latest list-descriptors" },
	{ "unpause", "all cidfile filter latest" },
	{ "version", "format" },
	{ "volume create", "driver gid ignore label opt uid" },
	{ "volume inspect", "all format" },
	{ "volume ls", "filter format noheading quiet" },
	{ "volume rm", "all force time" },
	{ "wait", "condition exit-first-match ignore interval latest" },
};

static const char *const peer_commands[] = {
	"artifact",
	"artifact add",
	"artifact extract",
	"artifact inspect",
	"artifact ls",
	"artifact pull",
	"artifact push",
	"artifact rm",
	"attach",
	"auto-update",
	"build",
	"buildx",
	"buildx build",
	"buildx inspect",
	"buildx version",
	"commit",
	"completion",
	"compose",
	"container",
	"container attach",
	"container checkpoint",
	"container cleanup",
	"container clone",
	"container commit",
	"container cp",
	"container create",
	"container diff",
	"container exec",
	"container exists",
	"container export",
	"container init",
	"container inspect",
	"container kill",
	"container list",
	"container logs",
	"container mount",
	"container pause",
	"container port",
	"container prune",
	"container ps",
	"container rename",
	"container restart",
	"container restore",
	"container rm",
	"container run",
	"container runlabel",
	"container start",
	"container stats",
	"container stop",
	"container top",
	"container unmount",
	"container unpause",
	"container update",
	"container wait",
	"context",
	"context create",
	"context inspect",
	"context use",
	"cp",
	"create",
	"diff",
	"events",
	"exec",
	"export",
	"farm",
	"farm build",
	"farm create",
	"farm list",
	"farm remove",
	"farm update",
	"generate",
	"generate kube",
	"generate spec",
	"generate systemd",
	"healthcheck",
	"healthcheck run",
	"help",
	"history",
	"image",
	"image build",
	"image diff",
	"image exists",
	"image history",
	"image import",
	"image inspect",
	"image list",
	"image load",
	"image mount",
	"image prune",
	"image pull",
	"image push",
	"image rm",
	"image save",
	"image scp",
	"image search",
	"image sign",
	"image tag",
	"image tree",
	"image trust",
	"image trust set",
	"image trust show",
	"image unmount",
	"image untag",
	"images",
	"import",
	"info",
	"init",
	"inspect",
	"kill",
	"kube",
	"kube apply",
	"kube down",
	"kube generate",
	"kube play",
	"load",
	"login",
	"logout",
	"logs",
	"machine",
	"machine client9p",
	"machine cp",
	"machine info",
	"machine init",
	"machine inspect",
	"machine list",
	"machine os",
	"machine os apply",
	"machine os upgrade",
	"machine reset",
	"machine rm",
	"machine set",
	"machine ssh",
	"machine start",
	"machine stop",
	"manifest",
	"manifest add",
	"manifest annotate",
	"manifest create",
	"manifest exists",
	"manifest inspect",
	"manifest push",
	"manifest remove",
	"manifest rm",
	"mount",
	"network",
	"network connect",
	"network create",
	"network disconnect",
	"network exists",
	"network inspect",
	"network ls",
	"network prune",
	"network reload",
	"network rm",
	"network update",
	"pause",
	"play",
	"play kube",
	"pod",
	"pod clone",
	"pod create",
	"pod exists",
	"pod inspect",
	"pod kill",
	"pod logs",
	"pod pause",
	"pod prune",
	"pod ps",
	"pod restart",
	"pod rm",
	"pod start",
	"pod stats",
	"pod stop",
	"pod top",
	"pod unpause",
	"port",
	"ps",
	"pull",
	"push",
	"quadlet",
	"quadlet install",
	"quadlet list",
	"quadlet print",
	"quadlet rm",
	"rename",
	"restart",
	"rm",
	"rmi",
	"run",
	"save",
	"search",
	"secret",
	"secret create",
	"secret exists",
	"secret inspect",
	"secret ls",
	"secret rm",
	"start",
	"stats",
	"stop",
	"system",
	"system check",
	"system connection",
	"system connection add",
	"system connection default",
	"system connection list",
	"system connection remove",
	"system connection rename",
	"system df",
	"system dial-stdio",
	"system events",
	"system info",
	"system locks",
	"system migrate",
	"system prune",
	"system renumber",
	"system reset",
	"system service",
	"tag",
	"top",
	"unmount",
	"unpause",
	"unshare",
	"untag",
	"update",
	"version",
	"volume",
	"volume create",
	"volume exists",
	"volume export",
	"volume import",
	"volume inspect",
	"volume ls",
	"volume mount",
	"volume prune",
	"volume reload",
	"volume rm",
	"volume unmount",
	"wait",
};

const char *const *command_unsupported_flags(const char *path)
{
	static char **list; /* asked for at most once per process: one command runs */

	for (size_t i = 0; i < ARRAY_SIZE(peer_flags); i++) {
		if (!streq(peer_flags[i].path, path))
			continue;
		strv_free(list);
		list = strv_split(peer_flags[i].flags, " ", false);
		return (const char *const *)list;
	}
	return NULL;
}

int command_unsupported(int argc, char *const *argv)
{
	int used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(peer_commands); i++) {
		const char *rest = str_skip_prefix(peer_commands[i], argv[0]);
		if (!rest)
			continue;
		if (*rest == '\0')
			used = MAX(used, 1);
		else if (*rest == ' ' && argc > 1 && streq(rest + 1, argv[1]))
			used = 2;
	}
	return used;
}
