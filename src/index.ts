export { createHost } from './host/create.ts';
export type { Emitted, HostOptions, Listener } from './host/create.ts';
