import type { Names } from '../../xt/definition.ts';
import { groups, hostAddresses, hostName, networkAddress, networkName, protocols, serviceName, servicePort, users } from './database.ts';

/** The Names of a host, which gives the files that extensions read. */
export const namesOf = (file: (path: string) => string | undefined): Names => ({
  service: servicePort,
  serviceName,
  protocol: (n) => protocols().number(n),
  protocolName: (n) => protocols().name(n),
  user: (n) => users().number(n),
  userName: (n) => users().name(n),
  group: (n) => groups().number(n),
  groupName: (n) => groups().name(n),
  host: hostAddresses,
  hostName,
  network: networkAddress,
  networkName,
  file,
});
