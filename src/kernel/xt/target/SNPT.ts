import { defineExtension } from '../definition.ts';
import { HOOK } from './_common.ts';
import { nptTarget } from './_npt.ts';
import type { NptInfo } from './_npt.ts';

export const target = defineExtension<NptInfo>(
  nptTarget(
    'SNPT',
    HOOK.IN | HOOK.POST,
    8,
    `SNPT target options:
 --src-pfx prefix/length
 --dst-pfx prefix/length

`,
  ),
);
