import { BOOLEAN, BYTE, choice, digits, fixed, integer, jumped, keep, list, long, NULL, OCTETS, octets, OID, opt, sequence, type Type, unread, WORD } from './schema.ts';

/** H.245, version 7 of 2000: what of it leads to the addresses of channels. */

const NONSTANDARD = sequence({ id: choice({ object: OID, h221: sequence({ country: BYTE, extension: BYTE, manufacturer: WORD }) }), data: OCTETS });

/** So many switches. */
const booleans = (n: number): Record<string, Type> => Object.fromEntries(Array.from({ length: n }, (_, i) => [`flag${i}`, BOOLEAN]));
/** So many alternatives that say no more. */
const names = (n: number): Record<string, Type> => Object.fromEntries(Array.from({ length: n }, (_, i) => [`name${i}`, NULL]));

const RATES = { bitRate: opt(long(0)), bufferSize: opt(long(0)), samples: opt(WORD), lines: opt(WORD), pictures: opt(integer(4)), luminance: opt(long(0)) };
const VIDEO = choice(
  {
    nonStandard: NONSTANDARD,
    h261: sequence({ qcif: opt(integer(2)), cif: opt(integer(2)), tradeOff: BOOLEAN, maxBitRate: WORD, still: BOOLEAN }, { badMBs: jumped(1) }),
    h262: sequence({ ...booleans(11), ...RATES }, { badMBs: jumped(1) }),
    h263: sequence(
      {
        sqcif: opt(integer(5)),
        qcif: opt(integer(5)),
        cif: opt(integer(5)),
        cif4: opt(integer(5)),
        cif16: opt(integer(5)),
        maxBitRate: long(1),
        ...booleans(5),
        hrdB: opt(long(0)),
        bppMaxKb: opt(WORD),
      },
      { rest: jumped(8) },
    ),
    is11172: sequence({ constrained: BOOLEAN, ...RATES }, { badMBs: jumped(1) }),
  },
  { generic: jumped(1) },
);

const AUDIO = choice(
  {
    nonStandard: NONSTANDARD,
    g711Alaw64k: BYTE,
    g711Alaw56k: BYTE,
    g711Ulaw64k: BYTE,
    g711Ulaw56k: BYTE,
    g722_64k: BYTE,
    g722_56k: BYTE,
    g722_48k: BYTE,
    g7231: sequence({ frames: BYTE, silence: BOOLEAN }),
    g728: BYTE,
    g729: BYTE,
    g729AnnexA: BYTE,
    is11172: sequence({ ...booleans(8), bitRate: WORD }, {}),
    is13818: sequence({ ...booleans(20), bitRate: WORD }, {}),
  },
  { rest: jumped(8) },
);

const PROTOCOL = choice(
  { nonStandard: NONSTANDARD, ...names(6) },
  { segmentation: jumped(1), tunnelling: jumped(1), v120: jumped(1), separateLANStack: jumped(1), rest: jumped(3) },
);
const T84 = sequence({ protocol: PROTOCOL, profile: choice({ unrestricted: NULL, restricted: sequence(booleans(19), {}) }) });
const APPLICATION = choice(
  {
    nonStandard: NONSTANDARD,
    t120: keep(PROTOCOL),
    dsmCc: PROTOCOL,
    userData: PROTOCOL,
    t84: T84,
    t434: PROTOCOL,
    h224: PROTOCOL,
    nlpid: sequence({ protocol: PROTOCOL, data: OCTETS }),
    dsvdControl: NULL,
    h222: PROTOCOL,
  },
  { rest: jumped(4) },
);
const DATA = choice(
  {
    nonStandard: NONSTANDARD,
    nullData: NULL,
    videoData: VIDEO,
    audioData: AUDIO,
    data: keep(sequence({ application: keep(APPLICATION), maxBitRate: long(0) }, {})),
    encryption: choice({ nonStandard: NONSTANDARD, h233: NULL }, {}),
  },
  { rest: jumped(3) },
);

