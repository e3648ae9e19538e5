import { OPEN_CHANNEL, H245_MESSAGE } from './h245.ts';
import {
  bitString,
  bmp,
  BOOLEAN,
  BYTE,
  choice,
  digits,
  fixed,
  jumped,
  keep,
  list,
  long,
  NULL,
  OCTETS,
  octets,
  OID,
  open,
  opt,
  sequence,
  SHORT_OCTETS,
  type Type,
  UNBOUNDED,
  unread,
  WORD,
} from './schema.ts';

/** H.225.0, version 4 of 2000, and the tokens of H.235: what of them leads to the addresses of signalling. */

const H221 = sequence({ country: BYTE, extension: BYTE, manufacturer: WORD }, {});
const NONSTANDARD = sequence({ id: choice({ object: OID, h221: H221 }, {}), data: OCTETS });

const TRANSPORT = choice(
  {
    ipAddress: keep(sequence({ ip: keep(fixed(4)), port: WORD })),
    ipSourceRoute: sequence({ ip: fixed(4), port: WORD, route: list(fixed(4)), routing: choice({ strict: NULL, loose: NULL }, {}) }, {}),
    ipxAddress: sequence({ node: fixed(6), netnum: fixed(4), port: fixed(2) }),
    ip6Address: keep(sequence({ ip: keep(fixed(16)), port: WORD }, {})),
    netBios: fixed(16),
    nsap: octets(5),
    nonStandard: NONSTANDARD,
  },
  {},
);
const ALIAS = choice({ dialedDigits: digits(7), h323Id: bmp('byte') }, { rest: jumped(5) });

const VENDOR = sequence({ vendor: H221, product: opt(SHORT_OCTETS), version: opt(SHORT_OCTETS) }, {});
const CAPS = sequence({ nonStandard: opt(NONSTANDARD) }, { rest: jumped(2) });
const PROTOCOLS = choice({ nonStandard: NONSTANDARD, h310: CAPS, h320: CAPS, h321: CAPS, h322: CAPS, h323: CAPS, h324: CAPS, voice: CAPS, t120Only: CAPS }, { rest: jumped(2) });
const PLAIN = sequence({ nonStandard: opt(NONSTANDARD) }, {});
const ENDPOINT = sequence(
  {
    nonStandard: opt(NONSTANDARD),
    vendor: opt(VENDOR),
    gatekeeper: opt(PLAIN),
    gateway: opt(sequence({ protocol: opt(list(PROTOCOLS)), nonStandard: opt(NONSTANDARD) }, {})),
    mcu: opt(sequence({ nonStandard: opt(NONSTANDARD) }, { protocol: jumped(1) })),
    terminal: opt(PLAIN),
    mc: BOOLEAN,
    undefinedNode: BOOLEAN,
  },
  { rest: jumped(2) },
);

const CALL_TYPE = choice({ pointToPoint: NULL, oneToN: NULL, nToOne: NULL, nToN: NULL }, {});
const CALL_MODEL = choice({ direct: NULL, gatekeeperRouted: NULL }, {});
const SERVICES = sequence(
  {
    q932: BOOLEAN,
    q951: BOOLEAN,
    q952: BOOLEAN,
    q953: BOOLEAN,
    q955: BOOLEAN,
    q956: BOOLEAN,
    q957: BOOLEAN,
    q954: sequence({ conference: BOOLEAN, threeParty: BOOLEAN }, {}),
  },
  {},
);

const FAST_START = keep(list(keep(open(OPEN_CHANNEL)), 30));

const SECURITY_MODE = choice({ nonStandard: NONSTANDARD, none: NULL, default: NULL }, {});
const SECURITY = sequence({ nonStandard: opt(NONSTANDARD), encryption: SECURITY_MODE, authentication: SECURITY_MODE, integrity: SECURITY_MODE }, {});
const H245_SECURITY = choice({ nonStandard: NONSTANDARD, none: NULL, tls: SECURITY, ipsec: SECURITY }, {});

