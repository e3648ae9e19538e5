import { defineExtension } from '../definition.ts';
import { always } from '../field-tests.ts';
import { cut, saveString } from '../text.ts';
import { textOf } from '../value.ts';

/** struct xt_comment_info: 256 bytes with the ending zero. */
export type CommentInfo = { readonly comment: string };

export const match = defineExtension<CommentInfo>({
  kind: 'match',
  name: 'comment',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  revision: 0,
  options: [{ name: 'comment', type: 'string', mandatory: true }],
  help: () => `comment match options:
--comment COMMENT             Attach a comment to a rule
`,
  init: () => ({ comment: '' }),
  parse: (o, draft) => {
    draft['comment'] = cut(textOf(o), 255);
  },
  finish: (draft) => ({ comment: draft['comment'] as string }),
  save: (i) => ` --comment${saveString(i.comment)}`,
  print: (i) => ` /* ${i.comment} */`,
  translate: () => '',
  tests: () => always,
  match: () => true,
});
