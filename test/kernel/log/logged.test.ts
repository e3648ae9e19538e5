import { createHost } from 'drywall';
import { describe, expect, it } from 'vitest';
import { ROUTER_DEVICES, setUpRouter } from '../../conformance/topology.ts';
import { loggedCases, TRACKING } from './logged.ts';

describe('the kernel logs of packets what the real one does: invalid ones, and those of the legacy TRACE target', () => {
  for (const c of loggedCases())
    it(c.id, async () => {
      const host = await createHost({ devices: ROUTER_DEVICES });
      await setUpRouter(host);
      await host.exec(['sysctl', '-w', 'net.netfilter.nf_conntrack_log_invalid=255']);
      if (c.setup) for (const argv of c.setup) await host.exec([...argv]);
      else await host.exec(['nft', '-f', '-'], { stdin: TRACKING });
      await host.exec(['dmesg', '-C']);
      for (const [i, s] of c.steps.entries()) {
        await host.inject(s.inject.iface, Uint8Array.from(Buffer.from(s.inject.frame, 'hex')));
        const { stdout } = await host.exec(['dmesg', '-c', '-t']);
        const got = stdout.split(/^(?=nf_ct_|TRACE: )/m).map((l) => l.replace(/IN=[^]*$/, '').replaceAll('\n', '\\n'));
        expect(got.filter(Boolean), `packet ${i}`).toEqual(s.log);
      }
      await host.close();
    });
});
