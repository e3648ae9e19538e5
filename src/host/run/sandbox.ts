import { readFileSync } from 'node:fs';

/**
 * A private user, mount and network namespace around a script: an overlay takes every write, the tools' shims lie over
 * /usr/sbin, and the host's kernel files over /proc/sys/net and /proc/net. Needs no root on most Linux systems.
 */

/** File systems whose contents are the kernel's, not a disk's: bound as they are or left out, never overlaid. */
const KERNEL_FILESYSTEMS = new Set(['proc', 'sysfs', 'devtmpfs', 'devpts', 'cgroup', 'cgroup2', 'mqueue', 'securityfs', 'debugfs', 'tracefs', 'bpf', 'pstore', 'configfs', 'fusectl', 'hugetlbfs', 'binfmt_misc', 'autofs', 'efivarfs', 'rpc_pipefs', 'nsfs', 'selinuxfs']);
const KEPT = ['/proc', '/sys', '/dev'];

const under = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Mount points that hold ordinary files, parents first; from /proc/self/mountinfo. */
export function fileMounts(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): string[] {
  const points = mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const point = before?.split(' ')[4]?.replace(/\\(\d{3})/g, (_, o: string) => String.fromCharCode(Number.parseInt(o, 8)));
    if (!point || !after || KERNEL_FILESYSTEMS.has(after.split(' ')[0]) || KEPT.some((k) => under(point, k))) return [];
    return [point];
  });
  return [...new Set(points)].sort((a, b) => a.length - b.length);
}

const q = (s: string): string => `'${s.replaceAll("'", "'\\''")}'`;

/** Name of a mount point's layers in the run's folder. */
export const layerName = (mount: string): string => (mount === '/' ? 'root' : mount.slice(1).replaceAll('%', '%25').replaceAll('/', '%2f'));

/**
 * The shell program that builds the namespace's file tree and starts the script in it; it runs as `unshare`'s child.
 * `run` is the run's folder, with `layer/` (files put over the machine's own), `upper/`, `work/` and `kernel/`.
 */
export function setup(run: string, mounts: readonly string[]): string {
  const root = `${run}/root`;
  const at = (p: string): string => q(p === '/' ? root : `${root}${p}`);
  const overlays = mounts.filter((m) => !under(m, run)).map((m) => {
    const name = layerName(m);
    const layer = `${run}/layer${m === '/' ? '' : m}`;
    const mount = `mount -t overlay drywall -o ${q(`lowerdir=${layer}:${m},upperdir=${run}/upper/${name},workdir=${run}/work/${name}`)} ${at(m)}`;
    // A submount that cannot be overlaid (a file, an odd file system) is shown read-only rather than left writable.
    return m === '/' ? mount : `[ -d ${q(m)} ] && { ${mount} 2>/dev/null || { mount --rbind ${q(m)} ${at(m)} && mount -o remount,bind,ro ${at(m)}; } 2>/dev/null || :; }`;
  });
  return `set -e
${overlays.join('\n')}
mount --rbind /sys ${at('/sys')}
mount --rbind /dev ${at('/dev')}
mkdir -p ${at(run)}
mount --rbind ${q(run)} ${at(run)}
P=${at('/proc')}
mount -t tmpfs drywall "$P"
mkdir "$P/.real" "$P/sys" "$P/net"
mount --rbind /proc "$P/.real"
for f in /proc/[a-z]*; do n=\${f##*/}; case $n in sys|net) ;; *) ln -s ".real/$n" "$P/$n" ;; esac; done
for f in /proc/sys/*; do n=\${f##*/}; [ "$n" = net ] || ln -s "../.real/sys/$n" "$P/sys/$n"; done
mkdir "$P/sys/net"
mount --bind ${q(`${run}/kernel/proc/sys/net`)} "$P/sys/net"
mount --bind ${q(`${run}/kernel/proc/net`)} "$P/net"
cd "$PWD"
exec chroot ${q(root)} /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$PWD" "$@"
`;
}
