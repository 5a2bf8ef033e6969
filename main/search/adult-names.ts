// Which names a person who does not want to meet adult ones is spared: decided here, from the name alone, by a short list of
// words of our own. It hides and deletes nothing, so a miss costs a glance, and a false alarm a row that is one click away;
// therefore only words that hardly mean anything else decide by themselves, and of the others two different ones must meet.
// Whole words as tokens.ts makes them: Essex, Scunthorpe, Cockburn or analysis have none of them.
// The same rule in two forms: of a name, and of the terms of an index segment (adult-bits.ts).
import { fold, tokens, words } from './tokens.ts';

/** One of these is enough. */
const DECISIVE = [
  ...[
    'porn',
    'porno',
    'porns',
    'pornhub',
    'pornstar',
    'pornstars',
    'porngirl',
    'pornographic',
    'legalporno',
    'realitykings',
  ],
  ...[
    'xvideos',
    'xhamster',
    'xnxx',
    'redtube',
    'youporn',
    'spankbang',
    'brazzers',
    'bangbros',
    'naughtyamerica',
    'teamskeet',
  ],
  ...[
    'evilangel',
    'digitalplayground',
    'nubilefilms',
    'girlsway',
    'faketaxi',
    'fakehub',
    'publicagent',
    'czechcasting',
  ],
  ...[
    'analvids',
    'sexart',
    'metart',
    'twistys',
    'onlyfans',
    'manyvids',
    'chaturbate',
    'myfreecams',
    'camwhores',
    'fansly',
  ],
  ...[
    'milf',
    'milfs',
    'gangbang',
    'gangbangs',
    'blowjob',
    'blowjobs',
    'handjob',
    'handjobs',
    'footjob',
    'titjob',
    'rimjob',
  ],
  ...[
    'creampie',
    'creampies',
    'bukkake',
    'cumshot',
    'cumshots',
    'deepthroating',
    'hentai',
    'futanari',
    'femdom',
    'bdsm',
  ],
  ...['shemale', 'shemales', 'ladyboys', 'gloryhole', 'cuckold', 'masturbating', 'upskirt', 'bigtits', 'camgirls'],
  ...['порно', 'порнуха', 'минет', '無修正', '无码', '中出し', '巨乳', '야동'],
] as const;

/** Two different ones, in one name. */
const DOUBTFUL = [
  ...[
    'sex',
    'sexo',
    'sexe',
    'sexy',
    'секс',
    'erotic',
    'erotica',
    'эротика',
    'nude',
    'nudes',
    'naked',
    'orgasm',
    'orgasms',
  ],
  ...['orgy', 'threesome', 'foursome', 'fetish', 'lesbian', 'lesbians', 'stepmom', 'stepsis', 'stepsister', 'stepbro'],
  ...[
    'stepdaughter',
    'stepson',
    'busty',
    'horny',
    'slut',
    'sluts',
    'slutty',
    'whore',
    'whores',
    'pussy',
    'cock',
    'cocks',
  ],
  ...[
    'tits',
    'titties',
    'boobs',
    'cum',
    'cums',
    'cumming',
    'squirt',
    'squirting',
    'dildo',
    'anal',
    'fuck',
    'fucks',
    'fucked',
  ],
  ...['fucking', 'interracial', 'masturbation', 'masturbates', 'swingers', 'hardcore', 'softcore', 'jav', 'uncensored'],
  ...['xxx', 'playboy', 'hustler', 'penthouse', 'vixen', 'tushy', 'blacked', 'amateur', 'casting', 'strapon'],
] as const;

/** Decisive like the others, unless one of these names another thing: films, games of sport, songs. */
const TRIPLE_X = 'xxx';
const NOT_TRIPLE_X = [
  'xander',
  'diesel',
  'bowl',
  'superbowl',
  'wrestlemania',
  'olympic',
  'olympics',
  'olympiad',
  'soundtrack',
];

/** With one of these, doubtful words are the subject of a book or a film, and do not count. */
const ABOUT_IT = [
  ...[
    'education',
    'textbook',
    'handbook',
    'psychology',
    'therapy',
    'health',
    'medicine',
    'medical',
    'biology',
    'anatomy',
  ],
  ...['documentary', 'history', 'encyclopedia', 'chromosome', 'chromosomes', 'riot'],
] as const;

/** Terms of the index that a name has all of. */
export type Terms = readonly string[];

/** A word of a script without spaces is its pairs of letters; the single letter behind them is no word of its own. */
const termsOf = (text: string): Terms => {
  const terms = tokens(text);
  return words(fold(text))[0]?.isUnspaced === true && terms.length > 1 ? terms.slice(0, -1) : terms;
};

export const ADULT_RULE = {
  decisive: DECISIVE.map(termsOf),
  doubtful: DOUBTFUL.map(termsOf),
  tripleX: termsOf(TRIPLE_X),
  notTripleX: NOT_TRIPLE_X.map(termsOf),
  aboutIt: ABOUT_IT.map(termsOf),
} as const;

/** What most names have none of, so that most are decided without being taken apart. */
const ANY_STEM = new RegExp(
  [...new Set([...DECISIVE, ...DOUBTFUL].map((word) => fold(word)))]
    .toSorted((a, b) => a.length - b.length)
    .reduce<string[]>((stems, word) => (stems.some((stem) => word.includes(stem)) ? stems : [...stems, word]), [])
    .join('|'),
);

/** True: to be hidden where the person wishes it. */
export function isAdultName(name: string): boolean {
  const folded = fold(name);
  if (!ANY_STEM.test(folded)) return false;
  const has = new Set(tokens(name));
  const hasAll = (terms: Terms): boolean => terms.every((term) => has.has(term));
  const { decisive, doubtful, tripleX, notTripleX, aboutIt } = ADULT_RULE;
  if (decisive.some(hasAll)) return true;
  if (hasAll(tripleX) && !notTripleX.some(hasAll)) return true;
  return !aboutIt.some(hasAll) && doubtful.filter(hasAll).length >= 2;
}
