import { StateHost } from '../host/state/state-host.ts';
import { SINGLE } from '../host/plan.ts';
import { fromText, toLine, toText } from '../kernel/net/plain-text.ts';
import { Store } from '../host/state/store.ts';

/** Rows for `drywall state`: where the state is and what it holds. */
export function describeState(path: string): { readonly path: string; readonly parts: readonly { readonly name: string; readonly bytes: number }[] } {
  const store = Store.open(path);
  try {
    return { path, parts: store.parts().map((p) => ({ name: p.key === '' ? p.name : `${p.name}/${p.key}`, bytes: p.bytes })) };
  } finally {
    store.close();
  }
}

/** Puts a fresh host of the default kind in place of what the state holds. */
export async function resetState(path: string): Promise<void> {
  const store = Store.open(path);
  store.begin();
  const host = await StateHost.make(store, SINGLE);
  host.commit();
  store.close();
}

/** The whole state as text: one JSON object, a member a part. */
export function exportState(path: string): string {
  const store = Store.open(path);
  try {
    const parts = store
      .parts()
      .map(({ name, key }) =>
        key === '' ? ([name, fromText(store.read(name) ?? 'null')] as const) : ([`${name}/${key}`, rowText(store.row(name, key) ?? new Uint8Array())] as const),
      );
    return toText({ drywall: 1, parts: Object.fromEntries(parts) });
  } finally {
    store.close();
  }
}

/** A row of text as its lines, another as it is. */
function rowText(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.endsWith('\n')) return text.slice(0, -1).split('\n');
  } catch {}
  return bytes;
}

/** Replaces the state by an exported text; a text that is not one leaves it as it was and throws. */
export function importState(path: string, text: string): void {
  const data = fromText(text);
  if (typeof data !== 'object' || data === null || !('drywall' in data) || !('parts' in data) || typeof data.parts !== 'object' || data.parts === null)
    throw new Error('not a state exported by drywall');
  if (data.drywall !== 1) throw new Error(`exported by a newer drywall (format ${String(data.drywall)}, this one knows 1)`);
  if (!('host' in data.parts)) throw new Error("the host's own part is missing");
  const store = Store.open(path);
  try {
    store.begin();
    if (store.history.recording) store.history.begin(0, ['drywall state import']);
    store.clear();
    for (const [name, value] of Object.entries(data.parts)) {
      const slash = name.indexOf('/');
      const bytes = value instanceof Uint8Array ? value : Array.isArray(value) ? new TextEncoder().encode(`${value.join('\n')}\n`) : null;
      if (slash < 0) store.write(name, toLine(value));
      else if (bytes) store.writeRow(name.slice(0, slash), name.slice(slash + 1), bytes);
      else throw new Error(`part ${name} is neither lines nor bytes`);
    }
    store.commit();
  } finally {
    store.close();
  }
}
