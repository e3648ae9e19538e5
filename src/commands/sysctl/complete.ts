import type { Host } from '../../host/host.ts';
import type { Completer } from '../completer.ts';

function* settings(host: Host, folder: string): Generator<string> {
  for (const name of host.net.sysctl.list(folder) ?? []) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (host.net.sysctl.list(path) === undefined) yield path.replaceAll(/[./]/g, (c) => (c === '/' ? '.' : '/'));
    else yield* settings(host, path);
  }
}

export const completer: Completer = {
  knows: (name) => name === 'sysctl',
  *complete(_, host) {
    yield* settings(host, '');
    yield* ['-a', '-w', '-n', '-p', '--system', '-q', '-e'];
  },
};
