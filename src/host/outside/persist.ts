import { fromText, toLine } from '../../kernel/net/plain-text.ts';
import type { Store } from '../state/store.ts';
import type { Peer } from './peers.ts';

/** What `drywall peer` said, as the state keeps it. */
export function readPeers(store: Store): readonly Peer[] {
  const text = store.read('peer');
  return text === undefined ? [] : (fromText(text) as readonly Peer[]);
}
export const writePeers = (store: Store, peers: readonly Peer[]): void => store.write('peer', toLine(peers));
