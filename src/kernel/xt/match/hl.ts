import { defineExtension } from '../definition.ts';
import { hopExtension } from '../hop-limit.ts';
import type { HopInfo } from '../hop-limit.ts';

export const match = defineExtension<HopInfo>({
  ...hopExtension('hl', 'ip6 hoplimit'),
  families: ['ip6'],
  help: () => `hl match options:
[!] --hl-eq value	Match hop limit value
  --hl-lt value	Match HL < value
  --hl-gt value	Match HL > value
`,
});