const CLEAR_TOKEN = sequence(
  {
    oid: OID,
    time: opt(long(1)),
    password: opt(bmp(7)),
    dhkey: opt(sequence({ halfkey: bitString('word'), modSize: bitString('word'), generator: bitString('word') }, {})),
    challenge: opt(octets(7, 8)),
    random: opt(UNBOUNDED),
    certificate: opt(sequence({ type: OID, certificate: OCTETS }, {})),
    generalId: opt(bmp(7)),
    nonStandard: opt(sequence({ id: OID, data: OCTETS })),
  },
  { rest: jumped(2) },
);
const PARAMS = sequence({ random: opt(UNBOUNDED), iv8: opt(fixed(8)) }, { iv16: jumped(1) });
const HASHED = sequence({ algorithm: OID, params: PARAMS, hash: bitString('any') });
const ENCRYPTED = sequence({ algorithm: OID, params: PARAMS, data: OCTETS });
const SIGNED = sequence({ signed: open(NULL), algorithm: OID, params: PARAMS, signature: bitString('any') });
const CRYPTO_TOKEN = choice(
  {
    epPasswordHash: sequence({ alias: ALIAS, time: long(1), token: HASHED }),
    gkPasswordHash: sequence({ gatekeeper: bmp(7), time: long(1), token: HASHED }),
    epEncrypted: ENCRYPTED,
    gkEncrypted: ENCRYPTED,
    epCertificate: SIGNED,
    gkCertificate: SIGNED,
    fastStart: SIGNED,
    nested: choice(
      {
        encrypted: sequence({ oid: OID, token: ENCRYPTED }),
        signed: sequence({ oid: OID, token: SIGNED }),
        hashed: sequence({ oid: OID, values: CLEAR_TOKEN, token: HASHED }),
        password: ENCRYPTED,
      },
      {},
    ),
  },
  {},
);

const SETUP = sequence(
  {
    protocol: OID,
    h245Address: opt(keep(TRANSPORT)),
    sourceAddress: opt(list(ALIAS)),
    sourceInfo: ENDPOINT,
    destinationAddress: opt(list(ALIAS)),
    destCallSignalAddress: opt(keep(TRANSPORT)),
    destExtraCallInfo: opt(list(ALIAS)),
    destExtraCRV: opt(list(WORD)),
    activeMC: BOOLEAN,
    conference: fixed(16),
    goal: choice({ create: NULL, join: NULL, invite: NULL }, { rest: jumped(2) }),
    services: opt(SERVICES),
    callType: CALL_TYPE,
  },
  { sourceCallSignalAddress: keep(TRANSPORT), toTokens: jumped(5), fastStart: FAST_START, flags: jumped(2), rest: unread(17) },
);
/** `after`: extensions behind the fast start. */
const answer = (root: Parameters<typeof sequence>[0], after: number): Type =>
  sequence({ protocol: OID, ...root }, { toTokens: jumped(4), fastStart: FAST_START, rest: jumped(after) });
const H245_ADDRESS = opt(keep(TRANSPORT));
const FACILITY = sequence(
  {
    protocol: OID,
    alternativeAddress: opt(keep(TRANSPORT)),
    alternativeAlias: opt(list(ALIAS)),
    conference: opt(fixed(16)),
    reason: keep(choice({ routeCallToGatekeeper: NULL, callForwarded: NULL, routeCallToMC: NULL, undefinedReason: NULL }, { rest: jumped(7) })),
  },
  { toConferences: jumped(6), h245Address: keep(TRANSPORT), fastStart: FAST_START, rest: jumped(8) },
);
const PROGRESS = sequence(
  {
    protocol: OID,
    destination: ENDPOINT,
    h245Address: H245_ADDRESS,
    call: sequence({ guid: fixed(16) }, {}),
    security: opt(H245_SECURITY),
    tokens: opt(list(CLEAR_TOKEN)),
    cryptoTokens: opt(list(CRYPTO_TOKEN)),
    fastStart: opt(FAST_START),
  },
  { rest: jumped(3) },
);
const BODY = choice(
  {
    setup: keep(SETUP),
    callProceeding: keep(answer({ destination: ENDPOINT, h245Address: H245_ADDRESS }, 4)),
    connect: keep(answer({ h245Address: H245_ADDRESS, destination: ENDPOINT, conference: fixed(16) }, 10)),
    alerting: keep(answer({ destination: ENDPOINT, h245Address: H245_ADDRESS }, 9)),
    information: sequence({ protocol: OID }, { rest: jumped(6) }),
    releaseComplete: sequence(
      {
        protocol: OID,
        reason: opt(choice(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`reason${i}`, NULL])), { rest: jumped(10) })),
      },
      { rest: jumped(9) },
    ),
    facility: keep(FACILITY),
  },
  { progress: keep(PROGRESS), rest: jumped(5) },
);

