/** Reads a JSON list of any length from a stream, one element at a time. */

/** The text of an element, and the line of the file in which it begins. */
export interface Element {
  readonly text: string
  readonly line: number
}

/** A list that is not JSON outside its elements, as a clause that follows the line. */
export class ListError extends Error {
  constructor(
    readonly line: number,
    clause: string,
  ) {
    super(clause)
  }
}

/**
 * Splits a JSON list into its elements. The elements themselves are not checked.
 *
 * @throws ListError if the list does not end, or something follows it.
 */
export async function* listElements(chunks: AsyncIterable<string>): AsyncGenerator<Element> {
  const splitter = new ListSplitter()
  for await (const chunk of chunks) yield* splitter.elementsOf(chunk)
  splitter.end()
}

/**
 * The states: **before** the list's `[`; **inside** it, at an element of some depth; **after** its `]`, where only spaces
 * may follow.
 */
class ListSplitter {
  private state: 'before' | 'inside' | 'after' = 'before'
  private line = 1
  /** How many brackets and braces of the element are open. */
  private depth = 0
  private isInText = false
  private isEscaped = false
  private text = ''
  private beginsAt = 1
  private elements = 0

  end(): void {
    if (this.state !== 'inside') return
    throw new ListError(this.line, `is the last one, and the list has no end: event ${this.elements + 1} is cut off`)
  }

  *elementsOf(chunk: string): Generator<Element> {
    let from = 0
    for (let index = 0; index < chunk.length; index++) {
      const character = chunk.charAt(index)
      if (character === '\n') this.line += 1
      if (this.state !== 'inside') {
        this.outside(character)
        from = index + 1
      } else if (this.isInText) {
        this.inText(character)
      } else if (this.depth === 0 && (character === ',' || character === ']')) {
        yield* this.element(this.text + chunk.slice(from, index), character)
        from = index + 1
      } else {
        this.inElement(character)
      }
    }
    if (this.state === 'inside') this.text += chunk.slice(from)
  }

  private outside(character: string): void {
    if (/[\s\uFEFF]/.test(character)) return
    if (this.state === 'after')
      throw new ListError(this.line, `has ${JSON.stringify(character)} after the end of the list`)
    this.state = 'inside'
    this.beginsAt = this.line
  }

  private inText(character: string): void {
    if (this.isEscaped) this.isEscaped = false
    else if (character === '\\') this.isEscaped = true
    else if (character === '"') this.isInText = false
  }

  private inElement(character: string): void {
    if (character === '"') this.isInText = true
    else if (character === '{' || character === '[') this.depth += 1
    else if (character === '}' || character === ']') this.depth -= 1
  }

  private *element(text: string, ending: string): Generator<Element> {
    const isEmptyList = ending === ']' && this.elements === 0 && text.trim() === ''
    const spaces = /^\s*/.exec(text)?.[0] ?? ''
    if (!isEmptyList && text.trim() === '')
      throw new ListError(this.line, `has ${JSON.stringify(ending)} without an event before it`)
    if (!isEmptyList) yield { text: text.slice(spaces.length), line: this.beginsAt + linesIn(spaces) }
    this.elements += 1
    this.text = ''
    this.beginsAt = this.line
    if (ending === ']') this.state = 'after'
  }
}

function linesIn(text: string): number {
  return text.split('\n').length - 1
}
