import type { XtExtension } from './definition.ts';
import { match } from './generated/match.ts';
import { target } from './generated/target.ts';

type Kind = XtExtension['kind'];
type Get = () => unknown;

/** A file is called after its extension, with a 6 where IPv6 has another of the name; some families have folders. */
function byName(files: Readonly<Record<string, Get>>): ReadonlyMap<string, readonly Get[]> {
  const map = new Map<string, Get[]>();
  for (const path of Object.keys(files)) {
    const file = path.slice(path.lastIndexOf('/') + 1);
    for (const name of file.endsWith('6') ? [file, file.slice(0, -1)] : [file]) map.set(name, [...(map.get(name) ?? []), files[path]]);
  }
  return map;
}

const FILES = { match, target } as const;
const NAMES = { match: byName(match), target: byName(target) } as const;

/** The extension of a name, of that family if there is one. */
export function findExtension(kind: Kind, name: string, family: string): XtExtension | undefined {
  let other: XtExtension | undefined;
  for (const get of NAMES[kind].get(name) ?? []) {
    const e = get() as XtExtension;
    if (e.name !== name) continue;
    if (e.families.some((f) => f === family)) return e;
    other ??= e;
  }
  return other;
}

/** All of a kind, in order of their files. */
export const allExtensions = (kind: Kind): readonly XtExtension[] => Object.values(FILES[kind]).map((get: Get) => get() as XtExtension);
