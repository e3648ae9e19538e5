import { expect, test } from 'vitest';
import { createHost } from '../../src/index.ts';

test('brief lists name the other end of a pair', async () => {
  const host = await createHost();
  for (const line of ['ip link add v0 type veth peer name v1', 'ip addr add 10.0.0.1/24 dev v0']) await host.exec(line.split(' '));
  expect((await host.exec(['ip', '-br', 'addr'])).stdout.split('\n').filter((l) => l.startsWith('v'))).toEqual([
    'v1@v0            DOWN           ',
    'v0@v1            DOWN           10.0.0.1/24 ',
  ]);
});
