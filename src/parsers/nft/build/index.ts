export * from './command.ts';
export * from './block.ts';
export * from './expression.ts';
export * from './statement.ts';
