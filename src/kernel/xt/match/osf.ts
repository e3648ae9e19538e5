import { HOOK_BIT, needHooks, needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { draftOf, numberOf } from '../value.ts';

/** struct xt_osf_info; flags: GENRE 1, TTL 2, LOG 4, INVERT 8. No fingerprints are loaded, as on a fresh machine. */
type OsfInfo = { readonly genre: string; readonly flags: number; readonly loglevel: number; readonly ttl: number };
const FLAG = { GENRE: 1, TTL: 2, LOG: 4, INVERT: 8 } as const;

export const match = defineExtension<OsfInfo>({
  kind: 'match',
  name: 'osf',
  families: ['ip'],
  revision: 0,
  options: [
    { name: 'genre', type: 'string', size: 32, invert: true, mandatory: true },
    { name: 'ttl', type: 'uint32', min: 0, max: 2 },
    { name: 'log', type: 'uint32', min: 0, max: 2 },
  ],
  help: () => `OS fingerprint match options:
[!] --genre string     Match a OS genre by passive fingerprinting.
--ttl level            Use some TTL check extensions to determine OS:
       0                       true ip and fingerprint TTL comparison. Works for LAN.
       1                       check if ip TTL is less than fingerprint one. Works for global addresses.
       2                       do not compare TTL at all. This allows NMAP detection, but can produce false results.
--log level            Log determined genres into dmesg even if they do not match desired one:
       0                       log all matched or unknown signatures.
       1                       log only first one.
       2                       log all known matched signatures.
`,
  init: () => ({ genre: '', flags: 0, loglevel: 0, ttl: 0 }),
  parse(o, draft) {
    const info = draftOf<OsfInfo>(draft);
    switch (o.name) {
      case 'genre':
        info.genre = o.value as string;
        info.flags |= FLAG.GENRE | (o.inverted ? FLAG.INVERT : 0);
        break;
      case 'ttl':
        info.flags |= FLAG.TTL;
        info.ttl = numberOf(o);
        break;
      default:
        info.flags |= FLAG.LOG;
        info.loglevel = numberOf(o);
    }
  },
  finish: (draft) => draftOf<OsfInfo>({ ...draft }),
  save: (i) => `${i.flags & FLAG.INVERT ? ' !' : ''} --genre ${i.genre}${i.flags & FLAG.TTL ? ` --ttl ${i.ttl}` : ''}${i.flags & FLAG.LOG ? ` --log ${i.loglevel}` : ''}`,
  print: (i) => ` OS fingerprint match ${i.flags & FLAG.INVERT ? '! ' : ''}${i.genre}`,
  check: (_, c) => needProtocol(c, 6) ?? needHooks(c, HOOK_BIT.input | HOOK_BIT.prerouting | HOOK_BIT.forward),
  match: () => false,
});
