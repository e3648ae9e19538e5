export { createHost } from './host/create.ts';
export type { Emitted, HostOptions, Listener, Result, SimulatedHost } from './host/create.ts';