const UNICAST = choice(
  {
    iPAddress: keep(sequence({ network: keep(fixed(4)), port: WORD }, {})),
    iPXAddress: sequence({ node: fixed(6), netnum: fixed(4), port: fixed(2) }, {}),
    iP6Address: keep(sequence({ network: keep(fixed(16)), port: WORD }, {})),
    netBios: fixed(16),
    iPSourceRoute: sequence({ routing: choice(names(2)), network: fixed(4), port: WORD, route: list(fixed(4)) }, {}),
  },
  { rest: jumped(2) },
);
const MULTICAST = choice({ iPAddress: sequence({ network: fixed(4), port: WORD }, {}), iP6Address: sequence({ network: fixed(16), port: WORD }, {}) }, { rest: jumped(2) });
const TRANSPORT = choice({ unicastAddress: keep(UNICAST), multicastAddress: MULTICAST }, {});

const H222 = sequence({ resource: WORD, subChannel: WORD, pcrPid: opt(WORD), program: opt(OCTETS), stream: opt(OCTETS) }, {});
const H223 = sequence(
  { layer: choice({ nonStandard: NONSTANDARD, ...names(4), al3: sequence({ control: integer(2), buffer: long(0) }) }, { rest: jumped(3) }), segmentable: BOOLEAN },
  {},
);
const V76 = sequence(
  {
    hdlc: sequence({ crc: choice(names(3), {}), n401: WORD, loopback: BOOLEAN }, {}),
    suspend: choice(names(3), {}),
    uIH: BOOLEAN,
    mode: choice({ eRM: sequence({ window: integer(7), recovery: choice(names(3), {}) }, {}), uNERM: NULL }, {}),
    v75: sequence({ audioHeader: BOOLEAN }, {}),
  },
  {},
);
const CHANNEL = sequence(
  {
    nonStandard: opt(list(NONSTANDARD)),
    session: BYTE,
    associatedSession: opt(integer(8)),
    mediaChannel: opt(keep(TRANSPORT)),
    mediaGuaranteed: opt(BOOLEAN),
    mediaControlChannel: opt(keep(TRANSPORT)),
    rest: unread(5, 5),
  },
  {},
);

const STACK = sequence(
  {
    distribution: opt(choice(names(2), {})),
    networkAddress: keep(
      choice(
        {
          q2931: sequence({ address: choice({ number: digits(4), nsap: octets(5) }, {}), sub: opt(octets(5)) }, {}),
          e164: digits(7),
          localAreaAddress: keep(TRANSPORT),
        },
        {},
      ),
    ),
    associate: BOOLEAN,
    external: opt(octets(8)),
  },
  { t120Setup: jumped(1) },
);

export const OPEN_CHANNEL = sequence(
  {
    number: WORD,
    forward: keep(
      sequence(
        { port: opt(WORD), dataType: keep(DATA), multiplex: keep(choice({ h222: H222, h223: H223, v76: V76 }, { h2250: keep(CHANNEL), none: jumped(1) })) },
        { rest: jumped(2) },
      ),
    ),
    reverse: opt(keep(sequence({ dataType: DATA, multiplex: opt(keep(choice({ h223: H223, v76: V76 }, { h2250: keep(CHANNEL) }))) }, { rest: jumped(2) }))),
  },
  { separateStack: keep(STACK), encryption: unread(1) },
);

const ACK_PARAMETERS = sequence(
  {
    nonStandard: opt(list(NONSTANDARD)),
    session: opt(integer(8)),
    mediaChannel: opt(keep(TRANSPORT)),
    mediaControlChannel: opt(keep(TRANSPORT)),
    payloadType: opt(integer(5)),
  },
  { rest: jumped(2) },
);
const OPEN_CHANNEL_ACK = sequence(
  {
    number: WORD,
    reverse: opt(keep(sequence({ number: WORD, port: opt(WORD), multiplex: opt(keep(choice({ h222: H222 }, { h2250: keep(CHANNEL) }))) }, { replacement: jumped(1) }))),
  },
  { separateStack: keep(STACK), forwardAck: keep(choice({ h2250: keep(ACK_PARAMETERS) }, {})), encryption: unread(1) },
);

/** MultimediaSystemControlMessage */
export const H245_MESSAGE = choice(
  {
    request: keep(choice({ before: unread(3), openLogicalChannel: keep(OPEN_CHANNEL), after: unread(7) }, { rest: unread(4) })),
    response: keep(choice({ before: unread(5), openLogicalChannelAck: keep(OPEN_CHANNEL_ACK), after: unread(13) }, { rest: unread(5) })),
    rest: unread(2),
  },
  {},
);
