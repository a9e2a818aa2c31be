import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { exported, newFolder, person, startPostHog } from './setup'

const persons = Array.from({ length: 3000 }, (_, place) => person({ email: `p${place}@example.com` }))

/** A stream that takes itself for a terminal of 200 columns, and what it showed first and last: the rest depends on the time. */
function newTerminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 200 })
  const firstAndLast = (): (string | undefined)[] => {
    // Each picture begins with the cursor in the first column.
    const [, ...pictures] = String(stream.read()).split('\u001b[1G').map(stripVTControlCharacters)
    return [pictures.at(0), pictures.at(-1)].map((text) =>
      text
        ?.trim()
        .replace(/\d+ a second/, 'N a second')
        .replace(/[\dhms]+ left/, 'N left'),
    )
  }
  return { stream, firstAndLast }
}

const bar = (signs: string, percent: number, read: number): string =>
  `[${signs.padEnd(24, '-')}] ${percent} % of 3000, ${read} persons, N a second, N left`

describe('the progress of an export', () => {
  it.each([
    [
      'a bar with a rate and an estimate if PostHog counts its persons',
      true,
      [bar('', 0, 0), bar('='.repeat(24), 100, 3000)],
    ],
    ['a number and a rate if PostHog does not', false, ['0 persons, N a second', '3000 persons, N a second']],
  ])('is %s', async (_name, hogql, expected) => {
    const { stream, firstAndLast } = newTerminal()
    const { url } = await startPostHog(persons, { hogql })
    await exported(url, { terminal: stream })
    expect(firstAndLast()).toEqual(expected)
  })

  it.each([
    ['a count', true, [bar('========', 33, 1000), bar('='.repeat(24), 100, 3000)]],
    ['no count', false, ['1000 persons, N a second', '3000 persons, N a second']],
  ])('begins where the export was stopped, with %s', async (_name, hogql, expected) => {
    const folder = newFolder()
    const fault = (request: number) => (request === 2 ? { status: 401 } : undefined)
    const { url } = await startPostHog(persons, { hogql, fault })
    await exported(url, { folder })
    const { stream, firstAndLast } = newTerminal()
    await exported(url, { folder, terminal: stream })
    expect(firstAndLast()).toEqual(expected)
  })
})
