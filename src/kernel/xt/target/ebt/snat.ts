import { ebtNat } from '../../ebt-nat.ts';

export const target = ebtNat(
  'snat',
  `snat options:
 --to-src address       : MAC address to map source to
 --snat-target target   : ACCEPT, DROP, RETURN or CONTINUE
 --snat-arp             : also change src address in arp msg
`,
);
