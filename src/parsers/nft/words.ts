/**
 * Words of nft and where they are words: a keyword without scopes is one everywhere, the others only while one of their scopes is
 * the innermost (nft's scanner start conditions). `word=token` where the token has another name, `>scope` where it opens one.
 */
const EVERYWHERE = `
eq=== ne=!= le=<= lt=< ge=>= gt=> lshift=<< rshift=>> xor=^ and=& or=| not=! vmap include define redefine undefine describe
hook device devices table chain rule set element map flowtable handle ruleset socket>socket tproxy>tproxy
accept drop continue jump goto return inet netdev add replace update create insert delete get list>list reset>reset flush rename
import>import export>export monitor>monitor destroy>destroy position index comment constant interval dynamic auto-merge timeout
gc-interval elements expires policy>policy size flow offload meter counter>counter last>last log>log queue>queue limit>limit quota>quota
hour day reject>reject snat>nat dnat>nat masquerade>nat redirect>nat random th>th bridge ether>eth type>type typeof vlan>vlan arp>arp
ip>ip ecn time icmp>icmp icmpv6>icmp igmp>igmp ip6>ip6 priority ah>ah esp>esp comp>comp flags udp>udp udplite>udplite
vxlan vni geneve gre>gre gretap>gre tcp>tcp dccp>dccp sctp>sctp rt>rt rt0>rt rt2>rt srh>rt hbh>hbh frag>frag dst>dst mh>mh
meta>meta mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid ibriport ibrname obriport obrname pkttype cpu
iifgroup oifgroup cgroup ct>ct numgen>numgen jhash>hash symhash>hash dup>dup fwd>fwd fib>fib osf>osf synproxy>synproxy notrack all
exists missing exthdr ipsec>ipsec secmark>secmark xt>xt`;

const SCOPED: readonly (readonly [scopes: string, words: string])[] = [
  ['list monitor', 'chains sets tables'],
  ['monitor', 'rules trace'],
  ['socket', 'transparent wildcard cgroupv2 level'],
  ['queue dup fwd nat tproxy ip ip6', 'to'],
  ['policy', 'performance memory'],
  ['list', 'meters flowtables limits maps secmarks synproxys hooks'],
  ['counter limit quota synproxy osf', 'name'],
  ['counter ct limit', 'packets'],
  ['counter ct limit quota', 'bytes'],
  ['last', 'never'],
  ['list reset', 'counters quotas rules'],
  ['log nat ip ip6', 'prefix'],
  ['log', 'snaplen queue-threshold level group'],
  ['queue', 'num=qnum bypass fanout'],
  ['limit', 'rate burst second minute week'],
  ['ct limit quota', 'over'],
  ['quota', 'until'],
  ['quota last', 'used'],
  ['reject', 'with icmpx'],
  ['nat', 'fully-random persistent port'],
  ['at', 'll nh'],
  ['arp ct eth ip ip6 fib ipsec', 'saddr daddr'],
  ['ct frag vlan ip icmp', 'id'],
  ['vlan', 'cfi dei pcp'],
  ['arp', 'htype ptype hlen plen operation'],
  ['ip ip6 osf gre', 'version'],
  ['ah dst hbh mh rt ip', 'hdrlength'],
  ['ip ip6 type', 'dscp'],
  ['udp ip ip6 meta tcp sctp sctp_chunk', 'length'],
  ['frag ip', 'frag-off'],
  ['osf ip', 'ttl'],
  ['ct ip meta type gre', 'protocol'],
  ['mh udp udplite icmp igmp ip sctp tcp', 'checksum'],
  ['ip', 'lsrr rr ssrr ra ptr value option options'],
  [
    'tcp',
    `ackseq doff window urgptr echo eol maxseg=mss mss nop noop=nop sack sack0 sack1 sack2 sack3 sack-permitted
    sack-perm=sack-permitted timestamp fastopen mptcp md5sig left right count tsval tsecr subtype options option`,
  ],
  ['icmp', 'gateway code param-problem max-delay mtu taddr daddr'],
  ['ah esp icmp tcp', 'sequence=seq'],
  ['igmp', 'mrt group'],
  ['ip6', 'flowlabel hoplimit'],
  ['ah comp dst frag hbh mh rt ip6', 'nexthdr'],
  ['ah frag mh tcp', 'reserved'],
  ['ah esp ipsec', 'spi'],
  ['comp', 'cpi'],
  ['udplite', 'csumcov'],
  ['dccp sctp tcp th udp udplite', 'sport'],
  ['ct dccp sctp tcp th udp udplite', 'dport'],
  ['dccp', 'option'],
  ['sctp', 'chunk>sctp_chunk vtag'],
  [
    'sctp_chunk',
    `data init init-ack heartbeat heartbeat-ack abort shutdown shutdown-ack error=error-chunk cookie-echo cookie-ack ecne cwr
    shutdown-complete asconf-ack forward-tsn asconf tsn sack stream ssn ppid init-tag a-rwnd num-outbound-streams num-inbound-streams
    initial-tsn cum-tsn-ack num-gap-ack-blocks num-dup-tsns lowest-tsn seqno new-cum-tsn`,
  ],
  ['rt nat ip ip6', 'addr'],
  ['frag', 'reserved2 more-fragments'],
  ['rt', 'nexthop seg-left mtu last-entry tag sid'],
  ['rt type', 'classid'],
  [
    'ct',
    `avgpkt l3proto proto-src proto-dst zone original reply direction event expectation expiration helper helpers label state
    status count`,
  ],
  ['numgen', 'inc'],
  ['hash', 'seed'],
  ['hash numgen', 'mod offset'],
  ['synproxy', 'wscale maxseg=mss mss timestamp sack-permitted sack-perm=sack-permitted'],
  ['export import monitor', 'xml json vm'],
  ['ipsec', 'reqid spnum in out'],
];

