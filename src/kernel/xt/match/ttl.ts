import { defineExtension } from '../definition.ts';
import { hopExtension } from '../hop-limit.ts';
import type { HopInfo } from '../hop-limit.ts';

export const match = defineExtension<HopInfo>({
  ...hopExtension('ttl', 'ip ttl'),
  families: ['ip'],
  help: () => `ttl match options:
[!] --ttl-eq value	Match time to live value
  --ttl-lt value	Match TTL < value
  --ttl-gt value	Match TTL > value
`,
});