/** H323-UserInformation: what Q.931 carries. */
export const USER_INFORMATION = sequence(
  {
    pdu: keep(
      sequence(
        { body: keep(BODY), nonStandard: opt(NONSTANDARD) },
        { supplementary: jumped(1), tunneling: jumped(1), h245Control: keep(list(keep(open(H245_MESSAGE)), 4)), rest: unread(6) },
      ),
    ),
    userData: unread(1, 1),
  },
  {},
);

const ADDRESSES = keep(list(keep(TRANSPORT), 10));
const ID = bmp(7);
const TO_LIVE = keep(long(1));
const REGISTRATION_REQUEST = sequence(
  {
    number: WORD,
    protocol: OID,
    nonStandard: opt(NONSTANDARD),
    complete: BOOLEAN,
    callSignalAddress: ADDRESSES,
    rasAddress: ADDRESSES,
    terminal: ENDPOINT,
    aliases: opt(list(ALIAS)),
    gatekeeper: opt(ID),
    vendor: VENDOR,
  },
  { alternates: jumped(1), timeToLive: TO_LIVE, rest: unread(19) },
);
const REGISTRATION_CONFIRM = sequence(
  {
    number: WORD,
    protocol: OID,
    nonStandard: opt(NONSTANDARD),
    callSignalAddress: ADDRESSES,
    aliases: opt(list(ALIAS)),
    gatekeeper: opt(ID),
    endpoint: ID,
  },
  { alternates: jumped(1), timeToLive: TO_LIVE, rest: unread(15) },
);
const ADMISSION_REQUEST = sequence(
  {
    number: WORD,
    callType: CALL_TYPE,
    callModel: opt(CALL_MODEL),
    endpoint: ID,
    destination: opt(list(ALIAS)),
    destCallSignalAddress: opt(keep(TRANSPORT)),
    destExtra: opt(list(ALIAS)),
    source: list(ALIAS),
    srcCallSignalAddress: opt(keep(TRANSPORT)),
    rest: unread(7, 2),
  },
  {},
);

/** RasMessage: what runs between endpoints and gatekeepers. */
export const RAS_MESSAGE = choice(
  {
    gatekeeperRequest: keep(sequence({ number: WORD, protocol: OID, nonStandard: opt(NONSTANDARD), rasAddress: keep(TRANSPORT), rest: unread(4, 3) }, {})),
    gatekeeperConfirm: keep(sequence({ number: WORD, protocol: OID, nonStandard: opt(NONSTANDARD), gatekeeper: opt(ID), rasAddress: keep(TRANSPORT) }, { rest: unread(9) })),
    gatekeeperReject: unread(1),
    registrationRequest: keep(REGISTRATION_REQUEST),
    registrationConfirm: keep(REGISTRATION_CONFIRM),
    registrationReject: unread(1),
    unregistrationRequest: keep(sequence({ number: WORD, callSignalAddress: ADDRESSES, rest: unread(3, 3) }, {})),
    unregistrationAnswers: unread(2),
    admissionRequest: keep(ADMISSION_REQUEST),
    admissionConfirm: keep(sequence({ number: WORD, bandWidth: long(0), callModel: CALL_MODEL, destCallSignalAddress: keep(TRANSPORT), rest: unread(2, 2) }, {})),
    toLocation: unread(7),
    locationRequest: keep(
      sequence({ number: WORD, endpoint: opt(ID), destination: list(ALIAS), nonStandard: opt(NONSTANDARD), replyAddress: keep(TRANSPORT) }, { rest: unread(12) }),
    ),
    locationConfirm: keep(sequence({ number: WORD, callSignalAddress: keep(TRANSPORT), rasAddress: keep(TRANSPORT), rest: unread(1, 1) }, {})),
    toInfo: unread(2),
    infoRequestResponse: keep(
      sequence(
        { nonStandard: opt(NONSTANDARD), number: WORD, endpointType: ENDPOINT, endpoint: ID, rasAddress: keep(TRANSPORT), callSignalAddress: ADDRESSES, rest: unread(2, 2) },
        {},
      ),
    ),
    nonStandard: unread(1),
  },
  { rest: unread(8) },
);
