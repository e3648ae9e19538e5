// Records test/commands/talk/recorded.txt: node test/oracle/record-talk.ts (root, Linux).
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { masked } from '../commands/talk/blocks.ts';
import { runInside, whyNoTalk } from './talk.ts';

const why = whyNoTalk();
if (why) throw new Error(why);
const folder = resolve(import.meta.dirname, '../commands/talk');
const text = runInside('talk-commands.sh', readFileSync(resolve(folder, 'commands.txt'), 'utf8'));
writeFileSync(resolve(folder, 'recorded.txt'), masked(text));
