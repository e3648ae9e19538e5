import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import { sysctls } from './generated/index.ts';
import type { SysctlGroup, SysctlRow } from './definition.ts';
import { formatValue, parseValues } from './value.ts';

interface DeviceSetting {
  readonly rows: Readonly<Record<string, SysctlRow>>;
  readonly base: string;
  readonly dev: string;
  readonly name: string;
}

/** The settings of a namespace: /proc/sys. Paths are relative to it, with `/`: `net/ipv4/conf/eth0.1/rp_filter`. */
export class Sysctl {
  readonly #net: Netns;
  readonly #values = new Map<string, number[] | string>();
  readonly #fixed = new Map<string, SysctlRow>();
  /** Settings that live elsewhere, and what they were when last looked at. */
  readonly #live: { readonly path: string; readonly row: SysctlRow; last: number | undefined }[] = [];
  /** What a path below a device's folder stands for, while the devices are these. */
  readonly #found = new Map<string, DeviceSetting | undefined>();
  #names = '';
  #writes = 0;
  /** Folder before and rows of per-device settings. */
  readonly #devices: { readonly base: string; readonly own: boolean; readonly rows: Readonly<Record<string, SysctlRow>> }[] = [];

  constructor(net: Netns) {
    this.#net = net;
    for (const group of sysctls as readonly SysctlGroup[]) {
      if (group.folder.endsWith('/*')) {
        this.#devices.push({ base: group.folder.slice(0, -2), own: group.devices === 'own', rows: group.rows });
        continue;
      }
      for (const [name, row] of Object.entries(group.rows)) {
        if (row.initOnly && net.container) continue;
        this.#fixed.set(`${group.folder}/${name}`, row);
        if (row.get) this.#live.push({ path: `${group.folder}/${name}`, row, last: undefined });
      }
    }
  }

  /** Defaults of settings that are a single number, under the stack's names for them. */
  *defaults(): Generator<readonly [name: string, value: number]> {
    for (const [path, row] of this.#fixed) if (!row.get && typeof row.value !== 'string' && row.value.length === 1) yield [stackKey(path), row.value[0]];
  }

  #row(path: string): SysctlRow | undefined {
    const row = this.#fixed.get(path);
    if (row) return row;
    const device = this.#device(path);
    return device?.rows[device.name];
  }

