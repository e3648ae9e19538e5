/**
 * Words of a line of the restore tools (iptables/xshared.c: add_param_to_argv): blanks part them, `"` quotes, a backslash
 * escapes within quotes; the closing quote ends the word.
 */
export function restoreWords(line: string): string[] {
  if (!line.includes('"')) return line.split(/[ \t\n]+/).filter((w) => w !== '');
  const out: string[] = [];
  let word = '';
  let quoted = false;
  let open = false;
  let escaped = false;
  for (const c of line) {
    if (open) {
      if (escaped) {
        word += c;
        escaped = false;
        continue;
      }
      if (c === '\\') {
        escaped = true;
        continue;
      }
      if (c !== '"') {
        word += c;
        continue;
      }
      open = false;
    } else if (c === '"') {
      open = true;
      quoted = true;
      continue;
    } else if (c !== ' ' && c !== '\t' && c !== '\n') {
      word += c;
      continue;
    } else if (word === '' && !quoted) continue;
    out.push(word);
    word = '';
    quoted = false;
  }
  if (word !== '') out.push(word);
  return out;
}
