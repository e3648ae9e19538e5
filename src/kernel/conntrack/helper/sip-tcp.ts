import { helper as udp } from './sip.ts';
import type { Helper } from '../helper-definition.ts';

/** The same over TCP. */
export const helper: Helper = { ...udp, l4proto: 6, help: () => 'accept' };
