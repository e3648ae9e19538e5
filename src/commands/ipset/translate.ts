import type { Part } from '../../kernel/ipset/entry.ts';
import type { SetType } from '../../kernel/ipset/definition.ts';
import { findType } from '../../kernel/ipset/ipsets.ts';
import type { CreateData } from '../../kernel/ipset/set.ts';
import { namesOf } from '../../kernel/net/names/index.ts';
import type { Call } from '../command.ts';
import { noOptions, parseLine, splitLine, takeOptions } from './arguments.ts';
import { parseElement } from './element.ts';
import { kernelError, syntax } from './errors.ts';
import { parseAdtOptions, parseCreate } from './options.ts';
import { adtWords } from './print.ts';

const datatype = (part: Part, family: string): string => {
  switch (part) {
    case 'ip': case 'net': return family === 'inet6' ? 'ipv6_addr' : 'ipv4_addr';
    case 'mac': return 'ether_addr';
    case 'mark': return 'mark';
    case 'port': return 'inet_proto . inet_service';
    case 'iface': return 'ifname';
  }
};

function setLine(name: string, type: SetType, c: CreateData): string {
  const words = type.name === 'bitmap:port' ? 'inet_service' : type.parts.map((p) => datatype(p, c.family ?? 'inet')).join(' . ');
  const interval = type.parts.includes('net') || c.netmask !== undefined;
  return `add set inet global ${name} { type ${words};${c.counters ? ' counter;' : ''}${c.timeout === undefined ? '' : ` timeout ${c.timeout}s;`}${interval ? ' flags interval;' : ''} }\n`;
}

/** lib/ipset.c: ipset_xlate_restore: sets that the file makes become nft sets; nothing is asked of the kernel. */
export function translateRestore(call: Call, text: string, complain: (e: unknown, line: number) => number): number {
  const names = namesOf((path) => call.host.files.read(path));
  const known = new Map<string, { readonly type: SetType; readonly data: CreateData }>();
  const warn = (t: string): void => call.err(t);
  call.out('add table inet global\n');
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    try {
      const words = takeOptions(splitLine(lines[n]), noOptions());
      if (words.length === 0 || words[0].startsWith('#') || words[0] === 'COMMIT') continue;
      const { verb, args } = parseLine(words);
      if (verb === 'create') {
        const type = findType(args[1]);
        if (!type) throw syntax(`typename '${args[1]}' is unknown`);
        const data = parseCreate(type, args.slice(2), { names, warn });
        known.set(args[0], { type, data });
        call.out(setLine(args[0], type, data));
        continue;
      }
      const set = args[0] === undefined ? undefined : known.get(args[0]);
      if (!set && args[0] !== undefined) throw kernelError(verb, 'ENOENT');
      if (!set) continue;
      if (verb === 'flush') call.out(`flush set inet global ${args[0]}\n`);
      else if (verb === 'destroy') call.out(`delete set inet global ${args[0]}\n`);
      else if (verb === 'add' || verb === 'del') {
        const adt = parseElement(args[1], { names, family: set.data.family ?? 'inet', type: set.type, verb, warn });
        parseAdtOptions(set.type, verb, args.slice(2), adt);
        const elem = adtWords(adt, set.type, { names, sets: call.host.net.ipset }).replace(/,/g, ' . ').replace(/:(?=[^:]*$)/, set.type.parts.includes('port') && set.type.method === 'hash' ? ' . ' : ':');
        const extra = `${adt.timeout ? ` timeout ${adt.timeout}s` : ''}${adt.comment ? ` comment "${adt.comment}"` : ''}`;
        call.out(`${verb === 'add' ? 'add' : 'delete'} element inet global ${args[0]} { ${elem}${extra} }\n`);
      }
    } catch (e) {
      return complain(e, n + 1);
    }
  }
  return 0;
}
