const ENTITY: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in HTML, SVG or XML, between tags or in double quotes. */
export const escaped = (s: string): string => s.replaceAll(/[&<>"]/g, (c) => ENTITY[c]);
