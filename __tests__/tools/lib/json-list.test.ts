import { listElements } from '../../../tools/lib/json-list'
import type { Element } from '../../../tools/lib/json-list'

/** The elements of a text that comes in pieces. */
async function elementsOf(pieces: readonly string[]): Promise<Element[]> {
  async function* chunks() {
    for (const piece of pieces) yield await Promise.resolve(piece)
  }
  const elements: Element[] = []
  for await (const element of listElements(chunks())) elements.push(element)
  return elements
}

describe('listElements', () => {
  const text = '\uFEFF [\n{"a": "]},\\"[", "b": [1, {"c": []}]},\n\n {} , "x\\\\"\n, 5]\n '
  const elements = [
    { text: '{"a": "]},\\"[", "b": [1, {"c": []}]}', line: 2 },
    { text: '{} ', line: 4 },
    { text: '"x\\\\"\n', line: 4 },
    { text: '5', line: 5 },
  ]

  it('gives the text and the line of each element, wherever the text is cut', async () => {
    for (let place = 0; place <= text.length; place++) {
      expect(await elementsOf([text.slice(0, place), text.slice(place)])).toEqual(elements)
    }
    expect(await elementsOf(Array.from(text))).toEqual(elements)
  })

  it.each([['[]'], [' [ \n]\n'], ['']])('gives nothing of %j', async (empty) => {
    expect(await elementsOf([empty])).toEqual([])
  })

  it.each([
    ['[1, 2', 'line 1 is the last one, and the list has no end: event 2 is cut off'],
    ['[1,\n]', 'line 2 has "]" without an event before it'],
    ['[1,,2]', 'line 1 has "," without an event before it'],
    ['[1]\n\n[2]', 'line 3 has "[" after the end of the list'],
  ])('refuses %j', async (wrong, message) => {
    await expect(
      elementsOf([wrong]).catch((error: unknown) => {
        const { line, message: clause } = error as { line: number; message: string }
        throw new Error(`line ${line} ${clause}`)
      }),
    ).rejects.toThrow(message)
  })
})
