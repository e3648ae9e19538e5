import { createHost } from 'drywall';
import { describe, expect, it } from 'vitest';
import { ROUTER_DEVICES, setUpRouter } from '../../conformance/topology.ts';
import { masked, traceCases } from './traces.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('monitors say of traced packets what the real ones say', () => {
  for (const c of traceCases())
    it(c.id, async () => {
      const host = await createHost({ container: true, devices: ROUTER_DEVICES });
      await setUpRouter(host);
      for (const s of c.setup) {
        const r = await host.exec([...(s.argv ?? [])], { stdin: s.stdin ?? undefined });
        expect(r.stderr).toBe('');
      }
      const monitors = await Promise.all(c.monitors.map((m) => host.start(m.split(' '))));
      for (const s of c.steps) {
        if (s.argv) await host.exec([...s.argv], { stdin: s.stdin ?? undefined });
        else if (s.inject) await host.inject(s.inject.iface, bytes(s.inject.frame));
        else if (s.local) await host.send(bytes(s.local.packet));
      }
      for (const [i, m] of monitors.entries()) {
        const { stdout, stderr } = await m.stop();
        expect(masked(stdout)).toBe(c.said[i]);
        expect(stderr).toBe(c.cried[i]);
      }
      await host.close();
    });
});
