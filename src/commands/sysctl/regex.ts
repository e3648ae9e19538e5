/** A POSIX extended expression (regcomp with REG_EXTENDED) as one of JavaScript; null: it is not valid. */
export function posixExtended(text: string): RegExp | null {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '[') {
      const end = text.indexOf(']', text[i + 1] === '^' ? i + 3 : i + 2);
      if (end < 0) return null;
      const body = text
        .slice(i + 1, end)
        .replaceAll('[:digit:]', '0-9')
        .replaceAll('[:alpha:]', 'A-Za-z')
        .replaceAll('[:alnum:]', 'A-Za-z0-9')
        .replaceAll('[:space:]', '\\s');
      out += `[${body.replace(/\\(?!s)/g, '\\\\')}]`;
      i = end;
    } else if (c === '/') out += '\\/';
    else out += c;
  }
  try {
    return new RegExp(out);
  } catch {
    return null;
  }
}

/** A shell pattern of one path component or several (glob(3)): `*` and `?` do not cross `/`. */
export function globPattern(text: string): RegExp {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '*') out += '[^/]*';
    else if (c === '?') out += '[^/]';
    else if (c === '[' && text.indexOf(']', i + 2) > 0) {
      const end = text.indexOf(']', i + 2);
      out += `[${text.slice(i + 1, end).replace(/^!/, '^')}]`;
      i = end;
    } else out += c.replace(/[.+^${}()|\\[\]]/g, '\\$&');
  }
  return new RegExp(`^${out}$`);
}
