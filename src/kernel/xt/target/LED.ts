import { defineExtension } from '../definition.ts';
import { wholeUint } from '../number.ts';
import { saveString } from '../text.ts';
import { fail } from '../value.ts';
import { fields } from './_common.ts';

type Info = { readonly id: string; readonly delay: number; readonly blink: boolean };

const delayText = (i: Info): string => (i.delay < 0 ? 'inf' : String(i.delay));

/** extensions/libxt_LED.c. The modelled kernel has no LED class, hence no such target. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'LED',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  absent: true,
  options: [
    { name: 'led-trigger-id', type: 'string', max: 16, mandatory: true },
    { name: 'led-delay', type: 'string' },
    { name: 'led-always-blink', type: 'none' },
  ],
  help: () => `LED target options:
--led-trigger-id name           suffix for led trigger name
--led-delay ms                  leave the LED on for this number of
                                milliseconds after triggering.
--led-always-blink              blink on arriving packets, even if
                                the LED is already on.
`,
  init: () => ({ id: '', delay: 0, blink: false }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    const text = String(o.value);
    if (o.name === 'led-trigger-id') d.id = text;
    else if (o.name === 'led-delay') d.delay = /^inf/i.test(text) ? -1 : (wholeUint(text) ?? fail('Delay value must be within range 0..4294967295'));
    else d.blink = true;
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) => ` --led-trigger-id${saveString(i.id)}${i.delay ? ` --led-delay ${delayText(i)}` : ''}${i.blink ? ' --led-always-blink' : ''}`,
  print: (i) => ` led-trigger-id:"${i.id}"${i.delay < 0 ? ' led-delay:inf' : i.delay ? ` led-delay:${i.delay}ms` : ''}${i.blink ? ' led-always-blink' : ''}`,
  check: () => 'ENOENT',
});
