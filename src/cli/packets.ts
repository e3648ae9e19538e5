import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectOptions } from './connect.ts';
import type { ListenOptions, PeerOptions } from './listen.ts';
import type { ReplayCommand } from './replay.ts';
import type { SendOptions } from './send.ts';

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('wanted a number from 1');
  return Number(text);
};
const seconds = (text: string): number => {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('wanted a number of seconds');
  return Number(text);
};

/** The commands about packets: `send`, `replay`, `connect`, `listen`, `peer`. Their code is loaded when one is run. */
export function addPacketCommands(cli: Command, state: () => string): void {
  cli
    .command('send')
    .description('let a packet in, or have the host send it, and say what became of it')
    .argument('<packet...>', "a packet in words ('ip saddr 203.0.113.7 tcp dport 22 flags syn'), a hex dump, a capture, or a file of packets in words or hex")
    .option('--in <device>', 'the device on which it arrives; without it the host sends it')
    .option('--hex', 'the packet is a hex dump: a frame of an ethernet device, else an IP packet')
    .option('--count <n>', 'send it n times', wholeNumber, 1)
    .option('--wait <seconds>', "let the host's clock go on after each packet", seconds, 0)
    .option('--json', 'print what became of it as JSON')
    .addHelpText('after', '\nExit status: 0 every packet got where it was going, 1 one did not, 2 the packet cannot be read.')
    .action(async (words: string[], o: Omit<SendOptions, 'state'>) => {
      const { send } = await import('./send.ts');
      process.exitCode = await send(words, { ...o, state: state() });
    });

  cli
    .command('replay')
    .description('play a capture (pcap, pcapng, gzip) through the rules by its own clock; the host stays as it is')
    .argument('<file>', 'the capture')
    .option('--in <device>', 'packets come in on this device; default: by the names in the file, else by the route to their source')
    .option(
      '--map <interface=device>',
      'an interface of the file (name or number) is a device of the host; may be repeated',
      (m: string, all: string[]) => [...all, m],
      [] as string[],
    )
    .option('--rules <file...>', "play through these rules instead of the host's: nft, iptables-save or ip6tables-save text, or a state file")
    .option('--against <file...>', 'list the flows whose fate these rules change')
    .option('--out <file>', 'write what left as pcapng, each packet with a comment')
    .addOption(new Option('--answers <who>', "who answers for the host itself; default: the file, when it has packets of the host's own").choices(['file', 'model']))
    .option('--flows <n>', 'how many flows to show', wholeNumber, 20)
    .option('--json', 'print the summary as JSON, with all flows')
    .addHelpText('after', '\nExit status: 0, with --against 1 when a flow changes its fate, 2 when a file cannot be read.')
    .action(async (file: string, o: Omit<ReplayCommand, 'state'>) => {
      const { replayFile } = await import('./replay.ts');
      process.exitCode = await replayFile(file, { ...o, state: state() });
    });

  cli
    .command('connect')
    .description('play a whole conversation through the host, both ways, and say where it broke')
    .argument('<ends...>', "FROM and TO, or 'FROM -> TO'. FROM: host, an address outside, ADDRESS@DEVICE, or a device; TO: ADDRESS:PORT, host:PORT, or an address to ping")
    .option('--udp', 'a datagram and its answer instead of a TCP connection')
    .option('--ping', 'an echo request and its reply; so it is where TO has no port')
    .option('--ftp', 'log in by FTP and fetch a file, passive')
    .option('--active', 'with --ftp: active')
    .option('--json', 'print the packets and what became of them as JSON')
    .addHelpText('after', '\nExit status: 0 the conversation was whole, 1 it broke, 2 it cannot be begun.')
    .action(async (ends: string[], o: Omit<ConnectOptions, 'state'>) => {
      const { connect } = await import('./connect.ts');
      process.exitCode = await connect(ends, { ...o, state: state() });
    });

  cli
    .command('listen')
    .description('services of the host that answer; without a port the list of them')
    .argument('[protocol port...]', 'tcp or udp, and ports by number or name')
    .option('--off', 'nothing listens there any more')
    .option('--address <address>', 'only on this address of the host')
    .option('--transparent', 'takes what TPROXY gives it, and answers from any address')
    .addOption(new Option('--service <name>', 'what answers; default: by the port').choices(['echo', 'http', 'ftp', 'discard']))
    .action(async (words: string[], o: ListenOptions) => {
      const { listen } = await import('./listen.ts');
      await listen(state(), words, o);
    });

  cli
    .command('peer')
    .description('how hosts outside answer conversations; without an address the list of what was said')
    .argument('[address]', 'ADDRESS or ADDRESS/LENGTH')
    .argument('[manner]', 'open (default), closed (refuses), silent, or absent (not even ARP)')
    .option('--tcp <port...>', 'TCP ports that are otherwise: open on a closed host, closed on an open one')
    .option('--udp <port...>', 'UDP ports likewise')
    .option('--off', 'forget what was said of it')
    .action(async (address: string | undefined, manner: string | undefined, o: PeerOptions) => {
      const { peer } = await import('./listen.ts');
      await peer(state(), address, manner, o);
    });
}
