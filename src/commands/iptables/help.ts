import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { Helped } from '../../parsers/xtables/command.ts';
import { STANDARD_HELP } from '../../parsers/xtables/command.ts';

/** -h of each tool: its own usage, then that of the target and the matches named so far (xshared.c: printhelp). */
const inet = (p: string, v6: boolean): string => `${p} v1.8.11 (nf_tables)

Usage: ${p} -[ACD] chain rule-specification [options]
       ${p} -I chain [rulenum] rule-specification [options]
       ${p} -R chain rulenum rule-specification [options]
       ${p} -D chain rulenum [options]
       ${p} -[LS] [chain [rulenum]] [options]
       ${p} -[FZ] [chain] [options]
       ${p} -[NX] chain
       ${p} -E old-chain-name new-chain-name
       ${p} -P chain target [options]
       ${p} -h (print this help information)

Commands:
Either long or short options are allowed.
  --append  -A chain		Append to chain
  --check   -C chain		Check for the existence of a rule
  --delete  -D chain		Delete matching rule from chain
  --delete  -D chain rulenum
				Delete rule rulenum (1 = first) from chain
  --insert  -I chain [rulenum]
				Insert in chain as rulenum (default 1=first)
  --replace -R chain rulenum
				Replace rule rulenum (1 = first) in chain
  --list    -L [chain [rulenum]]
				List the rules in a chain or all chains
  --list-rules -S [chain [rulenum]]
				Print the rules in a chain or all chains
  --flush   -F [chain]		Delete all rules in  chain or all chains
  --zero    -Z [chain [rulenum]]
				Zero counters in chain or all chains
  --new     -N chain		Create a new user-defined chain
  --delete-chain
            -X [chain]		Delete a user-defined chain
  --policy  -P chain target
				Change policy on chain to target
  --rename-chain
            -E old-chain new-chain
				Change chain name, (moving any references)

Options:
    --ipv4	-4		${v6 ? 'Error' : 'Nothing'} (line is ignored by ip6tables-restore)
    --ipv6	-6		${v6 ? 'Nothing' : 'Error'} (line is ignored by iptables-restore)
[!] --protocol	-p proto	protocol: by number or name, eg. \`tcp'
[!] --source	-s address[/mask][...]
				source specification
[!] --destination -d address[/mask][...]
				destination specification
[!] --in-interface -i input name[+]
				network interface name ([+] for wildcard)
 --jump	-j target
				target for rule (may load target extension)
  --goto      -g chain
			       jump to chain with no return
  --match	-m match
				extended match (may load extension)
  --numeric	-n		numeric output of addresses and ports
[!] --out-interface -o output name[+]
				network interface name ([+] for wildcard)
  --table	-t table	table to manipulate (default: \`filter')
  --verbose	-v		verbose mode
  --wait	-w [seconds]	maximum wait to acquire xtables lock before give up
  --line-numbers		print line numbers when listing
  --exact	-x		expand numbers (display exact values)
${v6 ? '' : '[!] --fragment	-f		match second or further fragments only\n'}  --modprobe=<command>		try to insert modules using this command
  --set-counters -c PKTS BYTES	set the counter during insert/append
[!] --version	-V		print package version.
`;

const arp = (p: string): string => `${p} v1.8.11 (nf_tables)

Usage: ${p} -[ACD] chain rule-specification [options]
       ${p} -I chain [rulenum] rule-specification [options]
       ${p} -R chain rulenum rule-specification [options]
       ${p} -D chain rulenum [options]
       ${p} -[LS] [chain [rulenum]] [options]
       ${p} -[FZ] [chain] [options]
       ${p} -[NX] chain
       ${p} -E old-chain-name new-chain-name
       ${p} -P chain target [options]
       ${p} -h (print this help information)

Commands:
Either long or short options are allowed.
  --append  -A chain		Append to chain
  --check   -C chain		Check for the existence of a rule
  --delete  -D chain		Delete matching rule from chain
  --delete  -D chain rulenum
				Delete rule rulenum (1 = first) from chain
  --insert  -I chain [rulenum]
				Insert in chain as rulenum (default 1=first)
  --replace -R chain rulenum
				Replace rule rulenum (1 = first) in chain
  --list    -L [chain [rulenum]]
				List the rules in a chain or all chains
  --list-rules -S [chain [rulenum]]
				Print the rules in a chain or all chains
  --flush   -F [chain]		Delete all rules in  chain or all chains
  --zero    -Z [chain [rulenum]]
				Zero counters in chain or all chains
  --new     -N chain		Create a new user-defined chain
  --delete-chain
            -X [chain]		Delete a user-defined chain
  --policy  -P chain target
				Change policy on chain to target
  --rename-chain
            -E old-chain new-chain
				Change chain name, (moving any references)

Options:
[!] --source-ip	-s address[/mask]
				source specification
[!] --destination-ip -d address[/mask]
				destination specification
[!] --source-mac address[/mask]
[!] --destination-mac address[/mask]
    --h-length   -l   length[/mask] hardware length (nr of bytes)
    --opcode code[/mask] operation code (2 bytes)
    --h-type   type[/mask]  hardware type (2 bytes, hexadecimal)
    --proto-type   type[/mask]  protocol type (2 bytes)
[!] --in-interface -i input name[+]
				network interface name ([+] for wildcard)
 --jump	-j target
				target for rule (may load target extension)
  --match	-m match
				extended match (may load extension)
  --numeric	-n		numeric output of addresses and ports
[!] --out-interface -o output name[+]
				network interface name ([+] for wildcard)
  --table	-t table	table to manipulate (default: \`filter')
  --verbose	-v		verbose mode
  --wait	-w [seconds]	maximum wait to acquire xtables lock before give up
  --line-numbers		print line numbers when listing
  --exact	-x		expand numbers (display exact values)
  --modprobe=<command>		try to insert modules using this command
  --set-counters -c PKTS BYTES	set the counter during insert/append
[!] --version	-V		print package version.
 opcode strings: 
 1 = Request
 2 = Reply
 3 = Request_Reverse
 4 = Reply_Reverse
 5 = DRARP_Request
 6 = DRARP_Reply
 7 = DRARP_Error
 8 = InARP_Request
 9 = ARP_NAK
 hardware type string: 1 = Ethernet
 protocol type string: 0x800 = IPv4
`;