export interface Keyword {
  readonly token: string;
  readonly opens?: string;
}

const everywhere = new Map<string, Keyword>();
const scoped = new Map<string, Map<string, Keyword>>();

function entry(spec: string): [string, Keyword] {
  const m = /^([\w-]+)(?:=([^\s>][^\s]*|[<>]=?|>>))?(?:>(\w+))?$/.exec(spec);
  if (!m) throw new Error(`words: ${spec}`);
  const word = m[1] as string;
  return [word, { token: m[2] ?? word, ...(m[3] ? { opens: m[3] } : {}) }];
}
for (const spec of EVERYWHERE.split(/\s+/).filter(Boolean)) everywhere.set(...entry(spec));
for (const [scopes, words] of SCOPED) {
  for (const spec of words.split(/\s+/)) {
    const [word, keyword] = entry(spec);
    let by = scoped.get(word);
    if (!by) scoped.set(word, (by = new Map()));
    for (const scope of scopes.split(' ')) if (!by.has(scope)) by.set(scope, keyword);
  }
}

export const keyword = (word: string, scope: string): Keyword | undefined => everywhere.get(word) ?? scoped.get(word)?.get(scope);

/** Words that are the given token in a scope. */
export function wordsFor(token: string, scope: string): string[] {
  const out: string[] = [];
  for (const [word, k] of everywhere) if (k.token === token) out.push(word);
  for (const [word, by] of scoped) if (by.get(scope)?.token === token) out.push(word);
  return out;
}

/** How bison names a token in a syntax error. */
const NAMES: Readonly<Record<string, string>> = {
  eof: 'end of file',
  num: 'number',
  quoted: 'quoted string',
  asterisk: 'string with a trailing asterisk',
  dot: '.',
  qnum: 'num',
  'error-chunk': 'error',
  '=': "'='",
  '{': "'{'",
  '}': "'}'",
  '(': "'('",
  ')': "')'",
  '[': "'['",
  ']': "']'",
  $: "'$'",
  '|': "'|'",
};
export const tokenName = (token: string): string => NAMES[token] ?? token;

/** `meta` keys in the order of nft's table; those that are not keywords are read as plain words. */
export const META_KEYS = [
  'length',
  'protocol',
  'priority',
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'iiftype',
  'oiftype',
  'skuid',
  'skgid',
  'nftrace',
  'rtclassid',
  'secmark',
  'nfproto',
  'l4proto',
  'ibrname',
  'obrname',
  'pkttype',
  'cpu',
  'iifgroup',
  'oifgroup',
  'cgroup',
  'random',
  'ipsec',
  'iifkind',
  'oifkind',
  'ibrpvid',
  'ibrvproto',
  'time',
  'day',
  'hour',
  'sdif',
  'sdifname',
  'broute',
] as const;
