import { ebtNat } from '../../ebt-nat.ts';

export const target = ebtNat(
  'dnat',
  `dnat options:
 --to-dst address       : MAC address to map destination to
 --dnat-target target   : ACCEPT, DROP, RETURN or CONTINUE
                          (standard target is ACCEPT)
`,
);
