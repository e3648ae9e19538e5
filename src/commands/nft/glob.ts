import type { Files } from '../../host/files.ts';

const MAGIC = /[*?[]/;

/** A shell pattern of one path segment; a leading dot must be said. */
function segment(pattern: string): RegExp {
  let out = pattern.startsWith('.') ? '' : '(?!\\.)';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '*') out += '[^/]*';
    else if (c === '?') out += '[^/]';
    else if (c === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end < 0) {
        out += '\\[';
        continue;
      }
      out += `[${pattern
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replace(/\\/g, '\\\\')}]`;
      i = end;
    } else out += c.replace(/[\\^$.|+(){}]/g, '\\$&');
  }
  return new RegExp(`^${out}$`);
}

/** glob(3) with GLOB_MARK: paths as the pattern writes them, sorted. */
export function glob(files: Files, cwd: string, pattern: string): readonly string[] {
  const isDirectory = (p: string): boolean => files.list(files.resolve(cwd, p)) !== undefined;
  if (!MAGIC.test(pattern)) {
    if (isDirectory(pattern)) return [pattern.endsWith('/') ? pattern : `${pattern}/`];
    return files.exists(files.resolve(cwd, pattern)) ? [pattern] : [];
  }
  let found = [pattern.startsWith('/') ? '/' : ''];
  const parts = pattern.split('/').filter((p, i) => p !== '' || i > 0);
  for (const [i, part] of parts.entries()) {
    if (part === '') continue;
    const last = parts.slice(i + 1).every((p) => p === '');
    found = found.flatMap((base) => {
      if (!MAGIC.test(part)) return files.exists(files.resolve(cwd, base + part)) || isDirectory(base + part) ? [base + part + (last ? '' : '/')] : [];
      const re = segment(part);
      return (files.list(files.resolve(cwd, base || '.')) ?? [])
        .filter((n) => re.test(n))
        .map((n) => base + n)
        .filter((p) => last || isDirectory(p))
        .map((p) => (last ? p : `${p}/`));
    });
  }
  return found.map((p) => (!p.endsWith('/') && isDirectory(p) ? `${p}/` : p)).sort();
}
