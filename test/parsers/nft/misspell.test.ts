import { describe, expect, it } from 'vitest';
import { closest, closestSymbol } from '../../../src/parsers/nft/index.ts';

// Asked of nft 1.1.3: `nft add chain WORD c` beside a table, `ct state WORD`.
describe('hints', () => {
  it.each([
    ['cd', 'abcd'],
    ['mange', 'mangle'],
    ['gd', 'abcd'],
    ['norute', 'no_route'],
  ])('%s: table %s', (word, name) => expect(closest(word, [name])).toBe(name));
  it('far names are none', () => expect(closest('nomnrhoue', ['no_route'])).toBeUndefined());
  it('names of one letter have no neighbours', () => expect(closest('t', ['t'])).toBeUndefined());
  const states = ['invalid', 'new', 'established', 'related', 'untracked'];
  it.each([
    ['hald', 'invalid'],
    ['vlid', 'invalid'],
    ['ulrfed', 'related'],
    ['ntrackemm', 'untracked'],
    ['nw', 'new'],
    ['snej', undefined],
    ['nreltd', undefined],
    ['restalined', undefined],
  ])('%s: state %s', (word, state) => expect(closestSymbol(word, states)).toBe(state));
});
