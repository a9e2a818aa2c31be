/** The words for users: one for one thing, as they know it from PostHog, Loops and other tools. */
import { documents, textOf } from './setup'
import { labels, messages, names } from './user-texts'

/** The words of style.md's table, and what to write instead. */
const words: readonly [wrong: RegExp, right: string][] = [
  [/\bstand-?ins?\b/i, 'simulator'],
  [/\bpac(e[sd]?|ing)\b/i, 'rate limit'],
  [/\bturns?\b(?![^.]{0,30}\bo(n|ff)\b)/i, 'slot, queue'],
  [/\b(places?|series)\b/i, 'placeholder, position, queue'],
  [/\bput(s|ting)? (it )?off\b|\b(try|tries|tried) again\b|\bbacks? off\b/i, 'postpone, retry'],
  [/\bLoops (has )?(refuse|take)[sdn]?\b/i, 'Loops rejects, accepts'],
  [/(?<!-|the )\brest(s|ed|ing)?\b/, 'circuit breaker; the others'],
  [/\bovertak/i, 'supersede'],
  [/\bunwanted\b/i, 'skipped'],
  [/\bslips?\b/i, 'mistake'],
  [/\bhappenings?\b|\bwish(es)?\b/i, 'event, write'],
  [/\b(house|rooms?|floors?|front door)\b/i, 'project, module, layer, entry point'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\b(e-mail|mail)(s|ed)?\b/i, 'email'],
  [/\baddress(es)?\b/i, 'email; URL'],
  [/\bbeside\b/i, 'besides, next to'],
  [/\bbehind\b/i, 'after'],
  [/\bblanks?\b/i, 'space'],
  [/\bexist already\b/i, 'existing people'],
  [/\bbecomes? of\b/i, 'how ... is converted'],
  [/\b(not|it|must all) hold\b/i, 'match'],
  [/\bis (not|no longer) asked for\b/i, 'matches no setting'],
  [/\btake care\b/i, 'Warning:'],
  [/\bat the most\b|\b(half|third|quarter|tenth) of a (milli)?second\b/i, 'at most, 330 ms'],
  [/\bon purpose\b/i, 'known limits'],
  [/(?<!\bthere )\b(is|are) no (?!longer)|\bno \w+ is\b|\bnone of\b|\bnobody\b/i, 'is not a, must be'],
]

/** Phrases in which a word means something else, by the texts that have them. */
const exceptions: readonly [name: RegExp, phrase: RegExp][] = [
  [/./, /\bPostHog address\b|#posthog-address/g],
  [/^(src|destination|tools)\//, /\bemail address\b/g],
  [/^tools\/lab\/faults\/options/, /\bLoops takes to answer\b/g],
]

/** The text without code, where messages and names are quoted as they are written. */
function prose(text: string): string {
  return text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
}

const texts = [...documents.map((name): [string, string] => [name, prose(textOf(name))]), ...labels, ...messages]

it.each(texts)('%s says it in the words that users know', (name, text) => {
  const kept = exceptions.reduce((left, [where, phrase]) => (where.test(name) ? left.replace(phrase, '') : left), text)
  const found = words.flatMap(([wrong, right]) => {
    const [word] = wrong.exec(kept) ?? []
    return word === undefined ? [] : [`"${word}": write "${right}"`]
  })
  expect(found).toEqual([])
})

/** The names of the same table. */
const NAMES =
  /^(persistently|withoutWaiting|putOff|tryAgain|backOff|newestOf|isOvertaken|isCarriedBy|askedAt|unwanted|Happening|Wish|standIn\w*|mend\w*|pace\w*|\w*[sS]lips?|\w*[bB]lanks)$/

it('names nothing in the code by such a word', () => {
  expect(names.filter(([, name]) => NAMES.test(name)).map((found) => found.join(': '))).toEqual([])
})
