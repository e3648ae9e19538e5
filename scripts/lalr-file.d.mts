export function readLalr(file: string): { body: string[]; rules: { name: string }[]; terminals: string[]; table: { conflicts: string[] } };
