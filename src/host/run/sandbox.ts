import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * A private user, mount and network namespace around a script: an overlay takes every write, the tools' shims lie over
 * /usr/sbin, and the host's kernel files over /proc/sys/net and /proc/net. Needs no root on most Linux systems.
 */

/** File systems whose contents are the kernel's, not a disk's: bound as they are or left out, never overlaid. */
const KERNEL_FILESYSTEMS = new Set([
  'proc',
  'sysfs',
  'devtmpfs',
  'devpts',
  'cgroup',
  'cgroup2',
  'mqueue',
  'securityfs',
  'debugfs',
  'tracefs',
  'bpf',
  'pstore',
  'configfs',
  'fusectl',
  'hugetlbfs',
  'binfmt_misc',
  'autofs',
  'efivarfs',
  'rpc_pipefs',
  'nsfs',
  'selinuxfs',
]);
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

/** One piece of the namespace's file tree. */
export type Piece = { readonly kind: 'folder' | 'overlay' | 'file'; readonly path: string } | { readonly kind: 'link'; readonly path: string; readonly to: string };

/**
 * How the machine's tree is laid out anew. A folder is overlaid whole where nothing is mounted below it; an unprivileged
 * user may not clone a mount that has others on it (fs/namespace.c: clone_private_mount), so their parents are rebuilt.
 */
export function plan(mounts: readonly string[], folder = '/'): Piece[] {
  const pieces: Piece[] = folder === '/' ? [] : [{ kind: 'folder', path: folder }];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = folder === '/' ? `/${entry.name}` : `${folder}/${entry.name}`;
    if (KEPT.includes(path)) continue;
    if (entry.isSymbolicLink()) pieces.push({ kind: 'link', path, to: readlinkSync(path) });
    else if (!entry.isDirectory()) pieces.push({ kind: 'file', path });
    else if (mounts.some((m) => m !== path && under(m, path))) pieces.push(...plan(mounts, path));
    else pieces.push({ kind: 'overlay', path });
  }
  return pieces;
}

/** Name under which a folder's layers lie in the run's folder. */
export const layerName = (path: string): string => path.slice(1).replaceAll('%', '%25').replaceAll('/', '%2f');

/** The entries of a kernel folder as targets of links, but for processes and what is replaced. */
const links = (folder: string, target: string): string =>
  readdirSync(folder)
    .filter((n) => !/^\d+$/.test(n) && n !== 'net' && n !== 'sys')
    .map((n) => q(`${target}/${n}`))
    .join(' ');

/**
 * The shell program that builds the namespace's file tree and starts the script in it; it runs as `unshare`'s child.
 * `run` is the run's folder, with `layer/` (files put over the machine's own), `upper/`, `work/` and `kernel/`.
 */
export function setup(run: string, pieces: readonly Piece[]): string {
  const root = `${run}/root`;
  const at = (p: string): string => q(`${root}${p}`);
  const folders = (p: Piece): string[] => {
    if (p.kind === 'folder') return [`${root}${p.path}`];
    return p.kind === 'overlay' ? [`${root}${p.path}`, `${run}/layer${p.path}`, `${run}/upper/${layerName(p.path)}`, `${run}/work/${layerName(p.path)}`] : [];
  };
  const make = (p: Piece): string => {
    switch (p.kind) {
      case 'folder':
        return '';
      case 'link':
        return `ln -s ${q(p.to)} ${at(p.path)}`;
      // A single file, or a folder that cannot be overlaid, is shown read-only rather than left writable.
      case 'file':
        return `: >${at(p.path)} && { mount --bind ${q(p.path)} ${at(p.path)} && mount -o remount,bind,ro ${at(p.path)}; } 2>/dev/null || :`;
      case 'overlay': {
        const name = layerName(p.path);
        const layers = `lowerdir=${run}/layer${p.path}:${p.path},upperdir=${run}/upper/${name},workdir=${run}/work/${name}`;
        // Other programs come and go meanwhile: a folder that is no longer there needs nothing.
        return `mount -t overlay drywall -o ${q(layers)} ${at(p.path)} 2>/dev/null || [ ! -d ${q(p.path)} ] || { mount --rbind ${q(p.path)} ${at(p.path)} && mount -o remount,bind,ro ${at(p.path)}; }`;
      }
    }
  };
  return `set -e
mount -t tmpfs drywall ${q(root)}
mkdir ${at('/proc')} ${at('/sys')} ${at('/dev')}
mkdir -p ${[...new Set(pieces.flatMap(folders))].map(q).join(' ')}
${pieces
  .map(make)
  .filter((line) => line !== '')
  .join('\n')}
mount --rbind /sys ${at('/sys')}
mount --rbind /dev ${at('/dev')}
P=${at('/proc')}
mount -t tmpfs drywall "$P"
mkdir "$P/.real" "$P/.programs" "$P/sys" "$P/net"
mount --rbind /proc "$P/.real"
mount --rbind /usr/bin "$P/.programs" || :
ln -s ${links('/proc', '.real')} "$P"
ln -s ${links('/proc/sys', '../.real/sys')} "$P/sys"
mkdir "$P/sys/net"
mount --bind ${q(`${run}/kernel/proc/sys/net`)} "$P/sys/net"
mount --bind ${q(`${run}/kernel/proc/net`)} "$P/net"
exec chroot ${q(root)} /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "\${DRYWALL_CWD:-$PWD}" "$@"
`;
}
