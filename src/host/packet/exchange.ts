import type { Netns } from '../../kernel/netns.ts';
import type { EmittedFrame } from '../../kernel/stack/stack.ts';
import { answerNeighbour } from '../outside/neighbours.ts';
import type { BuiltPacket } from './build.ts';
import { type Fate, FateWatcher, markRejected } from './fate.ts';

/** What came of something that made packets. */
export interface Exchange {
  /** Every packet that came in or was made, in order; questions for neighbours and their answers are left out. */
  readonly fates: readonly Fate[];
  /** What left the host, in order, without those questions. */
  readonly left: readonly EmittedFrame[];
}

/**
 * Runs something that lets packets in or out, with neighbours outside that answer ARP and neighbour solicitations, and tells
 * what became of every packet. `present`: is there a host outside with this address?
 */
export function exchange(net: Netns, act: () => void, present: (addr: Uint8Array) => boolean = () => true): Exchange {
  const { stack } = net;
  const watcher = FateWatcher.on(net);
  const left: EmittedFrame[] = [];
  try {
    stack.take();
    act();
    for (let frames = stack.take(); frames.length > 0; frames = stack.take()) {
      for (const f of frames) {
        const answer = answerNeighbour(stack, f.iface, f.frame, present);
        if (!answer) {
          left.push(f);
          continue;
        }
        watcher.aside = true;
        stack.inject(f.iface, answer);
        watcher.aside = false;
      }
    }
  } finally {
    watcher.stop();
  }
  const fates = watcher.take().filter((f) => f.origin !== 'neighbour');
  markRejected(fates);
  return { fates, left };
}

/** Lets a packet in on its device, or has the host send it. */
export function play(net: Netns, p: BuiltPacket): void {
  for (const frame of p.frames) {
    if (p.device === null) net.stack.send(frame, p.about);
    else net.stack.inject(p.device, frame, p.about);
  }
}