/** Targets that arptables has loaded from its start, in the order of its list. */
const ARP_LOADED: readonly Helped[] = [
  {
    name: 'MARK',
    help: () => `MARK target options:
  --set-xmark value[/mask]  Clear bits in mask and XOR value into nfmark
  --set-mark value[/mask]   Clear bits in mask and OR value into nfmark
  --and-mark bits           Binary AND the nfmark with bits
  --or-mark bits            Binary OR the nfmark with bits
  --xor-mark bits           Binary XOR the nfmark with bits
`,
  },
  {
    name: 'CLASSIFY',
    help: () => `CLASSIFY target options:
--set-class MAJOR:MINOR    Set skb->priority value (always hexadecimal!)
`,
  },
  {
    name: 'mangle',
    help: () => `mangle target options:
--mangle-ip-s IP address
--mangle-ip-d IP address
--mangle-mac-s MAC address
--mangle-mac-d MAC address
--mangle-target target (DROP, CONTINUE or ACCEPT -- default is ACCEPT)
`,
  },
  STANDARD_HELP,
];

/** Of those loaded, the one in use comes last. */
const arpHelped = (used: readonly Helped[]): Helped[] => {
  const isUsed = (e: Helped): boolean => used.some((u) => u.name === e.name);
  return [...ARP_LOADED.filter((e) => !isUsed(e)), ...used.filter((u) => !ARP_LOADED.some((e) => e.name === u.name)), ...ARP_LOADED.filter(isUsed)];
};

const bridge = (p: string): string => `${p} 1.8.11 (nf_tables)
Usage:
ebtables -[ADI] chain rule-specification [options]
ebtables -P chain target
ebtables -[LFZ] [chain]
ebtables -[NX] [chain]
ebtables -E old-chain-name new-chain-name

Commands:
--append -A chain             : append to chain
--delete -D chain             : delete matching rule from chain
--delete -D chain rulenum     : delete rule at position rulenum from chain
--change-counters -C chain
          [rulenum] pcnt bcnt : change counters of existing rule
--insert -I chain rulenum     : insert rule at position rulenum in chain
--list   -L [chain]           : list the rules in a chain or in all chains
--flush  -F [chain]           : delete all rules in chain or in all chains
--init-table                  : replace the kernel table with the initial table
--zero   -Z [chain]           : put counters on zero in chain or in all chains
--policy -P chain target      : change policy on chain to target
--new-chain -N chain          : create a user defined chain
--rename-chain -E old new     : rename a chain
--delete-chain -X [chain]     : delete a user defined chain
Options:
[!] --proto  -p proto         : protocol hexadecimal, by name or LENGTH
[!] --src    -s address[/mask]: source mac address
[!] --dst    -d address[/mask]: destination mac address
[!] --in-if  -i name[+]       : network input interface name
[!] --out-if -o name[+]       : network output interface name
[!] --logical-in  name[+]     : logical bridge input interface name
[!] --logical-out name[+]     : logical bridge output interface name
--set-counters -c chain
          pcnt bcnt           : set the counters of the to be added rule
--modprobe -M program         : try to insert modules using this program
--concurrent                  : use a file lock to support concurrent scripts
--verbose -v                  : verbose mode
--version -V                  : print package version

Environment variable:


`;

export function helpText(family: XtFamily, program: string, uses: () => readonly Helped[]): string {
  const own = family === 'arp' ? arp(program) : family === 'bridge' ? bridge(program) : inet(program, family === 'ip6');
  return [own, ...(family === 'arp' ? arpHelped(uses()) : uses()).map((e) => e.help(family))].join('\n');
}
