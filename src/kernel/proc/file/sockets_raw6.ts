import { socketList } from '../sockets-head.ts';

export const procFile = socketList('raw6');
