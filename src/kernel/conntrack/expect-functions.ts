import type { Netns } from '../netns.ts';
import type { Conntrack } from './entry.ts';
import type { Expectation } from './expectation.ts';
import { followMaster } from '../nat/helper.ts';

/** nf_ct_helper_expectfn: what a new connection that was expected undergoes at once. */
type ExpectFunction = (net: Netns, ct: Conntrack, exp: Expectation) => void;

const FUNCTIONS: Readonly<Record<string, ExpectFunction>> = { 'nat-follow-master': followMaster };

export const expectFunction = (name: string): ExpectFunction | undefined => FUNCTIONS[name];
export const addExpectFunction = (name: string, f: ExpectFunction): void => {
  (FUNCTIONS as Record<string, ExpectFunction>)[name] = f;
};
