import { writeFileSync } from 'node:fs';
import { buildPacket } from '../host/packet/build.ts';
import { graphOf } from '../host/graph/model.ts';
import { page, type PageSection } from '../host/graph/page.ts';
import { escaped } from '../host/graph/markup.ts';
import { StateHost } from '../host/state/state-host.ts';
import { coverSuite } from './suite/command.ts';
import { coverageTables } from './suite/html.ts';
import { follow } from './trace.ts';

export interface PageOptions {
  readonly state: string;
  readonly out: string;
  /** Suites whose coverage is shown. */
  readonly suite: readonly string[];
  /** Packets whose way is shown; the state stays as it was. */
  readonly send: readonly string[];
  readonly in?: string;
}

/** Takes the colours out of a text for a terminal. */
const plain = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, '');

async function wayOf(host: StateHost, text: string, device: string | undefined): Promise<PageSection> {
  const built = buildPacket(text, { stack: host.host.net.stack, in: device, file: (path) => host.files.read(path) });
  const told = await follow(host, [built], { state: '', format: 'text', all: true });
  return { title: text, html: `<pre>${escaped(plain(told.text))}</pre>` };
}

/** `drywall report`: picture, rules, connections, the ways of packets and the coverage of suites on one page. */
export async function report(o: PageOptions): Promise<void> {
  const sections: PageSection[] = [];
  for (const file of o.suite) {
    const { report: covered, suggestions } = await coverSuite(file);
    sections.push({ title: `Coverage of ${file}`, html: coverageTables(covered, suggestions) });
  }
  const host = await StateHost.open(o.state);
  try {
    const worlds = graphOf(host.host);
    const listed = await host.exec(['conntrack', '-L']);
    for (const text of o.send) sections.push(await wayOf(host, text, o.in));
    writeFileSync(o.out, page({ title: `Firewall of ${host.name}`, worlds, connections: listed.stdout.split('\n').slice(0, -1), sections }));
  } finally {
    host.abandon();
  }
}
