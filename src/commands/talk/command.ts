import type { Command } from '../command.ts';
import { curl } from './curl.ts';
import { nc } from './nc.ts';
import { ping } from './ping.ts';
import { traceroute } from './traceroute.ts';

/** Programs that talk to other hosts, as the simulated host. */
export const commands: readonly Command[] = [
  { names: ['ping', 'ping6'], inside: true, bin: true, run: ping },
  { names: ['nc', 'netcat'], inside: true, bin: true, run: nc },
  { names: ['curl'], inside: true, bin: true, run: curl },
  { names: ['traceroute'], inside: true, bin: true, run: traceroute },
];
