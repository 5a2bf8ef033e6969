// The adult-name filter: what it hides, what it must not, and that a name and an index segment are judged alike.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adultBits } from '../../main/search/adult-bits.ts';
import { ADULT_RULE, isAdultName } from '../../main/search/adult-names.ts';
import { isSet } from '../../main/search/bitmap.ts';
import { buildSegment } from '../../main/search/index-segment.ts';

const HIDDEN = [
  'Brazzers.24.01.17.Some.Name.XXX.1080p',
  'Some Name - Amateur Porn (2020)',
  'SiteName.Stepmom.Busty.24.02.01.2160p',
  'Some.Name.XXX.720p.WEB',
  '[HENTAI] Title 01',
  'Hot Lesbian Threesome 4K',
  '無修正 なまえ 第1話',
  'Название ПОРНО 2019',
  'ONLYFANS - Somebody - Siterip',
];

/** Places, sciences, films, songs and books that a careless list would hide. */
const SHOWN = [
  'Essex County Records 1881',
  'Scunthorpe United v Middlesex 2019',
  'Adult Education - Learning Theory (2nd Edition)',
  'Sex Education S01 COMPLETE 1080p',
  'Sex and the City S03E07',
  'Sexy Beast (2000)',
  'The Naked Gun 1988',
  'Naked Lunch 1991 Criterion',
  'xXx.Return.of.Xander.Cage.2017.1080p',
  'xXx (2002) Vin Diesel BluRay',
  'Super Bowl XXX Cowboys Steelers',
  'Pussy Riot - A Punk Prayer (2013)',
  'Analysis of Variance.pdf',
  'Annals of Analytical Chemistry - Anal. Chem. 2011',
  'Cockburn - The Open Economy',
  'Dick Tracy 1990',
  'Moby Dick - Herman Melville',
  'Titanic 1997',
  'Massachusetts Institute of Technology OCW',
  'Hardcore Henry 2015',
  'Hardcore History - Dan Carlin',
  'Human Sexuality Psychology Textbook - Sex and Naked Apes',
  'The Vixen and the Hound',
  'Playboy Bebop', // one doubtful word
  'Magna Cum Laude Orchestra',
  'Hitchcock Collection',
  'Grape Assassin Classics',
  'Penistone Line Trains',
  'Lesbian Documentary and Sex History of Berlin',
];

function adultRows(names: readonly string[]): boolean[] {
  const { segment } = buildSegment(
    names.map((name, index) => ({
      ...{ id: index + 1, name, sizeBytes: 1, fileCount: 1, peersSeen: 0 },
      ...{ discoveredAtUnixSeconds: 1, contentType: 'video' as const },
    })),
  );
  const bits = adultBits(segment);
  return names.map((_, row) => bits !== null && isSet(bits, row));
}

describe('the adult-name filter', () => {
  it.each(HIDDEN)('hides %s', (name) => expect(isAdultName(name)).toBe(true));
  it.each(SHOWN)('shows %s', (name) => expect(isAdultName(name)).toBe(false));

  it('has none of its words inside the words of a dictionary that it is not itself', () => {
    const known = new Set(ADULT_RULE.decisive.flat());
    const innocent = ['sussex', 'cockpit', 'cocktail', 'peacock', 'title', 'titan', 'analog', 'cumulus', 'document'];
    expect(innocent.filter((word) => known.has(word) || isAdultName(word))).toEqual([]);
  });

  it('judges the rows of a segment as it judges their names', () => {
    expect(adultRows([...HIDDEN, ...SHOWN])).toEqual([...HIDDEN.map(() => true), ...SHOWN.map(() => false)]);
    const { decisive, doubtful, tripleX, notTripleX, aboutIt } = ADULT_RULE;
    const word = fc.constantFrom(
      ...[...decisive, ...doubtful, tripleX, ...notTripleX, ...aboutIt].map((terms) => terms[0]!),
    );
    const name = fc
      .array(fc.oneof(word, fc.constantFrom('the', 'of', '2017', 'x')), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
        expect(adultRows(names)).toEqual(names.map(isAdultName));
      }),
    );
  });
});
