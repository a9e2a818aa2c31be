/** The words for users: one for one thing, as they know it from PostHog, Loops and other tools. */
import { documents, textOf } from './setup'
import destination from '../../dist/destination.json'
import plugin from '../../plugin.json'

const words: readonly [wrong: RegExp, right: string][] = [
  [/\bstand-?ins?\b/i, 'simulator'],
  [/\bpac(e[sd]?|ing)\b/i, 'rate limit'],
  [/\b(e-mails?|mails?)\b/i, 'email'],
  [/\bmends?\b/i, 'fix'],
  [/\bbeside\b/i, 'besides, next to'],
  [/\bbehind\b/i, 'after'],
  [/\bblanks?\b/i, 'space'],
  [/\bexist already\b/i, 'existing people'],
  [/\bbecomes? of\b/i, 'how ... is converted'],
  [/\b(does not|it) hold\b/i, 'does not match'],
  [/\bis (not|no longer) asked for\b/i, 'matches no setting'],
  [/\btake care\b/i, 'Warning:'],
  [/\bat the most\b/i, 'at most'],
  [/\bon purpose\b/i, 'known limits'],
  [/\bslips?\b/i, 'mistake'],
  [/\b(is|are) no (?!longer)/i, 'is not a, must be'],
  [/\b(its?|their|an|email) address(es)?\b/i, 'email'],
]

/** The text without code, where messages and names are quoted as they are written. */
function prose(text: string): string {
  return text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
}

const texts: [name: string, text: string][] = [
  ...documents.map((document): [string, string] => [document, textOf(document)]),
  ['plugin.json', [plugin.description, ...plugin.config.flatMap(({ name, hint }) => [name, hint])].join('\n')],
  [
    'dist/destination.json',
    [destination, ...destination.mappings]
      .flatMap(({ inputs_schema }) => inputs_schema.flatMap(({ label, description }) => [label, description]))
      .concat(destination.description)
      .join('\n'),
  ],
]

it.each(texts)('%s says it in the words that users know', (_, text) => {
  const found = words.flatMap(([wrong, right]) => {
    const [word] = wrong.exec(prose(text)) ?? []
    return word === undefined ? [] : [`"${word}": write "${right}"`]
  })
  expect(found).toEqual([])
})
