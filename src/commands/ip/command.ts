import type { Call, Command } from '../command.ts';
import { runAddress } from './address.ts';
import { abbreviates, IpError, Words } from './arguments.ts';
import { runLink } from './link.ts';
import { runNeighbour } from './neighbour.ts';
import { runRoute } from './route.ts';
import { runRule } from './rule.ts';
import { runTuntap } from './tuntap.ts';
import type { IpContext } from './context.ts';

type Runner = (c: IpContext, words: Words) => void;

/** Objects in the order in which `ip` compares abbreviations. */
const OBJECTS: readonly (readonly [string, Runner])[] = [
  ['address', runAddress],
  ['addrlabel', unknownObject('addrlabel')],
  ['maddress', unknownObject('maddress')],
  ['route', runRoute],
  ['rule', runRule],
  ['neighbor', runNeighbour],
  ['neighbour', runNeighbour],
  ['link', runLink],
  ['tuntap', runTuntap],
  ['tap', runTuntap],
];

function unknownObject(name: string): Runner {
  return () => {
    throw new IpError(`Object "${name}" is not simulated.\n`, 1);
  };
}

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | fou | help | ila | ioam | l2tp | link |
                   macsec | maddress | monitor | mptcp | mroute | mrule |
                   neighbor | neighbour | netconf | netns | nexthop | ntable |
                   ntbl | route | rule | sr | stats | tap | tcpmetrics |
                   token | tunnel | tuntap | vrf | xfrm }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |
                    -h[uman-readable] | -iec | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | mpls | bridge | link } |
                    -4 | -6 | -M | -B | -0 |
                    -l[oops] { maximum-addr-flush-attempts } | -echo | -br[ief] |
                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |
                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |
                    -c[olor]}
`;

function context(call: Call): { c: IpContext; rest: readonly string[]; batch: string | null } {
  const c: IpContext = { call, stack: call.host.net.stack, family: 0, brief: false, oneline: false, details: false, stats: 0 };
  let i = 1;
  let batch: string | null = null;
  for (; i < call.argv.length && call.argv[i].startsWith('-'); i++) {
    const o = call.argv[i].replace(/^--/, '-');
    if (o === '-4') c.family = 4;
    else if (o === '-6') c.family = 6;
    else if (o === '-0' || o === '-B' || o === '-M') c.family = 0;
    else if (abbreviates(o, '-family') && o.length > 1) {
      const f = call.argv[++i];
      c.family = f === 'inet6' ? 6 : f === 'inet' ? 4 : 0;
    } else if (abbreviates(o, '-brief') && o.length > 2) c.brief = true;
    else if (abbreviates(o, '-oneline')) c.oneline = true;
    else if (abbreviates(o, '-details')) c.details = true;
    else if (abbreviates(o, '-stats') || abbreviates(o, '-statistics')) c.stats++;
    else if (abbreviates(o, '-batch')) batch = call.argv[++i] ?? '-';
    else if (abbreviates(o, '-Version')) {
      call.out('ip utility, iproute2-6.15.0, libbpf 1.5.0\n');
      throw new IpError('', 0);
    } else if (abbreviates(o, '-help')) {
      call.out(USAGE);
      throw new IpError('', 0);
    } else if (/^-(f|force|r|resolve|N|Numeric|c|color|h|human|iec|t|ts|a|all)$/.test(o) || o.startsWith('-c=') || o.startsWith('-color=')) continue;
    else throw new IpError(`Option "${call.argv[i]}" is unknown, try "ip -help".\n`);
  }
  return { c, rest: call.argv.slice(i), batch };
}

function dispatch(c: IpContext, rest: readonly string[]): void {
  const [object, ...words] = rest;
  if (object === undefined) throw new IpError(USAGE);
  if (abbreviates(object, 'help')) {
    c.call.err(USAGE);
    throw new IpError('', 255);
  }
  const found = OBJECTS.find(([name]) => abbreviates(object, name));
  if (!found) throw new IpError(`Object "${object}" is unknown, try "ip help".\n`, 1);
  c.stack.enter(() => found[1](c, new Words(words)));
}

function run(call: Call): number {
  try {
    const { c, rest, batch } = context(call);
    if (batch === null) dispatch(c, rest);
    else return runBatch(c, batch);
    return 0;
  } catch (e) {
    if (!(e instanceof IpError)) throw e;
    call.err(e.message);
    return e.status;
  }
}

function runBatch(c: IpContext, name: string): number {
  const text = name === '-' ? c.call.stdin : c.call.host.files.read(c.call.host.files.resolve(c.call.cwd, name));
  if (text === undefined) throw new IpError(`Cannot open file "${name}" for reading: No such file or directory\n`, 1);
  for (const [i, line] of text.split('\n').entries()) {
    const words = line
      .replace(/#.*$/, '')
      .trim()
      .split(/\s+/)
      .filter((w) => w !== '');
    if (words.length === 0) continue;
    try {
      dispatch(c, words);
    } catch (e) {
      if (!(e instanceof IpError)) throw e;
      c.call.err(e.message);
      c.call.err(`Command failed ${name}:${i + 1}\n`);
      return 1;
    }
  }
  return 0;
}

export const commands: readonly Command[] = [{ names: ['ip'], run }];