  #device(path: string): DeviceSetting | undefined {
    const names = this.deviceNames();
    if (names !== this.#names) this.#found.clear();
    this.#names = names;
    if (!this.#found.has(path)) this.#found.set(path, this.#find(path));
    return this.#found.get(path);
  }

  /** The devices that have folders of settings. */
  deviceNames(): string {
    return this.#net.stack.devices.map((d) => d.name).join(' ');
  }

  /** Another after each write to a setting: one can change many. */
  get version(): number {
    return this.#writes + this.#net.stack.conf.version;
  }

  /** Paths of settings that live elsewhere and have changed since they were last asked for here. */
  changed(): string[] {
    const out: string[] = [];
    for (const l of this.#live) {
      const now = l.row.get?.(this.#net);
      if (now !== l.last) out.push(l.path);
      l.last = now;
    }
    return out;
  }

  #find(path: string): DeviceSetting | undefined {
    for (const { base, own, rows } of this.#devices) {
      if (!path.startsWith(`${base}/`)) continue;
      const [dev, name, more] = path.slice(base.length + 1).split('/');
      if (name === undefined || more !== undefined || !Object.hasOwn(rows, name) || !this.#deviceNames(own).includes(dev)) return undefined;
      return { rows, base, dev, name };
    }
    return undefined;
  }

  #deviceNames(own: boolean): string[] {
    const general = !own ? ['all', 'default'] : this.#net.container ? [] : ['default'];
    return [...general, ...this.#net.stack.devices.map((d) => d.name)];
  }

  #get(path: string, row: SysctlRow): readonly number[] | string {
    if (row.get) return [row.get(this.#net)];
    const inStack = this.#net.stack.conf.get(stackKey(path));
    if (inStack !== undefined) return [inStack];
    const own = this.#values.get(path);
    if (own !== undefined) return own;
    const device = this.#device(path);
    if (device && device.dev !== 'all' && device.dev !== 'default') {
      const special = LOOPBACK[`${device.base}/${device.name}`];
      if (device.dev === 'lo' && special !== undefined) return [special];
      return this.#get(`${device.base}/default/${device.name}`, row);
    }
    return row.value;
  }

  /** The number that a setting holds (the first of a vector); 0 when there is none. */
  int(path: string): number {
    const row = this.#row(path);
    const v = row && this.#get(path, row);
    return v === undefined || typeof v === 'string' ? 0 : (v[0] ?? 0);
  }

  exists(path: string): boolean {
    return this.#row(path) !== undefined;
  }

  /** What reading the file gives, without the newline; undefined: no such file, or it cannot be read. */
  read(path: string): string | undefined {
    const row = this.#row(path);
    if (!row || (row.unset && !this.#values.has(path))) return undefined;
    return formatValue(this.#get(path, row), row);
  }

  /** Left out of a listing of everything? */
  deprecated(path: string): boolean {
    return this.#row(path)?.deprecated === true;
  }

  writable(path: string): boolean {
    const row = this.#row(path);
    return row !== undefined && row.readonly !== 'always' && !(row.readonly === 'container' && this.#net.container);
  }

  /** Writes a file's text; the errno that write(2) would give. */
  write(path: string, text: string): Errno | null {
    const row = this.#row(path);
    if (!row) return 'ENOENT';
    if (!this.writable(path)) return 'EACCES';
    this.#writes++;
    if (row.type === 'string') {
      const value = text.replace(/\n$/, '');
      const errno = row.checkText?.(value) ?? null;
      if (!errno) this.#values.set(path, row.normal?.(value) ?? value);
      return errno;
    }
    const old = this.#get(path, row) as readonly number[];
    const parsed = parseValues(text, row, old.length);
    if (!parsed) return 'EINVAL';
    const next = [...parsed, ...old.slice(parsed.length)];
    if (row.check && !row.check(next, this.#net)) return 'EINVAL';
    if (row.set) row.set(this.#net, next[0]);
    else if (this.#net.stack.conf.has(stackKey(path))) this.#net.stack.conf.set(stackKey(path), next[0]);
    else this.#values.set(path, row.settle?.(next) ?? next);
    return null;
  }

  /** Names in a folder, sorted; undefined: no such folder. */
  list(folder: string): string[] | undefined {
    const prefix = folder === '' ? '' : `${folder}/`;
    const names = new Set<string>();
    const add = (path: string): void => {
      if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/')[0]);
    };
    for (const path of this.#fixed.keys()) add(path);
    for (const { base, own, rows } of this.#devices) {
      if (!`${base}/`.startsWith(prefix) && !prefix.startsWith(`${base}/`)) continue;
      for (const dev of this.#deviceNames(own)) for (const name of Object.keys(rows)) add(`${base}/${dev}/${name}`);
    }
    return names.size ? [...names].sort() : undefined;
  }

  export(): unknown {
    return this.#values;
  }
  import(data: unknown): void {
    for (const [k, v] of data as Map<string, number[] | string>) this.#values.set(k, v);
  }
}

/** `net/ipv4/conf/eth0.1/rp_filter` → `ipv4.conf.eth0.1.rp_filter`, the stack's name for it. */
const stackKey = (path: string): string => path.slice(4).replaceAll('/', '.');

/** What the loopback device sets otherwise than `default` (devinet.c, addrconf.c). */
const LOOPBACK: Readonly<Record<string, number>> = {
  'net/ipv4/conf/disable_policy': 1,
  'net/ipv4/conf/disable_xfrm': 1,
  'net/ipv4/conf/accept_source_route': 1,
  'net/ipv6/conf/use_tempaddr': -1,
};
